/**
 * One message as it stands in a chat, with every form it had. `toWire` is the
 * only place that spells it the way the Bot API does.
 */
import type { Chat, InlineKeyboardMarkup, Message, MessageEntity, User } from "grammy/types";
import type { StoredFile } from "./files.ts";

/** One form a message had: at first, and after each edit. `seq` numbers it among all changes of the double. */
export interface Version {
  readonly at: number;
  readonly seq: number;
  readonly text: string;
  readonly entities: readonly MessageEntity[];
  readonly markup?: InlineKeyboardMarkup;
  /** The request's `link_preview_options`, as JSON: it takes part in "is not modified". */
  readonly preview?: string;
  /** The blocks of a rich message; `text` is then what a person reads in them. */
  readonly rich?: readonly unknown[];
  /** The photo that came in the place of the one before. */
  readonly photo?: StoredFile;
}

/** A button of a message, as a person sees it; `data` is "" for one that opens an address or copies a text. */
export interface SeenButton {
  readonly text: string;
  readonly data: string;
  readonly copy?: string;
}

/** What a message is made of, its first version aside. */
export interface MessageParts {
  readonly id: number;
  readonly chat: Chat;
  readonly from: User;
  readonly isFromBot: boolean;
  readonly at: number;
  readonly threadId?: number;
  readonly replyTo?: ChatMessage;
  readonly document?: StoredFile;
  readonly photo?: StoredFile;
  /** Fields passed through as they are: forward_origin, sender_chat, voice, … */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A message in a chat. */
export class ChatMessage {
  readonly id: number;
  readonly parts: MessageParts;
  readonly versions: Version[];
  /** The bot's own reactions now, as emoji. */
  reactions: string[] = [];
  isDeleted = false;
  isPinned = false;
  /** Number of the last change of it: text, buttons, reaction, deletion. */
  changedAt: number;

  constructor(parts: MessageParts, first: Version) {
    this.id = parts.id;
    this.parts = parts;
    this.versions = [first];
    this.changedAt = first.seq;
  }

  /** How it stands now. */
  get now(): Version {
    return this.versions.at(-1) ?? raise("a message without a version");
  }

  /** The text, or the caption of a file. */
  get text(): string {
    return this.now.text;
  }

  get entities(): readonly MessageEntity[] {
    return this.now.entities;
  }

  /** The blocks of a rich message. */
  get rich(): readonly unknown[] | undefined {
    return this.now.rich;
  }

  /** The buttons in reading order. */
  get buttons(): readonly SeenButton[] {
    const rows = this.now.markup?.inline_keyboard ?? [];
    return rows.flat().map((button) => ({
      text: button.text,
      data: "callback_data" in button ? button.callback_data : "",
      ...("copy_text" in button ? { copy: button.copy_text.text } : {}),
    }));
  }

  get isFromBot(): boolean {
    return this.parts.isFromBot;
  }

  get document(): StoredFile | undefined {
    return this.parts.document;
  }

  get photo(): StoredFile | undefined {
    return this.versions.findLast(({ photo }) => photo !== undefined)?.photo ?? this.parts.photo;
  }

  get threadId(): number | undefined {
    return this.parts.threadId;
  }

  get replyTo(): ChatMessage | undefined {
    return this.parts.replyTo;
  }

  /** A new form; `seq` is its number. */
  edit(version: Version): void {
    this.versions.push(version);
    this.changedAt = version.seq;
  }

  /** The message as the Bot API would send it. */
  toWire(withReply = true): Message {
    const { chat, from, at, threadId, replyTo, document, extra } = this.parts;
    const { text, entities, markup } = this.now;
    const { photo } = this;
    const isFile = document !== undefined || photo !== undefined || isMedia(extra);
    const wire: Record<string, unknown> = {
      message_id: this.id,
      from,
      chat,
      date: Math.floor(at / 1000),
    };
    if (this.versions.length > 1) wire["edit_date"] = Math.floor(this.now.at / 1000);
    if (threadId !== undefined) Object.assign(wire, { message_thread_id: threadId, is_topic_message: true });
    if (replyTo !== undefined && withReply) wire["reply_to_message"] = replyTo.toWire(false);
    if (document !== undefined) wire["document"] = documentOf(document);
    if (photo !== undefined) wire["photo"] = photoOf(photo);
    if (this.rich !== undefined) wire["rich_message"] = { blocks: this.rich };
    else if (text !== "") wire[isFile ? "caption" : "text"] = text;
    if (entities.length > 0) wire[isFile ? "caption_entities" : "entities"] = entities;
    if (markup !== undefined && markup.inline_keyboard.length > 0) wire["reply_markup"] = markup;
    Object.assign(wire, extra);
    return structuredClone(wire) as unknown as Message;
  }

  /** One line for a failed wait. */
  describe(): string {
    const who = this.isFromBot ? "bot" : this.parts.from.first_name;
    const marks = [
      this.threadId === undefined ? "" : `topic ${this.threadId}`,
      this.versions.length > 1 ? `${this.versions.length - 1} edits` : "",
      this.document === undefined ? "" : `document ${this.document.name}`,
      this.photo === undefined ? "" : "photo",
      this.reactions.join(""),
      this.isDeleted ? "deleted" : "",
    ].filter((mark) => mark !== "");
    const buttons = this.buttons.map((button) => `[${button.text}]`).join(" ");
    const head = `#${this.id} ${who}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}: `;
    const text = this.text.length > 400 ? `${this.text.slice(0, 400)}…` : this.text;
    return `${head}${text.replaceAll("\n", "\n    ")}${buttons === "" ? "" : `\n    ${buttons}`}`;
  }
}

function documentOf(file: StoredFile): Record<string, unknown> {
  return {
    file_name: file.name,
    mime_type: file.mimeType,
    file_id: file.fileId,
    file_unique_id: file.uniqueId,
    file_size: file.size,
  };
}

/** Telegram makes smaller sizes of a photo, the largest last; the small one here cannot be downloaded. */
function photoOf(file: StoredFile): Record<string, unknown>[] {
  const small = { file_id: `${file.fileId}-s`, file_unique_id: `${file.uniqueId}s`, file_size: 1024 };
  const large = { file_id: file.fileId, file_unique_id: file.uniqueId, file_size: file.size };
  return [
    { ...small, width: 90, height: 67 },
    { ...large, width: 1280, height: 960 },
  ];
}

const mediaFields = ["voice", "video", "audio", "animation", "video_note", "sticker"];

function isMedia(extra: Readonly<Record<string, unknown>> | undefined): boolean {
  return mediaFields.some((field) => extra?.[field] !== undefined);
}

function raise(what: string): never {
  throw new Error(what);
}
