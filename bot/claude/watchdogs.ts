/**
 * The clocks that run beside a process. Does no I/O and sets no timers: it is
 * told of time and of what happens, and says which clock ran out, once.
 * Promises that a machine that slept does not make them run out.
 */
import type { ClaudeEvent, Watchdog } from "./events.ts";

/** When each clock runs out, in ms. */
export interface WatchdogLimits {
  /** From the start to the first sign of the model's session. */
  readonly noInitMs: number;
  /** Not a line, while no tool is open and nothing waits for the person. */
  readonly silentMs: number;
  /** One tool, without the time its question waits. */
  readonly toolMs: number;
  /** Not gone although answered and told that nothing more comes. */
  readonly noExitMs: number;
  /** The whole process, without the time that it waits for the person. */
  readonly hardMs: number;
}

/** The defaults. */
export const WATCHDOG_LIMITS: WatchdogLimits = {
  noInitMs: 60_000,
  silentMs: 5 * 60_000,
  toolMs: 15 * 60_000,
  noExitMs: 10_000,
  hardMs: 60 * 60_000,
};

/** The clocks of one process. All times are monotonic ms; call with times that do not go back. */
export interface Watchdogs {
  /** Something was said: any line, with the events it gave. */
  feed(events: readonly ClaudeEvent[], now: number): void;
  /** The process waits for our answer to `requestId`, which is no question of its own. */
  asked(requestId: string, now: number): void;
  /** The person, or we, answered the question `requestId`. */
  answered(requestId: string, now: number): void;
  /** The turn is answered and stdin closed (`true`), or it works again (`false`). */
  closing(isClosing: boolean, now: number): void;
  /** It waits for background tasks: silence is no fault (`true`). */
  resting(isResting: boolean, now: number): void;
  /** Lets time pass; gives the clock that ran out and its limit. Call it at least every few seconds. */
  tick(now: number): { watchdog: Watchdog; afterMs: number } | undefined;
}

/** A step longer than this was no step of ours: the machine was suspended, or we were stopped. */
const GAP_MS = 30_000;

/** Starts the clocks at `startedAt`. */
export function createWatchdogs(limits: WatchdogLimits, startedAt: number): Watchdogs {
  let last = startedAt;
  let isStarted = false;
  let isClosing = false;
  let isResting = false;
  let isOver = false;
  /** Questions that wait, with the tool each is about. */
  const questions = new Map<string, string>();
  const tools = new Map<string, number>();
  const passed = { noInit: 0, silent: 0, noExit: 0, hard: 0 };

  const advance = (now: number): void => {
    const elapsed = now - last;
    last = now;
    if (elapsed > GAP_MS) {
      // After a sleep its connections are dead too: it gets the full time to find that out.
      Object.assign(passed, { noInit: 0, silent: 0, noExit: 0 });
      for (const id of tools.keys()) tools.set(id, 0);
      return;
    }
    // Whoever asks gives the person a time of its own.
    if (questions.size === 0) passed.hard += elapsed;
    if (isClosing) {
      passed.noExit += elapsed;
      return;
    }
    if (!isStarted) passed.noInit += elapsed;
    if (questions.size > 0) return;
    for (const [id, openMs] of tools) tools.set(id, openMs + elapsed);
    if (tools.size === 0 && !isResting && isStarted) passed.silent += elapsed;
  };

  return {
    feed(events, now) {
      advance(now);
      passed.silent = 0;
      passed.noExit = 0;
      for (const event of events) {
        // A compaction comes before `init` and may take minutes.
        if (["started", "compacting", "result"].includes(event.type)) isStarted = true;
        if (event.type === "tool_started") tools.set(event.id, 0);
        if (event.type === "tool_finished") {
          tools.delete(event.id);
          // The CLI answers a question itself once nobody can.
          for (const [question, tool] of questions) if (tool === event.id) questions.delete(question);
        }
        // A tool that was cut off has no end of its own.
        if (event.type === "result") {
          tools.clear();
          questions.clear();
        }
        if (event.type === "permission_asked") questions.set(event.requestId, event.toolUseId);
        if (event.type === "permission_cancelled") questions.delete(event.requestId);
      }
    },
    asked(requestId, now) {
      advance(now);
      questions.set(requestId, "");
    },
    answered(requestId, now) {
      advance(now);
      questions.delete(requestId);
    },
    closing(value, now) {
      advance(now);
      isClosing = value;
      passed.noExit = 0;
    },
    resting(value, now) {
      advance(now);
      isResting = value;
      passed.silent = 0;
    },
    tick(now) {
      advance(now);
      if (isOver) return undefined;
      const clocks: [Watchdog, number, number][] = [
        ["no_init", passed.noInit, limits.noInitMs],
        ["silent", passed.silent, limits.silentMs],
        ["tool_too_long", Math.max(0, ...tools.values()), limits.toolMs],
        ["no_exit", passed.noExit, limits.noExitMs],
        ["hard_limit", passed.hard, limits.hardMs],
      ];
      const out = clocks.find(([, passedMs, limitMs]) => passedMs >= limitMs);
      if (out === undefined) return undefined;
      isOver = true;
      return { watchdog: out[0], afterMs: out[2] };
    },
  };
}
