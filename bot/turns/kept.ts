/**
 * What is too old to be done unasked: kept in the journal alone until the person
 * says what becomes of it. It promises that what is decided is written down before
 * anything happens, and that it happens once. It does not know what is told.
 */
import type { SessionManager } from "../store/session-manager.ts";
import type { Entry, KeptOrder } from "./facts.ts";
import { isSamePlace } from "./held.ts";
import type { Journal } from "./journal.ts";
import type { Turns } from "./turns.ts";
import type { Place } from "./view.ts";

export interface KeptDeps {
  readonly journal: Journal;
  readonly sessions: Pick<SessionManager, "get" | "current">;
  readonly turns: Pick<Turns, "submit" | "hold">;
  /** Handles an update as if it had just come. */
  readonly handle: (entry: Entry) => void;
  /** Asks where messages shall run that wait at a place without a session. */
  readonly tellWaiting: (place: Place, waiting: number) => void;
}

export type Kept = ReturnType<typeof createKept>;

/** Makes the keeping. */
export function createKept(deps: KeptDeps) {
  const { journal, sessions, turns } = deps;

  const all = (): Entry[] => journal.unfinished().filter(({ state }) => state === "kept");

  /** One that was a message already goes where it was to go; of every other nothing was done yet. */
  async function run(entry: Entry): Promise<void> {
    const { id, order, sessionId } = entry;
    if (order === undefined) {
      await journal.note(id, { state: "wanted" });
      const wanted = journal.get(id);
      return wanted && deps.handle(wanted);
    }
    const session = (sessionId && sessions.get(sessionId)) || sessions.current(order.place);
    if (session) return turns.submit(id, session.id, order);
    const waiting = await turns.hold(id, order);
    // The session that it was for is gone. Asked once; the others wait beside the first.
    if (waiting === 1) deps.tellWaiting(order.place, waiting);
  }

  return {
    /** Everywhere that something is kept. */
    places: (): Place[] => [
      ...new Map(
        all().flatMap(({ kept }) => (kept ? [[JSON.stringify(kept.place), kept.place]] : [])),
      ).values(),
    ],

    /** What is kept at a place, in the order it was taken. */
    at: (place: Place): Entry[] => all().filter(({ kept }) => kept && isSamePlace(kept.place, place)),

    /** Keeps an entry; it is in the journal when this resolves. */
    keep: (id: number, place: Place): Promise<void> => journal.note(id, { state: "kept", place }),

    /** Remembers which message asks about entries. */
    async asked(entries: readonly Entry[], notice: number): Promise<void> {
      const still = entries.flatMap(({ id }) => journal.get(id) ?? []);
      await Promise.all(
        still.flatMap(({ id, state, kept }) =>
          state === "kept" && kept ? [journal.note(id, { state: "kept", place: kept.place, notice })] : [],
        ),
      );
    },

    /** Does what was kept after all, in order. */
    async run(entries: readonly Entry[]): Promise<void> {
      // All at once, so that a second press finds none of them; what is noted first comes first.
      await Promise.all(entries.map(run));
    },

    /** Drops what was kept: it is never done. */
    async drop(entries: readonly Entry[]): Promise<void> {
      await Promise.all(entries.map(({ id }) => journal.note(id, { state: "done", why: "dropped" })));
    },

    /** Changes what is kept, as `change` says; false where nothing of the kind is kept. */
    async edit(
      isIt: (entry: Entry) => boolean,
      change: { order: (order: KeptOrder) => KeptOrder; update: (update: unknown) => unknown },
    ): Promise<boolean> {
      const entry = all().find(isIt);
      if (!entry?.kept) return false;
      const changed = entry.order
        ? { order: change.order(entry.order) }
        : { update: change.update(entry.update) };
      await journal.note(entry.id, { state: "kept", ...entry.kept, ...changed });
      return true;
    },
  };
}
