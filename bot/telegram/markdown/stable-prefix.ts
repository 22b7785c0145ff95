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
  // The last block may go on; the one before it is closed, since another began.
  for (const [index, block] of (tree?.children ?? []).entries()) {
    const start = block.position?.start.offset ?? 0;
    stable = lines.lastIndexOf("\n", start - 1) + 1;
    if (start === 0) stable = 0;
    if (index + 1 === tree?.children.length || !isSelfContained(block)) break;
  }
  return stable;
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
