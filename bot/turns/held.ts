/**
 * Messages that are kept until their place has a session. It does not know how a
 * message runs.
 */
import { placeKey } from "../store/chats.ts";
import type { KeptOrder } from "./order.ts";
import type { Journal } from "./journal.ts";
import { createShelf, editorOf } from "./shelf.ts";
import type { Place } from "./view.ts";

/** Makes the keeping; `submit` takes a message into a session. */
export function createHeld(deps: {
  readonly journal: Journal;
  submit(updateId: number, sessionId: string, order: KeptOrder): Promise<void>;
}) {
  const shelf = createShelf<{ readonly id: number; readonly order: KeptOrder }>({
    journal: deps.journal,
    itemOf: ({ id, state, order }) => (state === "held" && order ? { id, order } : undefined),
    factOf: ({ order }) => ({ state: "held", order }),
    keyOf: ({ order }) => placeKey(order.place),
  });

  return {
    /** How many messages are kept at a place. */
    count: (place: Place): number => shelf.count(placeKey(place)),

    /** Keeps a message until its place has a session; gives how many wait there now. */
    keep: async (id: number, order: KeptOrder): Promise<number> => {
      const noted = shelf.keep({ id, order });
      // Counted before the wait: of two that come at once, one is the first.
      const waiting = shelf.count(placeKey(order.place));
      await noted;
      return waiting;
    },

    /** Runs what was held at a place, in order; gives how many there were. */
    release: (place: Place, sessionId: string): Promise<number> =>
      shelf.release(shelf.at(placeKey(place)), ({ id, order }) => deps.submit(id, sessionId, order)),

    /** Drops what was held at a place; gives how many there were. */
    drop: (place: Place): Promise<number> => shelf.drop(shelf.at(placeKey(place))),

    edit: editorOf(shelf),
  };
}
