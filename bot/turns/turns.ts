/**
 * All turns: taken into lanes, held until there is a session, stopped, continued
 * after a crash. It promises that what is accepted here is in the journal first,
 * and that nothing here waits for a turn. It does not know the chat.
 */
import type { ClaudeRun } from "../claude/claude.ts";
import type { Entry, KeptOrder } from "./facts.ts";
import { continuation } from "./prompt.ts";
import { createLanes } from "./queue.ts";
import { startTiming } from "./timing.ts";
import { runTurn, takeUpTurn, type Turn, type TurnDeps } from "./turn.ts";
import type { Place, TurnCallbacks } from "./view.ts";

export interface TurnsDeps extends TurnDeps {
  readonly maxTurns: number;
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

/** What runs in a lane now. `isStopped` outlives the moment before there is a process. */
interface Running {
  isStopped: boolean;
  isAnswered: boolean;
  run?: ClaudeRun;
}

/** Makes the turns. Nothing runs before something is submitted. */
export function createTurns(deps: TurnsDeps) {
  const { journal, nowMs } = deps;
  const lanes = createLanes({
    limit: deps.maxTurns,
    onBug: (error) => deps.logger.error({ err: error }, "a turn broke down"),
  });
  const running = new Map<string, Running>();

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
    const state: Running = { isStopped: false, isAnswered: false };
    const onRun = (run: ClaudeRun): void => {
      state.run = run;
      if (state.isStopped) run.interrupt();
    };
    const onAnswered = (): void => {
      state.isAnswered = true;
    };
    lanes.enqueue(sessionId, {
      async run() {
        running.set(sessionId, state);
        try {
          await work({ updateId, sessionId, order, callbacks, timing, onRun, onAnswered });
        } finally {
          running.delete(sessionId);
        }
      },
    });
  }

  /** Whether someone waits for an answer of the running turn; one that is answered only ends its processes. */
  const isRunning = (sessionId: string): boolean => running.get(sessionId)?.isAnswered === false;

  const waiting = (sessionId: string): number =>
    Math.max(0, lanes.size(sessionId) - (running.has(sessionId) ? 1 : 0));

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

    /** Ends the running turn of a session; what it said stays. */
    stop(sessionId: string): { wasRunning: boolean; waiting: number } {
      const wasRunning = isRunning(sessionId);
      const state = running.get(sessionId);
      if (state && wasRunning) {
        state.isStopped = true;
        state.run?.interrupt();
      }
      return { wasRunning, waiting: waiting(sessionId) };
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

    /** Runs `work` alone in the session's lane; undefined if a turn of it runs or waits. */
    exclusive<T>(sessionId: string, work: () => Promise<T>): Promise<T> | undefined {
      if (isRunning(sessionId) || waiting(sessionId) > 0) return undefined;
      return new Promise((resolve, reject) => {
        lanes.enqueue(sessionId, { isFree: true, run: () => work().then(resolve, reject) });
      });
    },

    isRunning,
    waiting,
    runningCount: (): number => [...running.keys()].filter(isRunning).length,

    /** Starts nothing any more. What runs goes on; a later life takes it up. */
    close: (): void => lanes.close(),
  };
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.chatId === other.chatId && one.threadId === other.threadId;
}
