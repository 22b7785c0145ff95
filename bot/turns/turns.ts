/**
 * All turns: taken into lanes, held until there is a session, stopped, continued
 * after a crash. It promises that what is accepted here is in the journal first,
 * and that nothing here waits for a turn. It does not know the chat.
 */
import type { ClaudeRun } from "../claude/claude.ts";
import type { Entry, KeptOrder } from "./facts.ts";
import { continuation } from "./prompt.ts";
import { ended, newProgress } from "./progress.ts";
import { createLanes } from "./queue.ts";
import { startTiming } from "./timing.ts";
import { markerOf } from "./prepare.ts";
import { runTurn, takeUpTurn, type Turn, type TurnDeps } from "./turn.ts";
import type { Place, TurnCallbacks } from "./view.ts";

export interface TurnsDeps extends TurnDeps {
  readonly maxTurns: number;
  /** Told of what cannot even be told to the chat: a journal that takes nothing any more. */
  readonly onBug: (error: unknown) => void;
  /** Makes the callbacks of the chat that a turn belongs to; `entry` is what an earlier life knew of its messages. */
  callbacksFor(turn: {
    updateId: number;
    order: KeptOrder;
    entry?: Entry;
    onFirstWords: () => void;
  }): TurnCallbacks;
}

/** Where an interrupted turn can be taken up from. */
export type Decision = { ok: true; order: KeptOrder; sessionId: string } | { ok: false };

export type Turns = ReturnType<typeof createTurns>;

/** A turn in a lane, from its place in line to its end. */
interface Lined {
  readonly updateId: number;
  readonly place: Place;
  hasStarted: boolean;
  isStopped: boolean;
  isAnswered: boolean;
  run?: ClaudeRun;
}

