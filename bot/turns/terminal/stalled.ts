/**
 * Messages that are kept because their session's conversation goes on at a
 * terminal, until the person says what becomes of them. It does not know
 * terminals.
 */
import type { KeptOrder } from "../order.ts";
import type { Journal } from "../journal.ts";
import { createShelf, editorOf } from "../shelf.ts";

interface Stalled {
  readonly id: number;
  readonly sessionId: string;
  readonly order: KeptOrder;
}

/** Makes the keeping; `submit` takes a message into a session. */
export function createStalled(deps: {
  readonly journal: Journal;
  submit(updateId: number, sessionId: string, order: KeptOrder): Promise<void>;
}) {
  const shelf = createShelf<Stalled>({
    journal: deps.journal,
    itemOf: ({ id, state, sessionId, order }) =>
      state === "stalled" && sessionId !== undefined && order ? { id, sessionId, order } : undefined,
    factOf: ({ sessionId, order }) => ({ state: "stalled", sessionId, order }),
    keyOf: ({ sessionId }) => sessionId,
  });

  return {
    count: shelf.count,

    /** Keeps a message; the fact is there at once, the promise is for the disk. */
    keep: (id: number, sessionId: string, order: KeptOrder): Promise<void> =>
      shelf.keep({ id, sessionId, order }),

    /** Runs what was kept of a session, in order, in the session `to`; gives how many there were. */
    release: (sessionId: string, to: string = sessionId): Promise<number> =>
      shelf.release(shelf.at(sessionId), ({ id, order }) => deps.submit(id, to, order)),

    /** Drops what was kept of a session; gives how many there were. */
    drop: (sessionId: string): Promise<number> => shelf.drop(shelf.at(sessionId)),

    edit: editorOf(shelf),
  };
}
