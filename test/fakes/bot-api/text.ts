/**
 * What the server does to a text before it stands: cleaning, trimming, length
 * and entities. The real judge of entities is TDLib and comes in from outside.
 */
import type { MessageEntity } from "grammy/types";

/** A text with entities over it; offsets are UTF-16 units. */
export interface TextContent {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}

/**
 * The judge of outgoing text. `refused` (or no kind) is answered by a 400 with
 * `error`; `changed` passes and is noted as a violation.
 */
export type CheckText = (
  content: TextContent,
) =>
  | { readonly ok: true }
  | { readonly ok: false; readonly kind?: "refused" | "changed"; readonly error: string };

/** The stand-in where no judge is given: bounds and well-formedness only. */
export const checkRoughly: CheckText = ({ text, entities }) => {
  if (!text.isWellFormed()) return { ok: false, error: "strings must be encoded in UTF-8" };
  for (const { offset, length } of entities) {
    if (offset < 0 || length <= 0 || offset + length > text.length)
      return { ok: false, error: `Can't parse entities: entity at ${offset} ends outside of the text` };
    if (isInsidePair(text, offset) || isInsidePair(text, offset + length))
      return { ok: false, error: "Entity begins in a middle of a UTF-16 symbol" };
  }
  return { ok: true };
};

/** What the server keeps of a text: carriage returns go, other control characters become blanks, both ends are trimmed (td MessageEntity.cpp). */
export function cleaned(content: TextContent): TextContent {
  // Units that go, as positions in the given text; kept positions move left by their count.
  const kept: string[] = [];
  const moved: number[] = [];
  for (let at = 0; at < content.text.length; at += 1) {
    moved.push(kept.length);
    const unit = content.text.charAt(at);
    if (unit === "\r") continue;
    kept.push(unit < " " && unit !== "\n" ? " " : unit);
  }
  moved.push(kept.length);
  const text = kept.join("");
  const end = text.replace(/[ \n]+$/, "").length;
  const first = Math.min(...content.entities.map((entity) => moved[entity.offset] ?? 0), end);
  const lead = Math.min(text.length - text.replace(/^[ \n]+/, "").length, first);
  const entities: MessageEntity[] = [];
  for (const entity of content.entities) {
    const from = moved[entity.offset] ?? end;
    const to = Math.min(moved[entity.offset + entity.length] ?? end, end);
    if (to > from) entities.push({ ...entity, offset: from - lead, length: to - from });
  }
  return { text: text.slice(lead, end), entities: sorted(entities) };
}

/** The commands, addresses and names that Telegram marks in what a person writes. */
export function detectEntities(text: string): MessageEntity[] {
  const found: MessageEntity[] = [];
  for (const match of text.matchAll(/(?<![\w/])\/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?!\w)/g))
    found.push({ type: "bot_command", offset: match.index, length: match[0].length });
  for (const match of text.matchAll(/https?:\/\/[^\s<>"]+[^\s<>".,!?)]/g))
    found.push({ type: "url", offset: match.index, length: match[0].length });
  for (const match of text.matchAll(/(?<![\w/])@[A-Za-z]\w{3,31}(?!\w)/g))
    found.push({ type: "mention", offset: match.index, length: match[0].length });
  return sorted(found);
}

function sorted(entities: MessageEntity[]): MessageEntity[] {
  return entities.sort((a, b) => a.offset - b.offset || b.length - a.length || compare(a.type, b.type));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function isInsidePair(text: string, at: number): boolean {
  return at > 0 && at < text.length && isPair(text, at);
}

function isPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
