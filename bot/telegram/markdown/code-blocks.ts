/**
 * The blocks of code in a Markdown text: how each is shown, and what it really
 * says. Knows nothing of messages.
 */
import type { Code, Nodes } from "mdast";
import { cleanText, keepIndent } from "../clean.ts";

/** A block of code; `shown` is its text in a `pre`, `code` what stood in the Markdown. */
export interface CodeBlock {
  readonly shown: string;
  readonly code: string;
}

/** Those in `node`, itself among them, in order. */
export function codeBlocksIn(node: Nodes): CodeBlock[] {
  const found: CodeBlock[] = [];
  const open: Nodes[] = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.type === "code") found.push({ shown: shownCode(next), code: next.value });
    if ("children" in next) open.push(...next.children.toReversed());
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
