/**
 * All turns: taken into lanes, held until there is a session, stopped, continued
 * after a crash. It promises that what is accepted here is in the journal first,
 * and that nothing here waits for a turn. It does not know the chat.
 */
import type { ClaudeRun } from "../claude/claude.ts";
import type { Entry, KeptOrder } from "./facts.ts";
import { continuation } from "./prompt.ts";
import { createLanes } from "./queue.ts";
import { newProgress } from "./progress.ts";
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

/** Makes the turns. Nothing runs before something is submitted. */
export function createTurns(deps: TurnsDeps) {
  const { journal, nowMs } = deps;
  const lanes = createLanes({
    limit: deps.maxTurns,
    onBug: (error) => deps.logger.error({ err: error }, "a turn broke down"),
  });
  /** What runs now, by session; `isStopped` outlives the moment before there is a process. */
  const running = new Map<string, { isStopped: boolean; run?: ClaudeRun }>();

  function enqueue(
    updateId: number,
    sessionId: string,
    order: KeptOrder,
    work: (turn: Turn) => Promise<void>,
    entry?: Entry,
  ) {
    const timing = startTiming(nowMs);
    const onFirstWords = (): void => timing.mark("first_shown");
    const callbacks = deps.callbacksFor({ updateId, order, onFirstWords, ...(entry ? { entry } : {}) });
    const state: { isStopped: boolean; run?: ClaudeRun } = { isStopped: false };
    const onRun = (run: ClaudeRun): void => {
      state.run = run;
      if (state.isStopped) run.interrupt();
    };
    lanes.enqueue(sessionId, {
      async run() {
        running.set(sessionId, state);
        try {
          await work({ updateId, sessionId, order, callbacks, timing, onRun });
        } finally {
          running.delete(sessionId);
        }
      },
      waiting: (ahead) => callbacks.update({ ...newProgress().view, ahead }),
    });
  }

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
      await journal.note(updateId, { state: "held", order });
      return heldAt(order.place).length;
    },

    /** Runs what was held at a place, in order; gives how many there were. */
    async release(place: Place, sessionId: string): Promise<number> {
      const held = heldAt(place);
      for (const { id, order } of held) if (order) await submit(id, sessionId, order);
      return held.length;
    },

    /** Ends the running turn of a session; what it said stays. */
    stop(sessionId: string): { wasRunning: boolean; waiting: number } {
      const state = running.get(sessionId);
      if (state) {
        state.isStopped = true;
        state.run?.interrupt();
      }
      const size = lanes.size(sessionId);
      return { wasRunning: state !== undefined, waiting: Math.max(0, size - 1) };
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
      await submit(byUpdateId, decision.sessionId, { ...order, text: continuation(order.text) });
      await journal.note(cutOffId, { state: "done", why: "continued" });
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

    /** Runs `work` while the session's lane is empty and stays so; undefined if it is not. */
    exclusive: <T>(sessionId: string, work: () => Promise<T>): Promise<T> | undefined =>
      lanes.exclusive(sessionId, work),

    isRunning: (sessionId: string): boolean => running.has(sessionId),
    waiting: (sessionId: string): number =>
      Math.max(0, lanes.size(sessionId) - (running.has(sessionId) ? 1 : 0)),
    runningCount: (): number => running.size,

    /** Starts nothing any more. What runs goes on; a later life takes it up. */
    close: (): void => lanes.close(),
  };
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.chatId === other.chatId && one.threadId === other.threadId;
}
