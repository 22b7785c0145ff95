/**
 * A passage of an answer, from one thing that stands between to the next, as
 * messages: plain, or as one rich message where that says it better. Pure.
 */
import type { Part, TextPart } from "../delivery.ts";
import { type Formatted, join } from "../formatted.ts";
import { renderMarkdown } from "../markdown.ts";
import { richBlocks } from "../markdown/rich-blocks.ts";
import { messages } from "./messages.ts";

/** Where a passage lies, for the button that shows it plain: the update it answers, and the units of its text. */
export interface PassageId {
  readonly updateId: number;
  readonly from: number;
  readonly to: number;
}

/** A passage said in `markdown`; `ending` is our own word under it. */
export function presentPassage(markdown: string, ending: Formatted): TextPart[] {
  return messages(join([renderMarkdown(markdown), ending], "\n\n"));
}

/** A passage as one rich message, with a button that shows it plain; plain where nothing is gained, or it has no room. */
export function presentRichPassage(markdown: string, ending: Formatted, id: PassageId): Part[] {
  const blocks = richBlocks(markdown);
  if (blocks === undefined) return presentPassage(markdown, ending);
  const button = { text: "Plain", data: `plain:${id.updateId}:${id.from}:${id.to}` };
  return [
    { kind: "rich", blocks, plain: messages(renderMarkdown(markdown)), buttons: [[button]] },
    ...messages(ending),
  ];
}
