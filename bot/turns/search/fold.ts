/**
 * How words are compared in a search: without capitals, accents and the shapes of
 * letters. Pure.
 */

/** A text as it is compared. Letter by letter, so that the whole folds as its parts do. */
export function foldText(text: string): string {
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
  const at = foldText(text).indexOf(needle);
  if (at === -1) return undefined;
  const signs = Array.from(text);
  const from = signAt(signs, at);
  const to = signAt(signs, at + needle.length - 1) + 1;
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

/** So many signs are folded at once: one by one costs thirty times as much. */
const STRIDE = 1_000;

/** How many signs fold to at most `length` units: folded and unfolded differ in length, so they are counted. */
function signAt(signs: readonly string[], length: number): number {
  let at = 0;
  let folded = 0;
  for (const stride of [STRIDE, 1])
    while (at < signs.length) {
      const next = folded + foldText(signs.slice(at, at + stride).join("")).length;
      if (next > length) break;
      folded = next;
      at += stride;
    }
  return Math.min(at, signs.length);
}
