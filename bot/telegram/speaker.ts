/**
 * Who writes in a group, as the model is told. A name is whatever a person chose:
 * it is data, and must neither read as our words nor name a file. Pure.
 */
import type { Message } from "grammy/types";
import { cleanText, isInvisible } from "./clean.ts";

const MOST_UNITS = 64;

/** The name of whoever wrote `message`; undefined in a private chat, where it is always the same person. */
export function speakerOf({ chat, from }: Message): string | undefined {
  if (chat.type === "private" || from === undefined) return undefined;
  const name = cleanText([from.first_name, from.last_name ?? ""].join(" "))
    .replaceAll(/[\s"“”()[\]{}<>]+/g, " ")
    // The CLI reads the file that stands behind an @.
    .replaceAll("@", "@\u2060")
    .trim();
  const short = name.slice(0, MOST_UNITS).toWellFormed().trim();
  return isInvisible(short) ? `person ${from.id}` : short;
}
