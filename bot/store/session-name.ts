/**
 * Names: what a person typed, made fit to show and to be part of a folder's name.
 * Pure. It promises a folder name that `paths.ts` accepts, whatever was typed.
 */

const MAX_NAME = 64;
const MAX_SLUG = 40;

/** The name as it is shown: one line, no control or direction characters, at most 64 code points; empty if nothing is left. */
export function cleanName(typed: string): string {
  const line = typed
    .toWellFormed()
    .normalize("NFC")
    .replace(/[\p{Bidi_Control}\u{FEFF}\u{200B}]/gu, "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  return Array.from(line).slice(0, MAX_NAME).join("").trim();
}

/** A name as `[a-z0-9-]`, at most 40 characters: for people who look at the folder, so accents are dropped, not the letters. */
export function slugOf(name: string): string {
  const slug = name
    .toWellFormed()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, MAX_SLUG)
    .replace(/-+$/, "");
  return slug === "" ? "session" : slug;
}

/** The name of a session that was given none: "Session 3", one more than the highest of its chat. */
export function defaultName(names: readonly string[]): string {
  const numbers = names.map((name) => Number(/^Session (\d{1,6})$/.exec(name)?.[1] ?? 0));
  return `Session ${Math.max(0, ...numbers) + 1}`;
}

/** How names are compared: people do not remember capitals, and put quotes around several words. */
export function foldName(name: string): string {
  return unquoted(cleanName(name)).toLowerCase();
}

/** What stands in quotes, where all of it does; else the same. */
export function unquoted(typed: string): string {
  const [, within] = /^["'“„«](.+)["'“”»]$/s.exec(typed.trim()) ?? [];
  return within?.trim() ?? typed;
}
