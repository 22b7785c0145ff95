/**
 * Where a message goes that is for no session, or for one that is gone: to the
 * session that is current at its place, else it is held and the person is asked,
 * once. It does not know how a message runs, nor the words.
 */
import type { SessionManager } from "../store/session-manager.ts";
import type { KeptOrder } from "./order.ts";
import type { Place } from "./view.ts";

export interface HomingDeps {
  readonly sessions: Pick<SessionManager, "get" | "current">;
  readonly submit: (updateId: number, sessionId: string, order: KeptOrder) => Promise<void>;
  /** Keeps a message until its place has a session; gives how many wait there now. */
  readonly hold: (updateId: number, order: KeptOrder) => Promise<number>;
  /** Asks where messages shall run that wait at a place without a session. */
  readonly tellHeld: (place: Place, waiting: number) => void;
}

/** Makes the one verb: takes a message home, to the session `wish` as long as there is that. It is in the journal when this resolves. */
export function createHoming({ sessions, submit, hold, tellHeld }: HomingDeps) {
  return async (updateId: number, order: KeptOrder, wish?: string): Promise<void> => {
    const { place, grant } = order;
    // What was allowed for one call of a session is for no other: where that is gone, its turn says so.
    if (grant !== undefined && wish !== undefined) return submit(updateId, wish, order);
    const session = (wish === undefined ? undefined : sessions.get(wish)) ?? sessions.current(place);
    if (session !== undefined) return submit(updateId, session.id, order);
    const waiting = await hold(updateId, order);
    // Asked once; the others wait beside the first.
    if (waiting === 1) tellHeld(place, waiting);
  };
}
