/**
 * The queue of updates, as the real server keeps it: what a poll was given
 * stays until a later poll confirms it by offset; the older of two polls gets a
 * 409; kinds that were not asked for are dropped when they arrive.
 */
import type { Update } from "grammy/types";
import type { Changes } from "./changes.ts";
import { otherPoll } from "./refusal.ts";

/** An update's content, without its number. */
export type NewUpdate = Omit<Update, "update_id">;

/** What `getUpdates` asks. Seconds, as in the API. */
export interface PollRequest {
  readonly offset?: number;
  readonly limit?: number;
  readonly timeout?: number;
  readonly allowed_updates?: readonly string[];
}

interface WaitingPoll {
  readonly from: number;
  readonly limit: number;
  readonly resolve: (updates: Update[]) => void;
  readonly reject: (reason: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const notByDefault = new Set(["chat_member", "message_reaction", "message_reaction_count"]);
/** An offset further than this past the end is taken for none (td TQueue.cpp). */
const maxOffsetAhead = 10;

/** Updates waiting for the bot, and the one poll that may wait for them. */
export class UpdateQueue {
  /** Whether two polls with the same offset in a row are slowed down as on the real server (limit 1 within 0.5 s). */
  isPaced = true;
  /** Confirmed by offset, in order. */
  readonly confirmed: Update[] = [];
  /** Not asked for by `allowed_updates`, so never shown. */
  readonly dropped: Update[] = [];
  /** How often each update was given out, by its number. */
  readonly deliveries = new Map<number, number>();

  readonly #changes: Changes;
  readonly #pending: Update[] = [];
  #nextId: number;
  #allowed: ReadonlySet<string> | undefined;
  #waiting: WaitingPoll | undefined;
  #lastPoll: { offset: number; at: number } | undefined;

  constructor(changes: Changes, firstId: number) {
    this.#changes = changes;
    this.#nextId = firstId;
  }

  /** Not yet confirmed, in order. */
  get pending(): readonly Update[] {
    return this.#pending;
  }

  /** Whether a poll is waiting just now. */
  get isPolled(): boolean {
    return this.#waiting !== undefined;
  }

  /** The kinds asked for, if the bot ever said. */
  get allowed(): readonly string[] | undefined {
    return this.#allowed === undefined ? undefined : [...this.#allowed];
  }

  /** The number of the next update. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Goes on counting at `id`: after a week of silence the real server starts anywhere. */
  jumpTo(id: number): void {
    this.#nextId = id;
  }

  /** Queues an update and wakes the poll. */
  push(content: NewUpdate): Update {
    const update: Update = { update_id: this.#nextId, ...content };
    this.#nextId += 1;
    const kind = Object.keys(content)[0] ?? "";
    const isWanted = this.#allowed === undefined ? !notByDefault.has(kind) : this.#allowed.has(kind);
    (isWanted ? this.#pending : this.dropped).push(update);
    this.#changes.next();
    this.#changes.tell();
    // Later in this tick, so that several updates sent at once come in one answer.
    setImmediate(() => this.#wake());
    return update;
  }

  /** One `getUpdates`. `signal` is aborted when the bot hangs up. */
  async poll(request: PollRequest, signal: AbortSignal): Promise<Update[]> {
    this.#waiting?.reject(otherPoll());
    if (request.allowed_updates !== undefined)
      this.#allowed = request.allowed_updates.length === 0 ? undefined : new Set(request.allowed_updates);
    const asked = request.offset ?? 0;
    const end = this.#nextId;
    const offset = asked > end + maxOffsetAhead ? 0 : asked;
    const from =
      offset < 0 ? (this.#pending.at(offset)?.update_id ?? this.#pending[0]?.update_id ?? 0) : offset;
    this.#confirmBelow(from);

    let limit = Math.min(Math.max(request.limit ?? 100, 1), 100);
    if (this.#isRepeat(asked)) limit = 1;
    const found = this.#take(from, limit);
    const timeoutMs = Math.min(request.timeout ?? 0, 50) * 1000;
    if (found.length > 0 || timeoutMs <= 0) return found;
    return this.#wait(from, limit, timeoutMs, signal);
  }

  /** Ends the waiting poll with nothing, so that the bot polls again at once. */
  interrupt(): void {
    this.#waiting?.resolve([]);
  }

  #isRepeat(offset: number): boolean {
    const last = this.#lastPoll;
    this.#lastPoll = { offset, at: performance.now() };
    return this.isPaced && last?.offset === offset && performance.now() - last.at < 500;
  }

  #wait(from: number, limit: number, timeoutMs: number, signal: AbortSignal): Promise<Update[]> {
    return new Promise<Update[]>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        if (this.#waiting === poll) this.#waiting = undefined;
      };
      const poll: WaitingPoll = {
        from,
        limit,
        resolve: (updates) => (leave(), resolve(updates)),
        reject: (reason) => (leave(), reject(reason)),
        timer: setTimeout(() => poll.resolve([]), timeoutMs),
      };
      const { timer } = poll;
      const giveUp = (): void => poll.resolve([]);
      if (signal.aborted) return giveUp();
      signal.addEventListener("abort", giveUp);
      this.#waiting = poll;
      this.#changes.next();
      this.#changes.tell();
    });
  }

  #wake(): void {
    const poll = this.#waiting;
    if (poll === undefined) return;
    const updates = this.#take(poll.from, poll.limit);
    if (updates.length > 0) poll.resolve(updates);
  }

  #take(from: number, limit: number): Update[] {
    const updates = this.#pending.filter((update) => update.update_id >= from).slice(0, limit);
    for (const { update_id: id } of updates) this.deliveries.set(id, (this.deliveries.get(id) ?? 0) + 1);
    return updates;
  }

  #confirmBelow(offset: number): void {
    const kept = this.#pending.filter((update) => update.update_id >= offset);
    const gone = this.#pending.filter((update) => update.update_id < offset);
    if (gone.length === 0) return;
    this.confirmed.push(...gone);
    this.#pending.splice(0, this.#pending.length, ...kept);
    this.#changes.next();
    this.#changes.tell();
  }
}
