/**
 * A text of any length as messages that Telegram takes. Pure.
 */
import type { Button, TextPart } from "../delivery.ts";
import type { Formatted } from "../formatted.ts";
import { splitFormatted } from "../split.ts";

/** Room for the mark of a repeat in each message. */
const LIMITS = { maxUnits: 4_000, maxEntities: 95 };

/** Cuts `content` into messages, none for an empty one; the buttons stand under the last. */
export function messages(content: Formatted, buttons?: readonly (readonly Button[])[]): TextPart[] {
  const contents = splitFormatted(content, LIMITS);
  return contents.map((part, index) => ({
    kind: "text",
    content: part,
    ...(buttons && index === contents.length - 1 ? { buttons } : {}),
  }));
}

/** Whether `content` is one message. */
export function fitsOneMessage({ text, entities }: Formatted): boolean {
  return text.length <= LIMITS.maxUnits && entities.length <= LIMITS.maxEntities;
}
