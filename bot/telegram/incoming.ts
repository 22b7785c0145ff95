/**
 * A message of Telegram's → what it asks: words, files, and what others wrote in
 * it, marked. Pure. It does not know what is done with it.
 */
import type { ExternalReplyInfo, Message, MessageOrigin, User } from "grammy/types";
import { disarm } from "../turns/content.ts";
import type { Attachment, KeptOrder, Quote } from "../turns/order.ts";
import { answeredBy } from "./place.ts";
import { sharedWords } from "./shared.ts";

/** What a message asks, as far as it is the message's own. */
export type Asked = Pick<KeptOrder, "text" | "attachments" | "quote">;

/** `unreadable`: a person sent it, but nothing in it can be passed on. `told`: Telegram tells of a member, a pin, a new title. */
export type Incoming = { kind: "asked"; asked: Asked } | { kind: "unreadable" } | { kind: "told" };

/** The most that Telegram lets a bot fetch. */
export const MAX_FETCH_BYTES = 20 * 1024 * 1024;

/** How much of what is replied to is told; the rest of it is in the conversation, or nowhere. */
const QUOTE_UNITS = 2_000;

/** Reads a message; `meId` is the bot's own user id. */
export function readMessage(message: Message, meId: number): Incoming {
  const attachments = attachmentsOf(message);
  const shared = sharedWords(message);
  const words = message.text ?? message.caption ?? shared ?? "";
  if (words === "" && attachments.length === 0)
    return isSent(message) ? { kind: "unreadable" } : { kind: "told" };
  const text = message.forward_origin === undefined ? words : asForwarded(message.forward_origin, words);
  const quote = quoteOf(message, meId);
  const files = [...attachments, ...quotedFiles(message)];
  return {
    kind: "asked",
    asked: {
      text,
      ...(files.length === 0 ? {} : { attachments: files }),
      ...(quote === undefined ? {} : { quote }),
    },
  };
}

/** Another's words, passed on: marked for the model, and disarmed for the CLI. */
function asForwarded(origin: MessageOrigin, words: string): string {
  const name = nameOfOrigin(origin);
  const from = name === undefined ? "" : ` from ${JSON.stringify(disarm(name))}`;
  const body = words === "" ? "" : `\n${disarm(words)}`;
  return `(forwarded message${from})${body}`;
}

/** Whose message or name it was: of a person, or of a chat; a short line. */
function nameOfOrigin(origin: MessageOrigin): string | undefined {
  switch (origin.type) {
    case "user":
      return nameOf(origin.sender_user);
    case "hidden_user":
      return oneLine(origin.sender_user_name);
    case "chat":
      return oneLine(origin.sender_chat?.title);
    case "channel":
      return oneLine(origin.chat?.title);
    default:
      return undefined;
  }
}

function nameOf(user: User | undefined): string | undefined {
  return oneLine([user?.first_name, user?.last_name].filter((name) => name !== undefined).join(" "));
}

function oneLine(name: string | undefined): string | undefined {
  const line = (name ?? "")
    .toWellFormed()
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
  return line === "" ? undefined : line.slice(0, 80).toWellFormed();
}

/** What the message answers: the chosen part of it, or all of its words. */
function quoteOf(message: Message, meId: number): Quote | undefined {
  const { external_reply: elsewhere, quote } = message;
  const answered = answeredBy(message);
  const words = quote?.text ?? answered?.text ?? answered?.caption;
  if (words === undefined || words.trim() === "") return undefined;
  const text = words.length > QUOTE_UNITS ? `${words.slice(0, QUOTE_UNITS).toWellFormed()}…` : words;
  if (answered === undefined) return { whose: "other", ...named(nameOfElsewhere(elsewhere)), text };
  if (answered.from?.id === meId) return { whose: "assistant", text };
  if (answered.forward_origin !== undefined)
    return { whose: "other", ...named(nameOfOrigin(answered.forward_origin)), text };
  if (answered.from !== undefined && answered.from.id === message.from?.id) return { whose: "person", text };
  return { whose: "other", ...named(nameOf(answered.from)), text };
}

function nameOfElsewhere(elsewhere: ExternalReplyInfo | undefined): string | undefined {
  return elsewhere?.origin && nameOfOrigin(elsewhere.origin);
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name };
}

/** "What is this?", in answer to a photo, asks about the photo. What is the bot's own, Claude made or was sent before. */
function quotedFiles(message: Message): Attachment[] {
  const answered = answeredBy(message);
  if (answered === undefined || answered.from?.is_bot === true) return [];
  return attachmentsOf(answered)
    .filter(({ kind, bytes = 0 }) => kind !== "voice" && bytes <= MAX_FETCH_BYTES)
    .map((attachment) => ({ ...attachment, isQuoted: true }));
}

/** A file as Telegram describes it; every kind has some of these. */
interface SentFile {
  readonly file_id: string;
  readonly file_name?: string;
  readonly mime_type?: string;
  readonly file_size?: number;
}

const FILE_KINDS = ["photo", "animation", "document", "audio", "video", "video_note", "voice"] as const;
type Carrier = { readonly [Kind in (typeof FILE_KINDS)[number]]?: Message[Kind] | undefined };

function attachmentsOf(message: Carrier): Attachment[] {
  // An animation comes as a document, too: the first that fits.
  for (const kind of FILE_KINDS) {
    const file = message[kind];
    // Of a photo's sizes the largest is the last.
    const best = Array.isArray(file) ? file.at(-1) : file;
    if (best) return [fileOf(kind, best)];
  }
  return [];
}

function fileOf(kind: Attachment["kind"], file: SentFile): Attachment {
  const { file_id: fileId, file_name: name, mime_type: mimeType, file_size: bytes } = file;
  return {
    kind,
    fileId,
    ...(name === undefined ? {} : { name }),
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

/** Whether a person sent something, rather than Telegram telling of something. */
function isSent(message: Message): boolean {
  return ["story", "game", "paid_media", "sticker", "invoice", "giveaway"].some((kind) => kind in message);
}
