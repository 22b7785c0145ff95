/**
 * One chat of the double: its messages in order, topics, drafts, typing, and
 * the waits of a test for what comes to stand there.
 */
import type { Chat, MessageEntity, User } from "grammy/types";
import type { Changes, WaitOptions } from "./changes.ts";
import { ChatMessage, type MessageParts, type Version } from "./message.ts";

/** A draft the bot shows while it writes; it ends with the next real message there. */
export interface Draft {
  readonly draftId: number;
  readonly threadId?: number;
  readonly text: string;
  readonly entities: readonly MessageEntity[];
  readonly canStop: boolean;
  /** After Stop it stays until a message comes, or until its time is over. */
  readonly keepsOnStop: boolean;
  /** Numbers this form of it among all changes of the double. */
  readonly seq: number;
  /** When Telegram forgets it, wall clock in ms. */
  readonly until: number;
}

/** A call that only showed something for a moment. */
export interface Moment {
  readonly at: number;
  readonly action: string;
  readonly threadId?: number;
}

/** What a message's text and buttons are. */
export type Content = Omit<Version, "at" | "seq" | "entities"> & Partial<Pick<Version, "entities">>;

/** Where a wait begins to look: after this change (`api.mark`, `sent.mark`); else at the beginning. */
export interface SinceOptions extends WaitOptions {
  readonly since?: number;
  /** Only messages of this topic. */
  readonly threadId?: number;
}

/** What a test asks of a text. */
export type TextPattern = RegExp | string;

/** A chat's state. Private when its id is positive. */
export class ChatRoom {
  readonly id: number;
  readonly wire: Chat;
  /** Every message that ever stood here, deleted ones too. */
  readonly all: ChatMessage[] = [];
  readonly drafts = new Map<number, Draft>();
  /** Every form a draft had, in order. */
  readonly draftHistory: Draft[] = [];
  readonly actions: Moment[] = [];
  /** Topic ids and names. */
  readonly topics = new Map<number, string>();
  readonly closedTopics = new Set<number>();
  /** Whether the bot may open topics in this group. */
  isBotAdmin = false;
  isBlocked = false;

  readonly #changes: Changes;
  readonly #clock: () => number;
  readonly #nextMessageId: () => number;
  #answersSeen = 0;

  constructor(wire: Chat, changes: Changes, clock: () => number, nextMessageId: () => number) {
    this.id = wire.id;
    this.wire = wire;
    this.#changes = changes;
    this.#clock = clock;
    this.#nextMessageId = nextMessageId;
  }

  get isPrivate(): boolean {
    return this.wire.type === "private";
  }

  /** The messages as they stand now. */
  get messages(): readonly ChatMessage[] {
    return this.all.filter((message) => !message.isDeleted);
  }

  /** The bot's messages as they stand now. */
  get answers(): readonly ChatMessage[] {
    return this.messages.filter((message) => message.isFromBot);
  }

  /** The message with this id, if it stands. */
  message(id: number): ChatMessage | undefined {
    return this.messages.find((message) => message.id === id);
  }

  /** A number for the next message; topics take theirs from the same row. */
  newId(): number {
    return this.#nextMessageId();
  }

  /** Puts a message here. */
  add(
    parts: Omit<MessageParts, "id" | "chat" | "at" | "isFromBot"> & { readonly id?: number },
    content: Content,
    bot: User,
  ): ChatMessage {
    const at = this.#clock();
    const whole: MessageParts = {
      ...parts,
      id: parts.id ?? this.newId(),
      chat: this.wire,
      at,
      isFromBot: parts.from.id === bot.id,
    };
    const message = new ChatMessage(whole, this.version(content));
    this.all.push(message);
    // Any real message of the bot wipes its drafts in that topic.
    if (whole.isFromBot)
      for (const draft of this.drafts.values())
        if (draft.threadId === parts.threadId) this.drafts.delete(draft.draftId);
    this.#changes.tell();
    return message;
  }

