/**
 * A text of any length as messages that Telegram takes. Pure.
 */
import type { Button, Part, TextPart } from "../delivery.ts";
import { type Formatted, plain } from "../formatted.ts";
import { splitFormatted } from "../split.ts";

/** Room for the mark of a repeat in each message. */
export const LIMITS = { maxUnits: 4_000, maxEntities: 95 };

/** Cuts `content` into messages, none for an empty one; the buttons stand under the last. `isCut` if it goes on from a message before it. */
export function messages(
  content: Formatted,
  buttons?: readonly (readonly Button[])[],
  isCut = false,
): TextPart[] {
  return messagesOf(splitFormatted(content, LIMITS, isCut), buttons);
}

/** A message of each of `contents`; the buttons stand under the last. */
export function messagesOf(
  contents: readonly Formatted[],
  buttons?: readonly (readonly Button[])[],
): TextPart[] {
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

/** A text without buttons: one message, unless names in it are very long. */
export function say(content: Formatted | string): Part[] {
  return messages(typeof content === "string" ? plain(content) : content);
}
