/**
 * The people's side: what a person writes, sends and presses becomes an update
 * for the bot, with the fields a real one has. Nothing here waits; the waits of
 * `sees` look at what stands since the person last did something.
 */
import type { Chat, Update, User } from "grammy/types";
import type { ChatRoom, SinceOptions, TextPattern } from "./chat.ts";
import type { WaitOptions } from "./changes.ts";
import type { NewFile } from "./files.ts";
import { isMeantFor, isService, openTopic, rootOf } from "./groups.ts";
import type { ChatMessage, MessageParts } from "./message.ts";
import type { BotApiState, CallbackRecord } from "./state.ts";
import { detectEntities } from "./text.ts";
import type { NewUpdate } from "./updates.ts";

/** What a person can send besides text. */
export interface Attachment {
  readonly text?: string;
  /** The text under a file. */
  readonly caption?: string;
  readonly document?: NewFile;
  readonly photo?: NewFile | Uint8Array | string;
  readonly voice?: NewFile;
  readonly audio?: NewFile;
  readonly video?: NewFile;
  /** Forwarded: from whom; a number is a user, a string a hidden name. */
  readonly forward?: { readonly from: User | string };
  /** The part of the message replied to that was chosen. */
  readonly quote?: string;
  /** Any other fields of the message: sticker, location, … */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** What Telegram takes as the text of one message; a client cuts what is longer. */
const maxTextUnits = 4096;

/** Where and as what it is sent. */
export interface SendOptions {
  /** Default: the private chat. */
  readonly chat?: ChatRoom;
  readonly threadId?: number;
  readonly replyTo?: ChatMessage;
  /** As an anonymous admin (the group itself) or as a channel. */
  readonly senderChat?: Chat;
}

/** A message as it was sent: the double's message, its update, and where to look from. */
export interface Sent {
  readonly message: ChatMessage;
  readonly updateId: number;
  readonly mark: number;
}

/** A pressed button. */
export interface Press {
  readonly updateId: number;
  readonly record: CallbackRecord;
  /** Resolves when the bot answered the query, with what it shows. */
  readonly answered: (options?: WaitOptions) => Promise<{ text: string; isAlert: boolean }>;
}

/** How far and where to look. */
export interface SeeOptions extends SinceOptions {
  /** Default: the private chat. */
  readonly chat?: ChatRoom;
}

/** A person, known to the double by id. */
export class Person {
  readonly id: number;
  readonly wire: User;
  /** After which change `sees` looks; moved by everything the person does. */
  mark = 0;
  readonly #state: BotApiState;

  constructor(state: BotApiState, id: number, name: string) {
    this.id = id;
    this.#state = state;
    this.wire = { id, is_bot: false, first_name: name, username: name.toLowerCase(), language_code: "en" };
  }

  /** The private chat; it begins to exist for the bot with the first message (or by asking for it here). */
  get chat(): ChatRoom {
    const { first_name, username = "" } = this.wire;
    return this.#state.open({ id: this.id, type: "private", first_name, username });
  }

