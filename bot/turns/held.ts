/**
 * Messages that are kept until their place has a session. They live in the
 * journal alone. It does not know how a message runs.
 */
import type { Entry, KeptOrder } from "./facts.ts";
import type { Journal } from "./journal.ts";
import type { Place } from "./view.ts";

/** Makes the keeping; `submit` takes a message into a session. */
export function createHeld(deps: {
  readonly journal: Journal;
  submit(updateId: number, sessionId: string, order: KeptOrder): Promise<void>;
}) {
  const { journal } = deps;
  const heldAt = (place: Place): Entry[] =>
    journal
      .unfinished()
      .filter(({ state, order }) => state === "held" && order && isSamePlace(order.place, place));

  return {
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
      await Promise.all(held.flatMap(({ id, order }) => (order ? [deps.submit(id, sessionId, order)] : [])));
      return held.length;
    },

    /** Drops what was held at a place; gives how many there were. */
    async dropHeld(place: Place): Promise<number> {
      const held = heldAt(place);
      await Promise.all(held.map(({ id }) => journal.note(id, { state: "done", why: "dropped" })));
      return held.length;
    },
  };
}

/** Whether both are the same chat, and the same topic of it. */
export function isSamePlace(one: Place, other: Place): boolean {
  return one.chatId === other.chatId && one.threadId === other.threadId;
}
