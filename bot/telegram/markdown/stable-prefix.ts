/**
 * How much of a growing Markdown text can be rendered once and for all. Errs
 * only to the short side. Knows nothing of rendering but this: blocks at the
 * top level are rendered each for itself and joined by a blank line.
 */
import type { Nodes, RootContent } from "mdast";
import { parseMarkdown } from "./parse.ts";

/**
 * An offset, at the start of a line, such that whatever is appended to
 * `markdown`, rendering what is before and what is after it separately, and
 * joining the two by a blank line where both show something, is the same as
 * rendering all (as long as all is short enough to be rendered, not shown
 * plain). 0 where nothing is certain.
 */
export function stablePrefix(markdown: string): number {
  // A line that is still being written can turn into something else: "```" and
  // then "x`" is no fence but the paragraph's next line.
  const lines = markdown.slice(0, markdown.lastIndexOf("\n") + 1);
  const tree = parseMarkdown(lines.toWellFormed());
  let stable = 0;
  let previous: RootContent | undefined;
  // The last block may go on; the one before it is closed, since another began.
  for (const block of tree?.children ?? []) {
    if (previous !== undefined && !isSelfContained(previous)) break;
    const start = lineStart(block, lines);
    if (previous === undefined || isFreshStart(start, previous, lines)) stable = start;
    previous = block;
  }
  return stable;
}

function lineStart(block: RootContent, lines: string): number {
  const start = block.position?.start.offset ?? 0;
  return start === 0 ? 0 : lines.lastIndexOf("\n", start - 1) + 1;
}

/**
 * Is the line read as it would be at a document's start? A line that interrupts
 * a block is not (an empty list item cannot), and to the parser indented code is
 * still there to be interrupted after a blank line.
 */
function isFreshStart(start: number, previous: RootContent, lines: string): boolean {
  const isAfterBlankLine = /\n[ \t]*\r?\n$/.test(lines.slice(Math.max(0, start - 200), start));
  const first = lines.charAt(previous.position?.start.offset ?? 0);
  return isAfterBlankLine && (previous.type !== "code" || first === "`" || first === "~");
}

/** Neither defines something for other blocks nor could be changed by another block's definition. */
function isSelfContained(block: RootContent): boolean {
  const open: Nodes[] = [block];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    switch (node.type) {
      case "definition":
      case "footnoteDefinition":
      case "footnoteReference":
      case "linkReference":
      case "imageReference":
        return false;
      // "[x]" is plain text until a line "[x]: …" comes.
      case "text":
        if (node.value.includes("[")) return false;
        break;
      case "image":
        if (node.alt?.includes("[") === true) return false;
        break;
      default:
        if ("children" in node) open.push(...node.children);
    }
  }
  return true;
}
