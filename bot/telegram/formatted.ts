/**
 * Text as Telegram takes it: plain characters and entities over them, never
 * markup to be parsed. Offsets and lengths are UTF-16 units. Small pieces for
 * our own sentences; a model's Markdown comes from `markdown.ts`.
 */
import type { MessageEntity } from "grammy/types";
import { cleanText, keepIndent } from "./clean.ts";

/** A text with its entities, sorted by offset, outer before inner. */
export interface Formatted {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}

/** Text without entities; signs Telegram refuses or would rewrite are replaced. */
export function plain(text: string): Formatted {
  return { text: cleanText(text), entities: [] };
}

export const bold = (text: string): Formatted => styled(text, "bold");
export const italic = (text: string): Formatted => styled(text, "italic");
export const code = (text: string): Formatted => styled(text, "code");

/** Another's words, as a quote. */
export function quoted(words: Formatted): Formatted {
  const { text, entities } = words;
  if (text === "") return words;
  return { text, entities: [{ type: "blockquote", offset: 0, length: text.length }, ...entities] };
}

/** A block of code; `language` may be empty. */
export function pre(text: string, language = ""): Formatted {
  const whole = keepIndent(cleanText(text));
  if (whole === "") return plain("");
  const entity: MessageEntity =
    language === ""
      ? { type: "pre", offset: 0, length: whole.length }
      : { type: "pre", offset: 0, length: whole.length, language };
  return { text: whole, entities: [entity] };
}

/** Joins pieces; a string among them is plain text. */
export function concat(...pieces: readonly (Formatted | string)[]): Formatted {
  return join(pieces, "");
}

/** Template tag: f`Session ${bold(name)} is current.` — values are pieces or plain strings. */
export function f(
  strings: TemplateStringsArray,
  ...values: readonly (Formatted | string | number)[]
): Formatted {
  const pieces: (Formatted | string)[] = [];
  for (const [index, string] of strings.entries()) {
    pieces.push(string);
    const value = values[index];
    if (value !== undefined) pieces.push(typeof value === "number" ? String(value) : value);
  }
  return concat(...pieces);
}

/** A quote that shows its first lines and unfolds to the rest. */
export function folded({ text, entities }: Formatted): Formatted {
  if (text === "") return plain("");
  return { text, entities: [{ type: "expandable_blockquote", offset: 0, length: text.length }, ...entities] };
}

/** Joins `pieces` with `separator` between them, leaving out the empty ones. */
export function join(pieces: readonly (Formatted | string)[], separator: string): Formatted {
  const between = cleanText(separator);
  let text = "";
  let isFirst = true;
  const entities: MessageEntity[] = [];
  for (const piece of pieces) {
    const part = typeof piece === "string" ? plain(piece) : piece;
    if (part.text === "") continue;
    if (!isFirst) text += between;
    isFirst = false;
    for (const entity of part.entities) entities.push({ ...entity, offset: entity.offset + text.length });
    text += part.text;
  }
  return { text, entities };
}

function styled(text: string, type: "bold" | "italic" | "code"): Formatted {
  const { text: whole } = plain(text);
  return { text: whole, entities: whole === "" ? [] : [{ type, offset: 0, length: whole.length }] };
}
