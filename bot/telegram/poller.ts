/**
 * getUpdates → journal → confirm → handle. It promises that an update is
 * confirmed only when it is on the disk, that none is handled twice, and that it
 * goes on whatever Telegram or the network does; only a wrong token ends it.
 * Ours rather than grammY's: measured, its runner loses what was confirmed and not
 * yet handled, and its built-in polling handles a batch again.
 */
import { type Api, GrammyError } from "grammy";
import type { Update } from "grammy/types";
import type { Logger } from "../logger.ts";
import { orDiskFull } from "../store/disk.ts";
import type { Journal } from "../turns/journal.ts";
import { awaySince } from "../turns/late.ts";

export interface PollerDeps {
  readonly api: Api;
  readonly journal: Journal;
  readonly isAllowed: (update: Update) => boolean;
  /** Handles one update; its failure is its own. */
  readonly handle: (update: Update) => Promise<void>;
  /** Told of the allowed updates that wait at Telegram for want of room here; once each time the disk fills up. */
  readonly onDiskFull: (updates: readonly Update[]) => void;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly now: () => Date;
  /** When an earlier life last had all that waited. */
  readonly lastHeardAt?: Date | undefined;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly checkpoint: (name: string) => void;
  /** Told each time a poll has come back: whether Telegram answered it, and whether all that waited there is written down. */
  readonly onPoll?: (isGood: boolean, isCaughtUp: boolean) => void;
  /** Told when all that waited at the start was given to `handle`; again after each long silence, with its beginning. */
  readonly onBack?: (awaySince: Date | undefined) => void;
  readonly pollSeconds?: number;
}

/** How polling ended: told to, or because Telegram does not know the token. */
export type PollEnd = "stopped" | "unauthorized";

export interface Poller {
  /** Polls until `signal` is aborted. */
  run(signal: AbortSignal): Promise<PollEnd>;
  /** How long ago Telegram last gave a good answer, in ms; undefined before the first. */
  lastGoodAgoMs(): number | undefined;
  /** How long ago Telegram last said that another program polls this bot, in ms; undefined if it never did. */
  conflictAgoMs(): number | undefined;
}

/** Updates that are handled at all; without a list, Telegram sends most kinds. */
const KINDS = ["message", "edited_message", "callback_query", "stopped_message_generation"] as const;

/** Long enough that an idle bot hardly speaks; the server's own limit is 50. */
const POLL_SECONDS = 30;
/** The most that Telegram gives at once: where it gives as many, there may be more. */
const FULL_BATCH = 100;
/** What an answer may take beyond that before the connection counts as dead. */
const SLACK_SECONDS = 10;
const BACKOFF_MS = { first: 500, most: 30_000 };
/** Another poller: it must win or go; hammering helps neither. */
const CONFLICT_MS = { first: 3_000, most: 60_000 };

/** A batch that could not be written down, so it was not confirmed; the message is the system's code. */
class NoRoom extends Error {}