  /** A version of a message made now. */
  version(content: Content): Version {
    return { ...content, entities: content.entities ?? [], at: this.#clock(), seq: this.#changes.next() };
  }

  /** Notes a change of `message` that is not an edit. */
  touch(message: ChatMessage): void {
    message.changedAt = this.#changes.next();
    this.#changes.tell();
  }

  /** Resolves with the first message for which `predicate` holds, as it stands now or will; those changed after `since` only. */
  waitFor(predicate: (message: ChatMessage) => boolean, options: SinceOptions = {}): Promise<ChatMessage> {
    const { since = 0, threadId } = options;
    const find = (): ChatMessage | undefined =>
      this.messages.find(
        (message) =>
          message.changedAt > since &&
          (threadId === undefined || message.threadId === threadId) &&
          predicate(message),
      );
    return this.#changes.waitFor(find, () => this.describe(), options);
  }

  /** Resolves with the first message of the bot whose text matches. */
  waitForText(pattern: TextPattern, options: SinceOptions = {}): Promise<ChatMessage> {
    return this.waitFor((message) => message.isFromBot && matches(message.text, pattern), {
      what: `the bot to say ${String(pattern)}`,
      ...options,
    });
  }

  /** Like `waitForText`, but a text that stood only for a moment counts: any form a message had. */
  waitForShown(pattern: TextPattern, options: SinceOptions = {}): Promise<ChatMessage> {
    const { since = 0 } = options;
    const isShown = (message: ChatMessage): boolean =>
      message.isFromBot &&
      message.versions.some((version) => version.seq > since && matches(version.text, pattern));
    const find = (): ChatMessage | undefined => this.all.find(isShown);
    const what = { what: `the bot to show ${String(pattern)}`, ...options };
    return this.#changes.waitFor(find, () => this.describe(), what);
  }

  /** Resolves with the bot's next message here that no earlier `nextAnswer` gave, as soon as it is sent. */
  async nextAnswer(options: WaitOptions = {}): Promise<ChatMessage> {
    const position = this.#answersSeen;
    this.#answersSeen += 1;
    const find = (): ChatMessage | undefined => this.all.filter((message) => message.isFromBot)[position];
    const what = { what: `answer ${position + 1} of the bot`, ...options };
    return this.#changes.waitFor(find, () => this.describe(), what);
  }

  /** Resolves with the first form of a draft whose text matches, past or to come. */
  waitForDraft(pattern: TextPattern, options: SinceOptions = {}): Promise<Draft> {
    const { since = 0 } = options;
    const find = (): Draft | undefined =>
      this.draftHistory.find(({ text, seq }) => seq > since && matches(text, pattern));
    const what = { what: `a draft like ${String(pattern)}`, ...options };
    return this.#changes.waitFor(find, () => this.describe(), what);
  }

  /** The drafts a person sees now. */
  get seenDrafts(): readonly Draft[] {
    return [...this.drafts.values()].filter(({ until }) => until > this.#clock());
  }

  /** Resolves when the bot's reactions on `message` are `emoji` (or any, when none is given). */
  async waitForReaction(message: ChatMessage, emoji?: string, options: WaitOptions = {}): Promise<void> {
    const find = (): true | undefined =>
      (emoji === undefined ? message.reactions.length > 0 : message.reactions.includes(emoji)) || undefined;
    const what = { what: `a reaction ${emoji ?? ""} on #${message.id}`, ...options };
    await this.#changes.waitFor(find, () => this.describe(), what);
  }

  /** The chat in words, for an error. */
  describe(): string {
    const lines = this.all.map((message) => `  ${message.describe()}`);
    const drafts = [...this.drafts.values()].map((draft) => `  (draft ${draft.draftId}) ${draft.text}`);
    const all = [...lines, ...drafts];
    return `Chat ${this.id} holds ${all.length === 0 ? "nothing" : `\n${all.join("\n")}`}`;
  }
}

/** Whether `text` holds the string or matches the expression. */
function matches(text: string, pattern: TextPattern): boolean {
  return typeof pattern === "string" ? text.includes(pattern) : text.search(pattern) !== -1;
}
