/**
 * What is too old to be done unasked: kept until the person says what becomes of
 * it. It promises that what is decided is written down before anything happens,
 * and that it happens once. It does not know what is told.
 */
import { placeKey } from "../store/chats.ts";
import type { Entry } from "./facts.ts";
import type { KeptOrder } from "./order.ts";
import type { Journal } from "./journal.ts";
import { createShelf } from "./shelf.ts";
import type { Turns } from "./turns.ts";
import type { Place } from "./view.ts";

export interface KeptDeps {
  readonly journal: Journal;
  readonly turns: Pick<Turns, "takeHome">;
  /** Handles an update as if it had just come. */
  readonly handle: (entry: Entry) => void;
}

export type Kept = ReturnType<typeof createKept>;

/** An entry that is kept. */
type KeptEntry = Entry & { readonly kept: NonNullable<Entry["kept"]> };

/** Makes the keeping. */
export function createKept(deps: KeptDeps) {
  const { journal, turns } = deps;
  const shelf = createShelf<KeptEntry>({
    journal,
    itemOf: ({ kept, ...entry }) => (entry.state === "kept" && kept ? { ...entry, kept } : undefined),
    factOf: ({ kept, update, order }) => ({ state: "kept", ...kept, ...(order ? { order } : { update }) }),
    keyOf: ({ kept }) => placeKey(kept.place),
  });

  /** One that was a message already goes where it was to go; of every other nothing was done yet. */
  async function run(entry: Entry): Promise<void> {
    const { id, order, sessionId } = entry;
    if (order === undefined) {
      await journal.note(id, { state: "wanted" });
      const wanted = journal.get(id);
      return wanted && deps.handle(wanted);
    }
    await turns.takeHome(id, order, sessionId);
  }

  return {
    /** Everywhere that something is kept. */
    places: (): Place[] => [
      ...new Map(shelf.all().map(({ kept: { place } }) => [placeKey(place), place])).values(),
    ],

    /** What is kept at a place, in the order it was taken. */
    at: (place: Place): Entry[] => shelf.at(placeKey(place)),

    /** What the message `notice` of a chat asks about. Where a topic went, that stands elsewhere than what it is about. */
    under: (chatId: number, notice: number): Entry[] =>
      shelf.all().filter(({ kept }) => kept.notice === notice && kept.place.chatId === chatId),

    /** Keeps an entry; it is in the journal when this resolves. */
    keep: (id: number, place: Place): Promise<void> => journal.note(id, { state: "kept", place }),

    /** Remembers which message asks about entries. */
    async asked(entries: readonly Entry[], notice: number): Promise<void> {
      const ids = new Set(entries.map(({ id }) => id));
      const still = shelf.all().filter(({ id }) => ids.has(id));
      await Promise.all(
        still.map(({ id, kept: { place } }) => journal.note(id, { state: "kept", place, notice })),
      );
    },

    /** Does what was kept after all, in order. */
    run: (entries: readonly Entry[]): Promise<number> => shelf.release(entries, run),

    /** Drops what was kept: it is never done. */
    drop: (entries: readonly Entry[]): Promise<number> => shelf.drop(entries),

    /** Changes what is kept, as `change` says; false where nothing of the kind is kept. */
    async edit(
      isIt: (entry: Entry) => boolean,
      change: { order: (order: KeptOrder) => KeptOrder; update: (update: unknown) => unknown },
    ): Promise<boolean> {
      const edited = shelf.edit(isIt, ({ order, update, ...entry }) =>
        order === undefined
          ? { ...entry, update: change.update(update) }
          : { ...entry, update, order: change.order(order) },
      );
      await edited;
      return edited !== undefined;
    },
  };
}
