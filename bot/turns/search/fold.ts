/**
 * How words are compared in a search: without capitals, accents and the shapes of
 * letters. Pure.
 */

/** A text as it is compared. Letter by letter, so that the whole folds as its parts do. */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .toLowerCase()
    .replaceAll("ς", "σ");
}

/** Part of a text around what was found in it. */
export interface Snippet {
  readonly before: string;
  readonly found: string;
  readonly after: string;
}

const AROUND = 60;

/** The words around the first place where `needle`, which is folded, stands in `whole`; undefined if it does not. */
export function snippetOf(whole: string, needle: string): Snippet | undefined {
  const text = whole.trim();
  const at = fold(text).indexOf(needle);
  if (at === -1) return undefined;
  // Folded and unfolded differ in length: the signs are counted up to the place.
  const signs = Array.from(text);
  let folded = 0;
  let from = 0;
  while (from < signs.length && folded + fold(signs[from] ?? "").length <= at)
    folded += fold(signs[from++] ?? "").length;
  let to = from;
  while (to < signs.length && folded < at + needle.length) folded += fold(signs[to++] ?? "").length;
  const piece = (begin: number, end: number): string =>
    signs.slice(Math.max(0, begin), end).join("").replaceAll(/\s+/g, " ");
  const before = piece(from - AROUND, from);
  const after = piece(to, to + AROUND);
  return {
    before: from > AROUND ? `…${before}` : before,
    found: piece(from, to),
    after: to + AROUND < signs.length ? `${after}…` : after,
  };
}
