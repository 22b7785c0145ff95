/**
 * A passage of an answer, from one thing that stands between to the next, as
 * messages: plain, or as one rich message where that says it better. What was
 * rendered of a passage that grows is kept from one look to the next; what it
 * gives does not depend on that.
 */
import type { Part, TextPart } from "../delivery.ts";
import { type Formatted, join } from "../formatted.ts";
import { renderMarkdown } from "../markdown.ts";
import type { CodeBlock } from "../markdown/code-blocks.ts";
import { createGrowingMarkdown } from "../markdown/growing.ts";
import { richBlocks } from "../markdown/rich-blocks.ts";
import { type Rest, splitFinished } from "../split.ts";
import { LIMITS, messages, messagesOf } from "./messages.ts";

/** Where a passage lies, for the button that shows it plain: the update it answers, and the units of its text. */
export interface PassageId {
  readonly updateId: number;
  readonly from: number;
  readonly to: number;
}

/** A passage that grows. */
export interface Passage {
  /** The passage said in `markdown`; `ending` is our own word under it. Messages that are full are the same objects each time. */
  present(markdown: string, ending: Formatted): TextPart[];
  /** The blocks of code in what was presented last, in order. */
  readonly codes: readonly CodeBlock[];
}

/** Begins a passage. */
export function createPassage(): Passage {
  const growing = createGrowingMarkdown();
  let full: TextPart[] = [];
  let rest: Rest = NOTHING;
  let codes: CodeBlock[] = [];
  let openCodes: readonly CodeBlock[] = [];
  let last: { readonly markdown: string; readonly parts: readonly TextPart[] } | undefined;
  return {
    present(markdown, ending) {
      // One that something stands behind does not change any more.
      if (last?.markdown === markdown && ending.text === "") return [...last.parts];
      const { isAnew, settled, open } = growing.grow(markdown);
      if (isAnew) [full, rest, codes] = [[], NOTHING, []];
      for (const piece of settled) {
        codes.push(...piece.codes);
        const grown = { ...rest, content: join([rest.content, piece.content], "\n\n") };
        const cut = splitFinished(grown, LIMITS);
        full.push(...messagesOf(cut.parts));
        rest = cut.rest;
      }
      openCodes = open.codes;
      const tail = join([rest.content, open.content, ending], "\n\n");
      const parts = [...full, ...messages(tail, undefined, rest.isCut)];
      last = ending.text === "" ? { markdown, parts } : undefined;
      return parts;
    },
    get codes() {
      return [...codes, ...openCodes];
    },
  };
}

const NOTHING: Rest = { content: { text: "", entities: [] }, isCut: false };

/** A passage as one rich message, with a button that shows it plain; undefined where nothing is gained, or it has no room. */
export function presentRichPassage(markdown: string, ending: Formatted, id: PassageId): Part[] | undefined {
  const blocks = richBlocks(markdown);
  if (blocks === undefined) return undefined;
  const button = { text: "Plain", data: `plain:${id.updateId}:${id.from}:${id.to}` };
  return [
    { kind: "rich", blocks, plain: messages(renderMarkdown(markdown)), buttons: [[button]] },
    ...messages(ending),
  ];
}
