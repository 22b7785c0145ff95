/**
 * The turn that runs in each session: begun with its message, stopped at the
 * person's word, over with all that was written into it. It promises that whoever
 * waits for its answer is told something, whatever breaks. What a turn does is its
 * own work's.
 */
import type { Logger } from "../logger.ts";
import type { Entry } from "./facts.ts";
import type { KeptOrder } from "./order.ts";
import type { Line, Lined } from "./line.ts";
import { ended, newProgress } from "./progress.ts";
import type { Standbys } from "./standby/standbys.ts";
import type { Steering, WaitingCallbacks } from "./steering.ts";
import type { Turn } from "./turn.ts";
import type { Place, TurnCallbacks } from "./view.ts";

export interface RunningDeps {
  readonly line: Line;
  readonly steering: Steering;
  readonly waits: WaitingCallbacks;
  readonly standbys: Pick<Standbys, "prepare" | "hold" | "release">;
  readonly logger: Logger;
  /** Resolves after that many ms, or at once when `signal` is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Makes the callbacks of the chat that a turn belongs to; `entry` is what an earlier life knew of its messages. */
  callbacksFor(turn: {
    updateId: number;
    order: KeptOrder;
    entry?: Entry;
    onFirstWords: () => void;
  }): TurnCallbacks;
  /** Told when one that had not begun was stopped: it needs no place to say so. */
  readonly wake: () => void;
  /** Told of each turn that is over. */
  readonly onOver: () => void;
}

/** A process that has not said within this that it stopped ends unseen: the chat is told already. */
const STOP_SHOWN_MS = 600;

/** Makes it; nothing runs. */
export function createRunning(deps: RunningDeps) {
  const { line, steering, standbys } = deps;

  /** What a turn is given of the line that it came from. */
  function turnOf(lined: Lined, callbacks: TurnCallbacks, ends: Pick<Turn, "onFree" | "onGone">): Turn {
    const { updateId, sessionId, order, timing } = lined;
    return {
      queued: Promise.resolve(),
      updateId,
      sessionId,
      order,
      callbacks,
      timing,
      ...ends,
      listeners: [steering.listenerFor(lined)],
      cutShort: lined.cutShort.signal,
      unread: [...lined.unread.keys()],
      onRun(run, origin) {
        lined.run = run;
        if (lined.isStopped) return run.interrupt();
        if (origin === "adopted") return;
        // What another run of it was given, that run had not read.
        steering.giveBack(lined);
        steering.steerWaiting(lined);
      },
      onAnswered: ({ kind }) => {
        lined.isAnswered = true;
        steering.answered(lined, kind === "interrupted");
      },
    };
  }

  async function showStop({ cutShort }: Lined): Promise<void> {
    await deps.wait(STOP_SHOWN_MS, cutShort.signal);
    cutShort.abort();
  }

  /** Ends a turn, or lets it not begin. What it said stays. */
  function stop(lined: Lined): void {
    lined.isStopped = true;
    if (lined.run === undefined) {
      // Before there is a process nothing is worth waiting for, such as a file that is still being fetched.
      lined.cutShort.abort();
      // Nor a place, room or the day's budget: what is stopped would be run by the next life.
      return deps.wake();
    }
    lined.run.interrupt();
    void showStop(lined);
  }

  const canBeStopped = (lined: Lined | undefined): lined is Lined =>
    lined !== undefined && !lined.isAnswered && !lined.isStopped;

  /** Runs the first that stands in line; resolves when its processes are gone and its answer is delivered. */
  async function runNext(sessionId: string, onGone: () => void): Promise<void> {
    const lined = line.begin(sessionId);
    if (lined === undefined) return;
    const { updateId, order, timing, entry } = lined;
    timing.mark("begun");
    deps.waits.over(lined, "runs");
    const onFirstWords = (): void => timing.mark("first_shown");
    const chat = deps.callbacksFor({ updateId, order, onFirstWords, ...(entry ? { entry } : {}) });
    let isTold = false;
    const callbacks: TurnCallbacks = {
      ...chat,
      async finish(view) {
        await chat.finish(view);
        isTold = true;
      },
    };
    let isFree = false;
    const onFree = (): void => {
      if (isFree) return;
      isFree = true;
      standbys.release(sessionId);
      standbys.prepare(sessionId);
    };
    standbys.hold(sessionId);
    try {
      if (lined.isStopped) await callbacks.finish(ended(newProgress(), { kind: "stopped" }));
      else await lined.work(turnOf(lined, callbacks, { onFree, onGone }));
    } catch (error) {
      deps.logger.error({ err: error, updateId }, "a turn broke down");
      // Nobody is left waiting for an answer; where not even this can be said, the next start sees to it.
      if (!isTold) await callbacks.finish(ended(newProgress(), { kind: "broken" }));
    } finally {
      lined.isAnswered = true;
      steering.answered(lined);
      steering.giveBack(lined);
      line.end(lined);
      lined.over.resolve();
      onFree();
      deps.onOver();
    }
  }

  /** Ends the turn of a session that runs, or would run next; false if there is none. */
  function stopIn(sessionId: string): boolean {
    const running = line.running(sessionId);
    const lined = canBeStopped(running)
      ? running
      : line.notBegun(sessionId).find(({ isStopped }) => !isStopped);
    if (lined) stop(lined);
    return lined !== undefined;
  }

  /** Whether the turn of this update can be stopped from this chat. */
  function canStop(updateId: number, place: Place): boolean {
    const lined = line.findRunning(updateId);
    return canBeStopped(lined) && lined.order.place.chatId === place.chatId;
  }

  /** Ends the turn of this update, if it runs. */
  function stopTurn(updateId: number): void {
    const lined = line.findRunning(updateId);
    if (canBeStopped(lined)) stop(lined);
  }

  /** Whether someone waits for an answer of the running turn; one that is answered only ends its processes. */
  const isRunning = (sessionId: string): boolean => line.running(sessionId)?.isAnswered === false;

  return { runNext, stop, stopIn, canStop, stopTurn, isRunning };
}
