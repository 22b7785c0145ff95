/**
 * A shelf: messages that lie in the journal in one state until somebody says what
 * becomes of them. They are nowhere else, so a restart finds all of them. It does
 * not know why they lie there, nor how a message runs.
 */
import type { Entry, Fact } from "./facts.ts";
import type { KeptOrder } from "./order.ts";
import type { Journal } from "./journal.ts";

/** Changes the one message that `isIt` says; undefined where none lies there. Resolves when it is written down. */
export type EditOrder = (
  isIt: (order: KeptOrder) => boolean,
  change: (order: KeptOrder) => KeptOrder,
) => Promise<void> | undefined;

/** A shelf of these items. */
export type Shelf<Item extends { readonly id: number }> = ReturnType<typeof createShelf<Item>>;

/** What lies on one shelf. */
interface ShelfOptions<Item extends { readonly id: number }> {
  readonly journal: Journal;
  /** What an entry is here; undefined for one that lies elsewhere. */
  readonly itemOf: (entry: Entry) => Item | undefined;
  /** What is written down so that it lies here, as it is. */
  readonly factOf: (item: Item) => Fact;
  /** Under which name it is asked for, such as its place. */
  readonly keyOf: (item: Item) => string;
}

/** Makes a shelf; what an earlier life put there lies there. */
export function createShelf<Item extends { readonly id: number }>(options: ShelfOptions<Item>) {
  const { journal, itemOf, factOf, keyOf } = options;

  const all = (): Item[] => journal.unfinished().flatMap((entry) => itemOf(entry) ?? []);

  const at = (key: string): Item[] => all().filter((item) => keyOf(item) === key);

  /** Puts an item here, or in place of itself; it lies here at once, the promise is for the disk. */
  const keep = (item: Item): Promise<void> => journal.note(item.id, factOf(item));

  return {
    all,
    /** What lies here under `key`, in the order it was taken. */
    at,
    count: (key: string): number => at(key).length,
    keep,

    /** Lets `items` go on, in order, each by `go`, which notes first what it is then; gives how many there were. */
    async release<Given>(items: readonly Given[], go: (item: Given) => Promise<void>): Promise<number> {
      // All at once: what comes meanwhile stands behind them, and who asks again finds none.
      await Promise.all(items.map(go));
      return items.length;
    },

    /** Drops `items`: they never run. Gives how many there were. */
    async drop(items: readonly { readonly id: number }[]): Promise<number> {
      await Promise.all(items.map(({ id }) => journal.note(id, { state: "done", why: "dropped" })));
      return items.length;
    },

    /** Changes the one that `isIt` says; undefined where none lies here. */
    edit(isIt: (item: Item) => boolean, change: (item: Item) => Item): Promise<void> | undefined {
      const item = all().find(isIt);
      return item && keep(change(item));
    },
  };
}

/** The editing of a shelf on which only orders lie. */
export function editorOf<Item extends { readonly id: number; readonly order: KeptOrder }>({
  edit,
}: Pick<Shelf<Item>, "edit">): EditOrder {
  return (isIt, change) =>
    edit(
      ({ order }) => isIt(order),
      (item) => ({ ...item, order: change(item.order) }),
    );
}