  /** Sends a text or a file. */
  send(what: string | Attachment, options: SendOptions = {}): Sent {
    const content: Attachment = typeof what === "string" ? { text: what } : what;
    const room = options.chat ?? this.chat;
    const text = content.text ?? content.caption ?? "";
    const replyTo = options.replyTo ?? rootOf(room, options.threadId);
    if (text.length > maxTextUnits) throw new Error("no client sends that in one message; see sendLong");
    const parts: Omit<MessageParts, "id" | "chat" | "at" | "isFromBot"> = {
      from: this.#from(options),
      ...(options.threadId === undefined ? {} : { threadId: options.threadId }),
      ...(replyTo === undefined ? {} : { replyTo }),
      ...this.#files(content),
      extra: {
        ...this.#media(content),
        ...(content.quote === undefined ? {} : { quote: quoteOf(content.quote, options.replyTo) }),
        ...content.extra,
        ...(options.senderChat === undefined ? {} : { sender_chat: options.senderChat }),
        ...(content.forward === undefined ? {} : { forward_origin: this.#origin(content.forward.from) }),
      },
    };
    const message = room.add(parts, { text, entities: detectEntities(text) }, this.#state.bot);
    return this.#tell(message);
  }

  /** Opens a topic; the bot is told, as of everything that happens in a chat. */
  openTopic(name: string, chat: ChatRoom = this.chat): Sent {
    return this.#tell(openTopic(chat, name, this.wire, this.#state.bot));
  }

  /** Deletes a topic with all its messages; nobody is told. */
  deleteTopic(threadId: number, chat: ChatRoom = this.chat): void {
    chat.topics.delete(threadId);
    for (const message of chat.all) if (message.threadId === threadId) message.isDeleted = true;
  }

  /** Sends several files as one album: a message each, with the same group. */
  album(files: readonly Attachment[], options: SendOptions = {}): Sent[] {
    if (files.length < 2 || files.length > 10) throw new Error("an album has 2 to 10 files");
    const group = { media_group_id: String(13_000_000_000_000_000 + this.#state.changes.next()) };
    return files.map((file) => this.send({ ...file, extra: { ...file.extra, ...group } }, options));
  }

  /** Sends a text of any length, cut as clients do: at the last line's end in the second half of a message, else when it is full. */
  sendLong(text: string, options: SendOptions = {}): Sent[] {
    const pieces: string[] = [];
    for (let rest = text; rest !== "";) {
      const line = rest.length > maxTextUnits ? rest.lastIndexOf("\n", maxTextUnits - 1) : -1;
      const cut = line > maxTextUnits / 2 ? line : maxTextUnits;
      pieces.push(rest.slice(0, cut));
      rest = rest.slice(cut).trimStart();
    }
    return pieces.map((piece) => this.send(piece, options));
  }

  /** Presses a button of a message by its text or its data; throws when the button is not there, unless `isStale`. */
  press(message: ChatMessage, button: string | RegExp, options: { isStale?: boolean } = {}): Press {
    const isIt = (text: string): boolean =>
      typeof button === "string" ? text === button : button.test(text);
    const found =
      message.buttons.find(({ text }) => isIt(text)) ?? message.buttons.find(({ data }) => isIt(data));
    if (found === undefined && options.isStale !== true)
      throw new Error(`no button ${String(button)} on\n  ${message.describe()}`);
    if (found?.copy !== undefined) throw new Error("a button that copies tells the bot of no press");
    const data = found?.data ?? String(button);
    const record = this.#state.newCallback(data);
    const query = {
      id: record.id,
      from: this.wire,
      message: message.toWire(),
      chat_instance: `-${BigInt(message.parts.chat.id < 0 ? -message.parts.chat.id : message.parts.chat.id) * 7919n}`,
      data,
    };
    const update = this.push({ callback_query: query });
    const { changes } = this.#state;
    const room = this.#state.chats.get(message.parts.chat.id);
    return {
      updateId: update.update_id,
      record,
      answered: (waitOptions = {}) =>
        changes.waitFor(
          () => record.answer,
          () => room?.describe() ?? "",
          {
            what: `an answer to the press of ${String(button)}`,
            ...waitOptions,
          },
        ),
    };
  }

  /** Changes the text of a message of one's own, and its photo where there is another. */
  edit(message: ChatMessage, text: string, files: Pick<Attachment, "photo"> = {}): Sent {
    const room = this.#state.chats.get(message.parts.chat.id) ?? this.chat;
    message.edit(room.version({ text, entities: detectEntities(text), ...this.#files(files) }));
    const update = this.push({ edited_message: message.toWire() } as NewUpdate);
    return { message, updateId: update.update_id, mark: this.mark };
  }

  /** Presses Stop under a draft; throws where there is none to press. */
  stopDraft(draftId: number): Update {
    const draft = this.chat.seenDrafts.find((each) => each.draftId === draftId);
    if (draft?.canStop !== true) throw new Error(`no Stop under draft ${draftId}`);
    if (!draft.keepsOnStop) this.chat.drafts.delete(draftId);
    const thread = draft.threadId === undefined ? {} : { message_thread_id: draft.threadId };
    const stopped = { chat: this.chat.wire, draft_id: draftId, ...thread };
    return this.push({ stopped_message_generation: stopped } as NewUpdate);
  }

  /** Blocks the bot in the private chat: all it sends there is refused by 403. */
  block(): Update {
    this.chat.isBlocked = true;
    return this.#memberUpdate("member", "kicked");
  }

  /** Takes it back. */
  unblock(): Update {
    this.chat.isBlocked = false;
    return this.#memberUpdate("kicked", "member");
  }

  /** Queues any update as it is, for kinds that have no method here; moves the mark. */
  push(content: NewUpdate): Update {
    this.mark = this.#state.changes.seq;
    return this.#state.updates.push(structuredClone(content));
  }

  /** Waits until the bot's words match, in a message sent or changed since the person last did something. */
  sees(pattern: TextPattern, { chat = this.chat, ...options }: SeeOptions = {}): Promise<ChatMessage> {
    return chat.waitForText(pattern, { since: this.mark, ...options });
  }

  /** Waits for a message of the bot with a button that reads so. */
  seesButton(button: TextPattern, { chat = this.chat, ...options }: SeeOptions = {}): Promise<ChatMessage> {
    const isIt = (text: string): boolean =>
      typeof button === "string" ? text === button : button.test(text);
    return chat.waitFor((message) => message.isFromBot && message.buttons.some(({ text }) => isIt(text)), {
      since: this.mark,
      what: `a button ${String(button)}`,
      ...options,
    });
  }

  /** A bot in privacy mode is shown only what is meant for it. */
  #tell(message: ChatMessage): Sent {
    const { bot } = this.#state;
    const wire = message.toWire();
    const isShown = bot.can_read_all_group_messages || isService(wire) || isMeantFor(bot, wire);
    if (!isShown) return { message, updateId: -1, mark: (this.mark = this.#state.changes.seq) };
    const update = this.push({ message: wire } as NewUpdate);
    return { message, updateId: update.update_id, mark: this.mark };
  }

  #from({ chat, senderChat }: SendOptions): User {
    if (senderChat === undefined) return this.wire;
    return senderChat.id === chat?.id
      ? { id: 1_087_968_824, is_bot: true, first_name: "Group", username: "GroupAnonymousBot" }
      : { id: 136_817_688, is_bot: true, first_name: "Channel", username: "Channel_Bot" };
  }

  #origin(from: User | string): Record<string, unknown> {
    const date = Math.floor(this.#state.clock() / 1000) - 60;
    return typeof from === "string"
      ? { type: "hidden_user", sender_user_name: from, date }
      : { type: "user", sender_user: from, date };
  }

  #files({ document, photo }: Attachment): Pick<MessageParts, "document" | "photo"> {
    const { files } = this.#state;
    const file =
      typeof photo === "string" || photo instanceof Uint8Array ? { name: "photo.jpg", bytes: photo } : photo;
    return {
      ...(document === undefined ? {} : { document: files.add("documents", document) }),
      ...(file === undefined ? {} : { photo: files.add("photos", { mime: "image/jpeg", ...file }) }),
    };
  }

  /** The kinds of file of which the double knows no more than that they are there. */
  #media({ voice, audio, video }: Attachment): Record<string, unknown> {
    const { files } = this.#state;
    const media: Record<string, unknown> = {};
    for (const [kind, folder, mime, file] of [
      ["voice", "voice", "audio/ogg", voice],
      ["audio", "music", "audio/mpeg", audio],
      ["video", "videos", "video/mp4", video],
    ] as const) {
      if (file === undefined) continue;
      const { fileId, uniqueId, size, mimeType, name } = files.add(folder, { mime, ...file });
      const known = { file_id: fileId, file_unique_id: uniqueId, file_size: size, mime_type: mimeType };
      // A voice message has no name.
      media[kind] = { ...known, duration: 3, ...(kind === "voice" ? {} : { file_name: name }) };
    }
    return media;
  }

  #memberUpdate(before: string, after: string): Update {
    const { bot, clock } = this.#state;
    const user = { id: bot.id, is_bot: true, first_name: bot.first_name, username: bot.username };
    const member = (status: string) =>
      status === "kicked" ? { user, status, until_date: 0 } : { user, status };
    return this.push({
      my_chat_member: {
        chat: this.chat.wire,
        from: this.wire,
        date: Math.floor(clock() / 1000),
        old_chat_member: member(before),
        new_chat_member: member(after),
      },
    } as NewUpdate);
  }
}

function quoteOf(text: string, message: ChatMessage | undefined): Record<string, unknown> {
  const position = message?.text.indexOf(text) ?? -1;
  if (position < 0) throw new Error("a quote must be a part of the message replied to");
  return { text, position, is_manual: true };
}