/** Makes the turns. Nothing runs before something is submitted. */
export function createTurns(deps: TurnsDeps) {
  const { journal, nowMs } = deps;
  const lanes = createLanes({
    limit: deps.maxTurns,
    onBug: deps.onBug,
  });
  /** The turns of each session that are not over, in order. */
  const lined = new Map<string, readonly Lined[]>();
  const linedIn = (sessionId: string): readonly Lined[] => lined.get(sessionId) ?? [];

  function enqueue(
    updateId: number,
    sessionId: string,
    order: KeptOrder,
    work: (turn: Turn) => Promise<void>,
    entry?: Entry,
  ): void {
    const timing = startTiming(nowMs);
    const onFirstWords = (): void => timing.mark("first_shown");
    const callbacks = deps.callbacksFor({ updateId, order, onFirstWords, ...(entry ? { entry } : {}) });
    const state: Lined = {
      updateId,
      place: order.place,
      hasStarted: false,
      isStopped: false,
      isAnswered: false,
    };
    const onRun = (run: ClaudeRun): void => {
      state.run = run;
      if (state.isStopped) run.interrupt();
    };
    const onAnswered = (): void => {
      state.isAnswered = true;
    };
    lined.set(sessionId, [...linedIn(sessionId), state]);
    lanes.enqueue(sessionId, {
      async run(onGone) {
        state.hasStarted = true;
        try {
          if (state.isStopped) await callbacks.finish(ended(newProgress(), { kind: "stopped" }));
          else await work({ updateId, sessionId, order, callbacks, timing, onRun, onAnswered, onGone });
        } catch (error) {
          // Nobody is left waiting for an answer; where not even this can be said, the next start sees to it.
          deps.logger.error({ err: error, updateId }, "a turn broke down");
          await callbacks.finish(ended(newProgress(), { kind: "broken" }));
        } finally {
          const left = linedIn(sessionId).filter((each) => each !== state);
          if (left.length > 0) lined.set(sessionId, left);
          else lined.delete(sessionId);
        }
      },
    });
  }

  /** Whether someone waits for an answer of the running turn; one that is answered only ends its processes. */
  const isRunning = (sessionId: string): boolean =>
    linedIn(sessionId).some(({ hasStarted, isAnswered }) => hasStarted && !isAnswered);

  const findRunning = (updateId: number): Lined | undefined =>
    [...lined.values()]
      .flat()
      .find((turn) => turn.updateId === updateId && turn.hasStarted && !turn.isAnswered && !turn.isStopped);

  const waiting = (sessionId: string): number =>
    linedIn(sessionId).filter(({ hasStarted, isStopped }) => !hasStarted && !isStopped).length;

  /** Takes a message into the lane of a session: in the journal, then in line. */
  async function submit(updateId: number, sessionId: string, order: KeptOrder): Promise<void> {
    const noted = journal.note(updateId, { state: "queued", sessionId, order });
    enqueue(updateId, sessionId, order, async (turn) => {
      await noted;
      deps.checkpoint("queued");
      await runTurn(deps, turn);
    });
    await noted;
  }

  const heldAt = (place: Place): Entry[] =>
    journal
      .unfinished()
      .filter(({ state, order }) => state === "held" && order && isSamePlace(order.place, place));

  return {
    submit,

    /** How many messages are kept at a place. */
    heldCount: (place: Place): number => heldAt(place).length,

    /** Keeps a message until its place has a session; gives how many wait there now. */
    async hold(updateId: number, order: KeptOrder): Promise<number> {
      const noted = journal.note(updateId, { state: "held", order });
      // Counted before the wait: of two that come at once, one is the first.
      const waiting = heldAt(order.place).length;
      await noted;
      return waiting;
    },

    /** Runs what was held at a place, in order; gives how many there were. */
    async release(place: Place, sessionId: string): Promise<number> {
      const held = heldAt(place);
      // All at once: a message that comes meanwhile stands behind them, and a second call finds none.
      await Promise.all(held.flatMap(({ id, order }) => (order ? [submit(id, sessionId, order)] : [])));
      return held.length;
    },

    /** Ends the turn of a session that runs, or would run next; what it said stays. */
    stop(sessionId: string): { wasRunning: boolean; waiting: number } {
      const turn = linedIn(sessionId).find(({ isAnswered, isStopped }) => !isAnswered && !isStopped);
      if (turn) {
        turn.isStopped = true;
        turn.run?.interrupt();
      }
      return { wasRunning: turn !== undefined, waiting: waiting(sessionId) };
    },

    /** Whether the turn of this update can be stopped from this chat. */
    canStop(updateId: number, place: Place): boolean {
      const turn = findRunning(updateId);
      return turn !== undefined && turn.place.chatId === place.chatId;
    },

    /** Ends the turn of this update, if it runs. */
    stopTurn(updateId: number): void {
      const turn = findRunning(updateId);
      if (turn === undefined) return;
      turn.isStopped = true;
      turn.run?.interrupt();
    },

    /** Looks up a turn that was cut off and waits for the person's word at this place. */
    interrupted(updateId: number, place: Place): Decision {
      const entry = journal.get(updateId);
      const { order, sessionId } = entry ?? {};
      if (entry?.state !== "interrupted" || !order || !sessionId || order.place.chatId !== place.chatId)
        return { ok: false };
      return { ok: true, order, sessionId };
    },

    /** Goes on with a turn that was cut off, as a turn of the update that asked for it. */
    async continueTurn(
      cutOffId: number,
      byUpdateId: number,
      decision: Decision & { ok: true },
    ): Promise<void> {
      const { messageId: _, ...order } = decision.order;
      const submitted = submit(byUpdateId, decision.sessionId, { ...order, text: continuation(order.text) });
      // Before the wait: a second press must find it decided.
      const closed = journal.note(cutOffId, { state: "done", why: "continued" });
      await Promise.all([submitted, closed]);
    },

    /** Leaves a turn that was cut off as it is. */
    async discard(cutOffId: number): Promise<void> {
      await journal.note(cutOffId, { state: "done", why: "discarded" });
    },

    /** Puts back in line what an earlier life had queued or started. */
    takeUp(entry: Entry): void {
      const { id, sessionId, order } = entry;
      if (!sessionId || !order) return;
      const hasStarted = entry.starts > 0;
      enqueue(
        id,
        sessionId,
        order,
        (turn) => (hasStarted ? takeUpTurn(deps, turn, entry.process) : runTurn(deps, turn)),
        entry,
      );
    },

    /** Ends what a turn of an earlier life left running; the session's next turn waits for it. */
    endLeftovers({ id, sessionId, process }: Entry): void {
      const session = sessionId === undefined ? undefined : deps.sessions.get(sessionId);
      if (session === undefined) return;
      lanes.enqueue(session.id, {
        isFree: true,
        run: async () => void (await deps.claude.sweep(markerOf(session, id), process)),
      });
    },

    /** Runs `work` alone in the session's lane; undefined if a turn of it runs or waits. */
    exclusive<T>(sessionId: string, work: () => Promise<T>): Promise<T> | undefined {
      if (isRunning(sessionId) || waiting(sessionId) > 0) return undefined;
      return new Promise((resolve, reject) => {
        lanes.enqueue(sessionId, { isFree: true, run: () => work().then(resolve, reject) });
      });
    },

    isRunning,
    waiting,
    /** Starts nothing any more. What runs goes on without us; the next start takes it up. */
    close: (): void => lanes.close(),

    runningCount: (): number => [...lined.keys()].filter(isRunning).length,
  };
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.chatId === other.chatId && one.threadId === other.threadId;
}
