/**
 * All turns: taken into lanes, held until there is a session, stopped, continued
 * after a crash. It promises that what is accepted here is in the journal first,
 * and that nothing here waits for a turn. It does not know the chat.
 */
import { isWithin } from "../store/within.ts";
import { bringIn } from "./attachments.ts";
import type { Entry, KeptOrder } from "./facts.ts";
import { createCutOff } from "./cut-off.ts";
import { createHeld } from "./held.ts";
import { createLine, type Lined } from "./line.ts";
import { ended, newProgress } from "./progress.ts";
import { createLanes } from "./queue.ts";
import { createTerminal, type TellStalled } from "./terminal/terminal.ts";
import { createSteering, type WaitingCallbacks } from "./steering.ts";
import { startTiming } from "./timing.ts";
import { markerOf } from "./prepare.ts";
import { runTurn } from "./begin.ts";
import { takeUpTurn } from "./take-up.ts";
import type { Turn, TurnDeps } from "./turn.ts";
import type { Place, TurnCallbacks, WaitReason } from "./view.ts";
import { createWaiting } from "./waiting.ts";

export interface TurnsDeps extends Omit<TurnDeps, "gate"> {
  readonly maxTurns: number;
  /** Told of what cannot even be told to the chat: a journal that takes nothing any more. */
  readonly onBug: (error: unknown) => void;
  /** Resolves after that many ms, or at once when `signal` is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly waits: WaitingCallbacks;
  /** Whether the disk has room for a new turn; `roomChanged` is to be called when that changes. */
  readonly hasRoom: () => boolean;
  readonly tellStalled: TellStalled;
  /** Makes the callbacks of the chat that a turn belongs to; `entry` is what an earlier life knew of its messages. */
  callbacksFor(turn: {
    updateId: number;
    order: KeptOrder;
    entry?: Entry;
    onFirstWords: () => void;
  }): TurnCallbacks;
}

export type Turns = ReturnType<typeof createTurns>;

/** A process that has not said within this that it stopped ends unseen: the chat is told already. */
const STOP_SHOWN_MS = 600;

