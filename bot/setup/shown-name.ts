/**
 * Names as Telegram gives them, made fit for a terminal. Pure. It promises one
 * line of whole characters, whatever somebody called himself. It does not know
 * whose name it is.
 */

const MOST_UNITS = 64;

/** The name on one line, without control or direction characters; empty if nothing is left. */
export function shownName(name: string): string {
  const line = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return line.slice(0, MOST_UNITS).toWellFormed();
}
