/**
 * All the double knows: chats, updates, files, commands, callback queries and
 * what the bot did wrong. Pure memory, no HTTP: methods change it, people
 * change it, a page could show it.
 */
import type { BotCommand, Chat, UserFromGetMe } from "grammy/types";
import { ChatRoom } from "./chat.ts";
import { Changes } from "./changes.ts";
import { Files } from "./files.ts";
import { checkTopic } from "./groups.ts";
import { badRequest, forbidden, tooMany } from "./refusal.ts";
import { checkRoughly, type CheckText } from "./text.ts";
import { UpdateQueue } from "./updates.ts";

/** A button that was pressed, and what the bot answered. */
export interface CallbackRecord {
  readonly id: string;
  readonly at: number;
  readonly data: string;
  isExpired: boolean;
  answer?: { readonly text: string; readonly isAlert: boolean };
}

/** Something the real server lets pass or we never want: empty after a good test. */
export interface Violation {
  readonly method: string;
  readonly what: string;
  readonly payload: unknown;
}

/** How many calls one chat takes: more within `windowMs` get a 429. */
export interface FloodLimit {
  readonly calls: number;
  readonly windowMs: number;
  readonly retryAfterS: number;
}

/** What a double is made of; everything has a default. */
export interface StateOptions {
  readonly bot?: Partial<UserFromGetMe>;
  /** The judge of outgoing text: `checkFormatted` of test/oracle/tdlib.ts. */
  readonly checkText?: CheckText;
  /** Wall clock in ms. */
  readonly clock?: () => number;
  readonly firstUpdateId?: number;
  /** Of the private chats. */
  readonly firstMessageId?: number;
}

/** How long a callback query can be answered. Undocumented; field reports say seconds. */
const callbackLifetimeMs = 20_000;

/** Calls that were under way when a 429 was answered are not held against the bot. */
const underWayMs = 100;
/** How much too early a call may come, for the coarseness of clocks. */
const earlyMs = 20;

/** The memory of the double. */
export class BotApiState {
  readonly bot: UserFromGetMe;
  readonly clock: () => number;
  readonly checkText: CheckText;
  readonly changes = new Changes();
  readonly files = new Files(this.changes);
  readonly updates: UpdateQueue;
  readonly chats = new Map<number, ChatRoom>();
  readonly commands = new Map<string, readonly BotCommand[]>();
  readonly callbacks = new Map<string, CallbackRecord>();
  readonly violations: Violation[] = [];
  floodLimit: FloodLimit | undefined;
  /** Where another program lets updates be sent; while it is set nobody can poll. */
  webhookUrl = "";

  readonly #floods = new Map<number, number[]>();
  readonly #holds = new Map<number, { from: number; until: number }>();
  #lastPrivateMessageId: number;
  #lastCallback = 0;

  constructor(options: StateOptions = {}) {
    this.clock = options.clock ?? Date.now;
    this.checkText = options.checkText ?? checkRoughly;
    this.#lastPrivateMessageId = (options.firstMessageId ?? 101) - 1;
    this.updates = new UpdateQueue(this.changes, options.firstUpdateId ?? 531_000_001);
    this.bot = {
      id: 4_242_424_242,
      is_bot: true,
      first_name: "Parley",
      username: "parley_test_bot",
      can_join_groups: true,
      can_read_all_group_messages: true,
      supports_guest_queries: false,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
      has_topics_enabled: false,
      allows_users_to_create_topics: false,
      can_manage_bots: false,
      supports_join_request_queries: false,
      ...options.bot,
    };
  }

  /** Opens a chat, or gives the one there is. Message ids run through all private chats, but anew in each group. */
  open(wire: Chat): ChatRoom {
    const known = this.chats.get(wire.id);
    if (known !== undefined) return known;
    let lastInGroup = 0;
    const nextId = (): number =>
      wire.type === "private" ? (this.#lastPrivateMessageId += 1) : (lastInGroup += 1);
    const room = new ChatRoom(wire, this.changes, this.clock, nextId);
    this.chats.set(wire.id, room);
    return room;
  }

  /** The chat a method names; refused as the real server does. `isSending` counts against the flood limit. */
  room(id: unknown, isSending = false): ChatRoom {
    if (id === undefined || id === "") throw badRequest("chat_id is empty");
    const room = typeof id === "number" ? this.chats.get(id) : undefined;
    if (room === undefined) throw badRequest("chat not found");
    if (room.isBlocked)
      throw forbidden(room.isPrivate ? "bot was blocked by the user" : "bot was kicked from the group chat");
    if (isSending) this.#countCall(room.id);
    return room;
  }

  /** The topic a method names, checked. */
  thread(room: ChatRoom, id: unknown): number | undefined {
    if (id === undefined) return undefined;
    if (typeof id !== "number") throw badRequest("message thread not found");
    checkTopic(room, id);
    return id;
  }

  /** Notes something the bot should not have done. */
  violate(method: string, what: string, payload: unknown): void {
    this.violations.push({ method, what, payload });
  }

  /** A callback query that waits for its answer. */
  newCallback(data: string): CallbackRecord {
    this.#lastCallback += 1;
    const id = `${this.bot.id}${String(this.#lastCallback).padStart(8, "0")}`;
    const record: CallbackRecord = { id, at: this.clock(), data, isExpired: false };
    this.callbacks.set(id, record);
    return record;
  }

  /** Whether a query can still be answered. */
  isLive(record: CallbackRecord): boolean {
    return record.answer === undefined && !record.isExpired && this.clock() - record.at < callbackLifetimeMs;
  }

  /** A 429 was answered to a call for this chat: sending before it is over is a violation. */
  hold(chatId: unknown, seconds: number): void {
    const now = performance.now();
    if (typeof chatId === "number")
      this.#holds.set(chatId, { from: now + underWayMs, until: now + seconds * 1000 - earlyMs });
  }

  #countCall(chatId: number): void {
    const now = performance.now();
    const hold = this.#holds.get(chatId);
    if (hold !== undefined && now > hold.from && now < hold.until)
      this.violate("429", `sent ${Math.round(hold.until - now)} ms before retry_after was over`, { chatId });
    const limit = this.floodLimit;
    if (limit === undefined) return;
    const recent = (this.#floods.get(chatId) ?? []).filter((at) => now - at < limit.windowMs);
    // A refused call counts too: who does not wait is held longer.
    this.#floods.set(chatId, [...recent, now]);
    if (recent.length < limit.calls) return;
    this.hold(chatId, limit.retryAfterS);
    throw tooMany(limit.retryAfterS);
  }
}
