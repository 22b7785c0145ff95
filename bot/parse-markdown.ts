/**
 * Markdown → syntax tree, in bounded time. Promises never to throw: what the
 * parser cannot read quickly is not read at all, and the caller shows it as
 * plain text. Knows nothing of Telegram.
 */
import type { Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

/** An ordinary text of this length takes under a second; it is 16 full messages. In UTF-16 units. */
export const maxParsedUnits = 65_536;
// micromark is quadratic in the signs of one paragraph ("[" "*" "<?" without
// an end, nested "*"); this much of (signs × units) took half a second at worst.
const maxWork = 25_000_000;
// It overflows the stack at some thousand containers, and is slow long before.
const maxContainers = 60;

const extensions = [gfm({ singleTilde: false })];
const mdastExtensions = [gfmFromMarkdown()];

/** The tree of a well-formed text; `undefined` where parsing it would cost too much. */
export function parseMarkdown(markdown: string): Root | undefined {
  if (markdown.length > maxParsedUnits || firstCostly(markdown) !== undefined) return undefined;
  try {
    return fromMarkdown(markdown, { extensions, mdastExtensions });
  } catch {
    // Inline nesting thousands deep overflows the parser's recursion. Whatever
    // it is, the person must get the answer; unformatted, it is complete.
    return undefined;
  }
}

/** Where the first paragraph begins that would take the parser too long; undefined if none would. Its length alone does not count. */
export function firstCostly(markdown: string): number | undefined {
  let start = 0;
  // A blank line or a list item ends a paragraph, and the signs it may pair.
  for (const paragraph of markdown.split(/([\n\r][ \t]*(?=[\n\r]|[-+*] ))/)) {
    if (paragraph.length * countSigns(paragraph) > maxWork) return start;
    if (paragraph.split(/[\n\r]/).some((line) => countContainers(line) > maxContainers)) return start;
    start += paragraph.length;
  }
  return undefined;
}

function countSigns(paragraph: string): number {
  const signs = paragraph.match(/[[\]*_`~!<&@|]/g)?.length ?? 0;
  // Each of these looks for its own end through the whole paragraph.
  const searches = paragraph.match(/<[?!a-z/]|\]\(/gi)?.length ?? 0;
  return signs + 8 * searches;
}

function countContainers(line: string): number {
  const start = /^[\s>*+\-\d.)]*/.exec(line)?.[0] ?? "";
  // A list item far to the right may be in as many lists as fit beside it.
  const indentation = /^ *(?=[-+*\d])/.exec(start)?.[0] ?? "";
  return indentation.length / 2 + (start.match(/>|[-+*.)](?=\s)/g)?.length ?? 0);
}
