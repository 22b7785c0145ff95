/**
 * Buttons that copy short code, under the message that shows it. Pure.
 */
import { cleanText, isInvisible } from "../clean.ts";
import type { CopyButton, Part, RichPart, TextPart } from "../delivery.ts";
import type { CodeBlock } from "../markdown/code-blocks.ts";
import { clip } from "./words.ts";

/** What Telegram takes into a person's clipboard. */
const MAX_COPY_UNITS = 256;
/** Under more blocks than this, nobody finds the right button. */
const MAX_BUTTONS = 3;
const LABEL_UNITS = 36;

/** The parts of an answer in which `codes` stand, with the buttons; a message that has buttons of another kind is left as it is. */
export function withCopyButtons(parts: readonly Part[], codes: readonly CodeBlock[]): Part[] {
  const blocks = codes.filter(isCopied);
  if (blocks.length === 0) return [...parts];
  return parts.map((part) => (part.kind === "file" ? part : withButtons(part, blocks)));
}

function withButtons<T extends TextPart | RichPart>(part: T, blocks: readonly CodeBlock[]): T {
  if (part.kind === "rich") {
    const plain = part.plain.map((each) => withButtons(each, blocks));
    const copies = plain.flatMap(({ buttons = [] }) => buttons);
    const isFew = copies.length <= MAX_BUTTONS;
    return { ...part, plain, buttons: [...(isFew ? copies : []), ...(part.buttons ?? [])] };
  }
  if (part.buttons !== undefined) return part;
  const buttons = buttonsFor(part, blocks);
  return buttons.length === 0 ? part : { ...part, buttons: buttons.map((button) => [button]) };
}

/** Telegram would rewrite the rest on its way to the clipboard: a tab becomes a blank, and a Makefile breaks. */
function isCopied({ code }: CodeBlock): boolean {
  return code.length <= MAX_COPY_UNITS && !isInvisible(code) && cleanText(code) === code;
}

function buttonsFor({ content }: TextPart, blocks: readonly CodeBlock[]): CopyButton[] {
  const shown = content.entities
    .filter(({ type }) => type === "pre")
    .map(({ offset, length }) => content.text.slice(offset, offset + length));
  // Tables are drawn as code, too; those are none of the blocks.
  const copies = new Set(shown.flatMap((text) => blocks.find((block) => block.shown === text)?.code ?? []));
  return copies.size > MAX_BUTTONS ? [] : [...copies].map((copy) => ({ text: label(copy), copy }));
}

function label(code: string): string {
  const line = code.split("\n").find((each) => each.trim() !== "") ?? code;
  return `📋 ${clip(line, LABEL_UNITS)}`;
}
