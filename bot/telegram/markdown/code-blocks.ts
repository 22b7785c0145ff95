/**
 * The blocks of code in a Markdown text: how each is shown, and what it really
 * says. Knows nothing of messages.
 */
import type { Code, Nodes } from "mdast";
import { cleanText, keepIndent } from "../clean.ts";
import { parseMarkdown } from "./parse.ts";

/** A block of code; `shown` is its text in a `pre`, `code` what stood in the Markdown. */
export interface CodeBlock {
  readonly shown: string;
  readonly code: string;
}

/** All of them, in order; none where the text is too tangled to be read. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const found: CodeBlock[] = [];
  const open: Nodes[] = [parseMarkdown(markdown.toWellFormed()) ?? { type: "root", children: [] }];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === "code") found.push({ shown: shownCode(node), code: node.value });
    if ("children" in node) open.push(...node.children.toReversed());
  }
  return found;
}

/** The text of a block of code as it stands in a `pre`. */
export function shownCode(node: Code): string {
  return keepIndent(cleanText(node.value));
}

/** The language of a block, where it is named by something like a name. */
export function codeLanguage(node: Code): string | undefined {
  return /^[\w+#.-]{1,32}$/.exec(node.lang ?? "")?.[0];
}