/** Makes the turns. Nothing runs before something is submitted. */
export function createTurns(given: TurnsDeps) {
  const terminal = createTerminal({ ...given, submit });
  const deps: TurnsDeps & TurnDeps = { ...given, gate: terminal.gate };
  const { journal, nowMs, standbys } = deps;
  const lanes = createLanes({
    limit: deps.maxTurns,
    mayStart: deps.hasRoom,
    onBug: deps.onBug,
  });
  const line = createLine();
  const waits: WaitingCallbacks = {
    changed: (lined) => deps.waits.changed(lined),
    waits: (lined, reason) => deps.waits.waits(lined, reason),
    over(lined, end) {
      if (end !== "dropped") waiting.begun(lined);
      deps.waits.over(lined, end);
    },
  };
  const steering = createSteering({ ...deps, line, waits, enlist, bringIn: bringAlong });
  const waiting = createWaiting({
    journal,
    line,
    steering,
    waits,
    enlist,
    reasonOf,
    stopRunning: stopLined,
  });

  function newLined(
    updateId: number,
    sessionId: string,
    order: KeptOrder,
    { work, entry }: { work: Lined["work"]; entry?: Entry },
  ): Lined {
    return {
      updateId,
      sessionId,
      order,
      // What had begun stands before all; what the person wished to run before what still asks, in its own order.
      rank: line.newRank(hasBegun(entry) ? "first" : order.overBudget === true ? "early" : "last"),
      timing: startTiming(nowMs),
      entry,
      work,
      isStopped: false,
      isAnswered: false,
      unread: new Map(),
      read: [],
      written: Promise.resolve(),
      cutShort: new AbortController(),
    };
  }

  /** Files that are shown with the message; the name of any other would be told before the turn may read it. */
  async function bringAlong({ sessionId, updateId, order }: Lined, signal: AbortSignal) {
    const session = deps.sessions.get(sessionId);
    if (order.attachments === undefined || session === undefined) return [];
    // Whatever fails says so in a turn of its own.
    const brought = await bringIn(deps, session, updateId, order, signal).catch(() => undefined);
    if (!brought?.ok || brought.notes.length > 0) return undefined;
    return brought.uploads.every(({ block }) => block !== undefined) ? brought.uploads : undefined;
  }

  /** Puts a message in line; whoever is first when the lane is free begins. */
  function enlist(lined: Lined): void {
    const { sessionId } = lined;
    line.join(lined);
    lanes.enqueue(sessionId, {
      // Where what it was for was dropped or is read, it does nothing; where that was stopped, it only says so.
      get isFree() {
        return line.waiting(sessionId)[0]?.isStopped ?? true;
      },
      get hasBegun() {
        return hasBegun(line.waiting(sessionId)[0]?.entry);
      },
      get mayStart() {
        const [first] = line.waiting(sessionId);
        return first === undefined || isPaidFor(first);
      },
      run: (onGone) => runNext(sessionId, onGone),
    });
    if (line.waiting(sessionId).includes(lined)) waits.waits(lined, reasonOf(lined));
  }

  /** Whether the day's budget, or the person, lets it run. */
  const isPaidFor = ({ order }: Lined): boolean => order.overBudget === true || deps.budget.isOpen();

  function reasonOf(lined: Lined): WaitReason {
    if (line.running(lined.sessionId)) return "behind";
    if (!deps.hasRoom()) return "room";
    return isPaidFor(lined) ? "full" : "budget";
  }

  async function runNext(sessionId: string, onGone: () => void): Promise<void> {
    const lined = line.begin(sessionId);
    if (lined === undefined) return;
    const { updateId, order, timing, entry } = lined;
    timing.mark("begun");
    waits.over(lined, "runs");
    const onFirstWords = (): void => timing.mark("first_shown");
    const callbacks = deps.callbacksFor({ updateId, order, onFirstWords, ...(entry ? { entry } : {}) });
    let isFree = false;
    const free = (): void => {
      if (isFree) return;
      isFree = true;
      standbys.release(sessionId);
      standbys.prepare(sessionId);
    };
    standbys.hold(sessionId);
    const turn: Turn = {
      queued: Promise.resolve(),
      onFree: free,
      updateId,
      sessionId,
      order,
      callbacks,
      timing,
      onGone,
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
    try {
      if (lined.isStopped) await callbacks.finish(ended(newProgress(), { kind: "stopped" }));
      else await lined.work(turn);
    } catch (error) {
      // Nobody is left waiting for an answer; where not even this can be said, the next start sees to it.
      deps.logger.error({ err: error, updateId }, "a turn broke down");
      await callbacks.finish(ended(newProgress(), { kind: "broken" }));
    } finally {
      lined.isAnswered = true;
      steering.answered(lined);
      steering.giveBack(lined);
      line.end(lined);
      free();
      // It may have used up what those behind it, here and elsewhere, would have run by.
      for (const next of line.idle()) if (reasonOf(next) === "budget") waits.waits(next, "budget");
    }
  }

  /** Ends a turn, or lets it not begin. What it said stays. */
  function stopLined(lined: Lined): void {
    lined.isStopped = true;
    if (lined.run === undefined) {
      // Before there is a process nothing is worth waiting for, such as a file that is still being fetched.
      lined.cutShort.abort();
      // Nor a place, room or the day's budget: what is stopped would be run by the next life.
      return lanes.wake();
    }
    lined.run.interrupt();
    void showStop(lined);
  }

  async function showStop({ cutShort }: Lined): Promise<void> {
    await deps.wait(STOP_SHOWN_MS, cutShort.signal);
    cutShort.abort();
  }

  /** Whether someone waits for an answer of the running turn; one that is answered only ends its processes. */
  const isRunning = (sessionId: string): boolean => line.running(sessionId)?.isAnswered === false;

  const countWaiting = (sessionId: string): number => waiting.list(sessionId).length;

  /** Takes a message into a session: into the turn that runs if it can take it, else in line; in the journal first. */
  async function submit(updateId: number, sessionId: string, order: KeptOrder): Promise<void> {
    const isFirst = line.waiting(sessionId).length === 0;
    let noted: Promise<void> | undefined;
    const lined = newLined(updateId, sessionId, order, {
      work: (turn) => {
        const queued = noted ?? Promise.resolve();
        queued.then(
          () => deps.checkpoint("queued"),
          () => {},
        );
        return runTurn(deps, { ...turn, queued });
      },
    });
    const steered = isFirst ? steering.steer(line.running(sessionId), lined) : undefined;
    if (steered !== undefined) return steered;
    noted = journal.note(updateId, { state: "queued", sessionId, order });
    enlist(lined);
    await noted;
  }

  return {
    ...createHeld({ journal, submit }),
    ...createCutOff({ journal, submit }),
    submit,
    terminal,

    /** Ends the turn of a session that runs, or would run next; what it said stays. */
    stop(sessionId: string): { wasRunning: boolean; waiting: number } {
      const running = line.running(sessionId);
      const lined =
        running && !running.isAnswered && !running.isStopped
          ? running
          : line.notBegun(sessionId).find(({ isStopped }) => !isStopped);
      if (lined) stopLined(lined);
      return { wasRunning: lined !== undefined, waiting: countWaiting(sessionId) };
    },

    /** Whether the turn of this update can be stopped from this chat. */
    canStop(updateId: number, place: Place): boolean {
      const lined = line.findRunning(updateId);
      const isHere = lined?.order.place.chatId === place.chatId;
      return lined !== undefined && isHere && !lined.isAnswered && !lined.isStopped;
    },

    /** Ends the turn of this update, if it runs. */
    stopTurn(updateId: number): void {
      const lined = line.findRunning(updateId);
      if (lined && !lined.isAnswered && !lined.isStopped) stopLined(lined);
    },

    /** Puts back in line what an earlier life had queued or started. */
    takeUp(entry: Entry): void {
      const { id, sessionId, order } = entry;
      if (!sessionId || !order) return;
      const lined = newLined(id, sessionId, order, {
        work: (turn) => (hasBegun(entry) ? takeUpTurn(deps, turn, entry) : runTurn(deps, turn)),
        entry,
      });
      // What was perhaps written into it: what its process says will tell.
      for (const steeredEntry of journal.unfinished()) {
        const { id: steeredId, state, order: words, steered } = steeredEntry;
        if (state !== "steered" || steered?.turn !== id || words === undefined) continue;
        const unread = newLined(steeredId, sessionId, words, {
          work: (turn) => runTurn(deps, turn),
          entry: steeredEntry,
        });
        unread.into = { turn: lined, messageUuid: steered.messageUuid, isWritten: true };
        lined.unread.set(steered.messageUuid, unread);
        waits.waits(unread, "unread");
      }
      enlist(lined);
    },

    /** Ends what a turn of an earlier life left running; the session's next turn waits for it. */
    endLeftovers({ id, sessionId, process, marker }: Entry): void {
      const session = sessionId === undefined ? undefined : deps.sessions.get(sessionId);
      if (session === undefined) return;
      lanes.enqueue(session.id, {
        isFree: true,
        async run() {
          await deps.claude.sweep(marker ?? markerOf(session, id), process);
          await terminal.gate.gone(session.id);
        },
      });
    },

    /** Runs `work` alone in the session's lane, with no process on its conversation; undefined if a turn of it runs or waits. */
    exclusive<T>(sessionId: string, work: () => Promise<T>): Promise<T> | undefined {
      if (isRunning(sessionId) || countWaiting(sessionId) > 0) return undefined;
      return new Promise((resolve, reject) => {
        const run = async (): Promise<void> => {
          standbys.hold(sessionId);
          try {
            await standbys.drop(sessionId);
            resolve(await work());
          } catch (error) {
            reject(error);
          } finally {
            standbys.release(sessionId);
          }
        };
        lanes.enqueue(sessionId, { isFree: true, run });
      });
    },

    /** What waits for room or the day's budget begins, if it may by now; else it is told why it waits. */
    roomChanged(): void {
      lanes.wake();
      for (const lined of line.idle()) waits.waits(lined, reasonOf(lined));
    },

    isRunning,
    waiting: countWaiting,
    /** What waits, and what the person may do about it. */
    line: waiting,
    /** Starts nothing any more. What runs goes on without us; the next start takes it up. */
    close: (): void => lanes.close(),

    /** Whether a turn of any session runs that works in this folder, above or below it. */
    worksIn: (folder: string): boolean =>
      line.sessions().some((id) => {
        const cwd = isRunning(id) ? deps.sessions.get(id)?.cwd : undefined;
        return cwd !== undefined && (isWithin(cwd, folder) || isWithin(folder, cwd));
      }),

    runningCount: (): number => line.sessions().filter(isRunning).length,
  };
}

/** Whether an earlier life was about to start a process for it. */
function hasBegun(entry: Entry | undefined): boolean {
  return (entry?.starts ?? 0) > 0;
}
