/**
 * How much of a streaming document can change no more, so that it needs not be
 * rendered again. Knows nothing of rendering but this: blocks at the top level
 * are rendered each for itself and joined by a blank line.
 */
import type { Root, RootContent } from "mdast";

/**
 * An offset, at the start of a line and of a block of `tree`, such that whatever
 * is appended to `markdown`, rendering what is before and what is after it
 * separately, and joining the two by a blank line where both show something, is
 * the same as rendering all (as long as `mayDefine` says no of all). 0 where
 * nothing is certain.
 */
export function stablePrefix(tree: Root, markdown: string): number {
  // A line that is still being written can turn into something else: "```" and
  // then "x`" is no fence but the paragraph's next line.
  const written = markdown.lastIndexOf("\n") + 1;
  let stable = 0;
  let previous: RootContent | undefined;
  // The last block may go on; the one before it is closed, since another began.
  for (const block of tree.children) {
    const start = lineStart(block, markdown);
    if (start >= written) break;
    if (previous !== undefined && isFreshStart(start, previous, markdown)) stable = start;
    previous = block;
  }
  return stable;
}

/**
 * Whether a reference or a footnote may be defined somewhere in `markdown`, from
 * the line of offset `from` on: that changes blocks far before it and behind it.
 * Once true, it stays true for whatever is appended.
 */
export function mayDefine(markdown: string, from = 0): boolean {
  const line = from === 0 ? 0 : markdown.lastIndexOf("\n", from - 1) + 1;
  return definition.test(line === 0 ? markdown : markdown.slice(line));
}

/** No label is longer; with room for the containers before its lines. In UTF-16 units. */
export const maxLabelUnits = 1_100;
const definition = /^[ \t>*+\-\d.)]*\[(?:[^[\]\\]|\\[^]){1,1100}\]:/m;

function lineStart(block: RootContent, markdown: string): number {
  const start = block.position?.start.offset ?? 0;
  return start === 0 ? 0 : markdown.lastIndexOf("\n", start - 1) + 1;
}

/**
 * Is the line read as it would be at a document's start? A line that interrupts
 * a block is not (an empty list item cannot), to the parser indented code is
 * still there to be interrupted after a blank line, and a byte order mark is
 * passed over only there.
 */
function isFreshStart(start: number, previous: RootContent, markdown: string): boolean {
  const isAfterBlankLine = /\n[ \t]*\r?\n$/.test(markdown.slice(Math.max(0, start - 200), start));
  const first = markdown.charAt(previous.position?.start.offset ?? 0);
  const isCode = previous.type === "code" && first !== "`" && first !== "~";
  return isAfterBlankLine && !isCode && markdown.charAt(start) !== "\ufeff";
}
