/**
 * Messages that are kept because their session's conversation goes on at a
 * terminal. They live in the journal alone, until the person says what becomes
 * of them. It does not know terminals.
 */
import type { KeptOrder } from "../facts.ts";
import type { Journal } from "../journal.ts";

/** Makes the keeping; `submit` takes a message into a session. */
export function createStalled(deps: {
  readonly journal: Journal;
  submit(updateId: number, sessionId: string, order: KeptOrder): Promise<void>;
}) {
  const { journal } = deps;
  const list = (sessionId: string) =>
    journal
      .unfinished()
      .flatMap(({ id, state, sessionId: of, order }) =>
        state === "stalled" && of === sessionId && order ? [{ id, order }] : [],
      );

  return {
    count: (sessionId: string): number => list(sessionId).length,

    /** Keeps a message; the fact is there at once, the promise is for the disk. */
    keep: (updateId: number, sessionId: string, order: KeptOrder): Promise<void> =>
      journal.note(updateId, { state: "stalled", sessionId, order }),

    /** Runs what was kept of a session, in order, in the session `to`; gives how many there were. */
    async release(sessionId: string, to: string = sessionId): Promise<number> {
      const stalled = list(sessionId);
      // All at once: a message that comes meanwhile stands behind them, and a second call finds none.
      await Promise.all(stalled.map(({ id, order }) => deps.submit(id, to, order)));
      return stalled.length;
    },

    /** Drops what was kept of a session; gives how many there were. */
    async drop(sessionId: string): Promise<number> {
      const stalled = list(sessionId);
      await Promise.all(stalled.map(({ id }) => journal.note(id, { state: "done", why: "dropped" })));
      return stalled.length;
    },
  };
}