/** Makes the poller. */
export function createPoller(deps: PollerDeps): Poller {
  const { api, journal, logger, wait, checkpoint } = deps;
  const pollSeconds = deps.pollSeconds ?? POLL_SECONDS;
  let lastGoodAt: number | undefined;
  let conflictAt: number | undefined;
  let offset: number | undefined;
  let failures = 0;
  let isDiskFull = false;
  let heardAt = deps.lastHeardAt;
  let isFirst = true;
  /** Since when nobody had been here, until all that waited meanwhile is taken. */
  let away: Date | undefined;

  async function fetch(signal: AbortSignal): Promise<readonly unknown[]> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout((pollSeconds + SLACK_SECONDS) * 1_000)]);
    const batch: unknown = await api.getUpdates(
      {
        ...(offset === undefined ? {} : { offset }),
        // What waited is to be told at once; where nothing did, that is an answer, too.
        timeout: isFirst && awaySince(heardAt, deps.now()) ? 0 : pollSeconds,
        allowed_updates: KINDS,
      },
      // grammY's type is another package's AbortSignal; Node's works.
      bounded as unknown as Parameters<Api["getUpdates"]>[1],
    );
    if (!Array.isArray(batch)) throw new TypeError("getUpdates gave no list");
    return batch;
  }

  /**
   * Takes a batch; what is malformed is passed over, and confirmed with what
   * follows it. Gives why it must come again, if so. A disk that fails in any other
   * way than being full ends the bot: what it confirms could not be believed.
   */
  async function take(batch: readonly unknown[]): Promise<Error | undefined> {
    const updates = batch.filter(isUpdate);
    if (updates.length < batch.length)
      logger.warn({ count: batch.length - updates.length }, "malformed updates");
    checkpoint("fetched");
    const allowed = updates.filter(deps.isAllowed);
    // Only a batch that was written down ends the silence: what could not be still waits.
    away ??= awaySince(heardAt, deps.now());
    const fresh = await orDiskFull(() => journal.take(allowed, away));
    if (!Array.isArray(fresh)) {
      if (!isDiskFull) deps.onDiskFull(allowed);
      isDiskFull = true;
      return new NoRoom(fresh.code);
    }
    isDiskFull = false;
    checkpoint("taken");
    const last = updates.at(-1);
    // Not the highest: after a quiet week ids start again anywhere.
    if (last) offset = last.update_id + 1;
    for (const update of fresh) void deps.handle(update);
    if (batch.length < FULL_BATCH) caughtUp();
    // A batch of nothing but rubbish cannot be confirmed and comes again at once.
    return batch.length > 0 && updates.length === 0 ? new TypeError("only malformed updates") : undefined;
  }

  /** All that waited is on the disk and on its way. */
  function caughtUp(): void {
    heardAt = deps.now();
    if (isFirst || away !== undefined) deps.onBack?.(away);
    isFirst = false;
    away = undefined;
  }

  /** How long to wait after a failure, or that it is the end. */
  function afterFailure(error: unknown): number | "unauthorized" {
    failures += 1;
    const code = error instanceof GrammyError ? error.error_code : undefined;
    if (isUnauthorized(error)) return "unauthorized";
    if (code === 409) conflictAt = deps.nowMs();
    const retryAfter = error instanceof GrammyError ? error.parameters.retry_after : undefined;
    const { first, most } = code === 409 ? CONFLICT_MS : BACKOFF_MS;
    const waitMs =
      retryAfter === undefined ? Math.min(first * 2 ** (failures - 1), most) : retryAfter * 1_000;
    if (error instanceof NoRoom)
      logger.warn({ code: error.message, waitMs }, "the disk is full: messages wait at Telegram");
    else {
      const words = code === 409 ? "another program polls this bot" : "no updates from Telegram";
      logger.warn({ err: error, waitMs }, words);
    }
    return waitMs;
  }

  return {
    lastGoodAgoMs: () => (lastGoodAt === undefined ? undefined : deps.nowMs() - lastGoodAt),
    conflictAgoMs: () => (conflictAt === undefined ? undefined : deps.nowMs() - conflictAt),
    async run(signal) {
      while (!signal.aborted) {
        const batch = await fetch(signal).catch((error: unknown) => ({ error }));
        if (signal.aborted) break;
        const failure = Array.isArray(batch) ? await take(batch) : (batch as { error: unknown }).error;
        if (Array.isArray(batch)) lastGoodAt = deps.nowMs();
        const isGood = Array.isArray(batch);
        deps.onPoll?.(isGood, isGood && failure === undefined && batch.length < FULL_BATCH);
        if (failure === undefined) {
          failures = 0;
          continue;
        }
        const pause = afterFailure(failure);
        if (pause === "unauthorized") return "unauthorized";
        await wait(pause, signal);
      }
      return "stopped";
    },
  };
}

/** Whether Telegram says that it does not know the token: 401, or 404 for one that can be none. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof GrammyError && (error.error_code === 401 || error.error_code === 404);
}

function isUpdate(value: unknown): value is Update {
  return (
    typeof value === "object" &&
    value !== null &&
    "update_id" in value &&
    Number.isSafeInteger(value.update_id) &&
    Number(value.update_id) >= 0
  );
}
