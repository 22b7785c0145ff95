/**
 * Small words that several findings share. Pure.
 */

/** One line of at most 400 characters, without control characters: a path may hold any. */
export function clip(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
  return line.length <= 400 ? line : `${line.slice(0, 399).toWellFormed()}…`;
}

/** "800 MB", "12.3 GB". */
export function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** "5 s", "3 min", "2 h". */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** "a", "a and b", "a, b and 3 more". */
export function list(names: readonly string[]): string {
  if (names.length <= 3)
    return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}
