/** The three shelves for messages that wait for a word: what is the same about all of them. */
import { describe, expect, it } from "vitest";
import type { Fact } from "../../bot/turns/facts.ts";
import { makeHouse, orderOf, PLACE } from "./kit.ts";

type House = Awaited<ReturnType<typeof makeHouse>>;
type Life = Awaited<ReturnType<House["live"]>>;

interface ShelfOf {
  readonly name: string;
  keep(life: Life, house: House, id: number): Promise<unknown>;
  edit(life: Life, messageId: number): Promise<unknown>;
  release(life: Life, house: House): Promise<unknown>;
  drop(life: Life, house: House): Promise<unknown>;
}

const changed = (order: ReturnType<typeof orderOf>) => ({ ...order, text: "changed" });
const editInLine = (life: Life, messageId: number) => life.turns.line.edit(PLACE, messageId, changed);

const SHELVES: readonly ShelfOf[] = [
  {
    name: "held for want of a session",
    keep: ({ turns }, _, id) => turns.hold(id, orderOf(`m${id}`, id + 100)),
    edit: editInLine,
    release: ({ turns }, { session }) => turns.release(PLACE, session.id),
    drop: ({ turns }) => turns.dropHeld(PLACE),
  },
  {
    name: "stalled by a terminal",
    keep: ({ journal }, { session }, id) =>
      journal.note(id, { state: "stalled", sessionId: session.id, order: orderOf(`m${id}`, id + 100) }),
    edit: editInLine,
    release: ({ turns }, { session }) => turns.terminal.release(session.id),
    drop: ({ turns }, { session }) => turns.terminal.drop(session.id),
  },
  {
    name: "kept since an outage",
    async keep({ journal, kept }, { session }, id) {
      const queued: Fact = { state: "queued", sessionId: session.id, order: orderOf(`m${id}`, id + 100) };
      await journal.note(id, queued);
      await kept.keep(id, PLACE);
    },
    edit: ({ kept }, messageId) =>
      kept.edit(({ order }) => order?.messageId === messageId, {
        order: changed,
        update: (update) => update,
      }),
    release: ({ kept }) => kept.run(kept.at(PLACE)),
    drop: ({ kept }) => kept.drop(kept.at(PLACE)),
  },
];

describe.each(SHELVES)("what is $name", (shelf) => {
  /** Messages 5 and 6 lie there, put there by an earlier life. */
  async function laid() {
    const house = await makeHouse();
    const before = await house.live();
    for (const id of [5, 6]) await shelf.keep(before, house, id);
    before.turns.close();
    return { house, life: await house.live() };
  }

  it("runs in order in the next life, changed where the person edited it, and once", async () => {
    const { house, life } = await laid();
    expect([false, "unknown"]).toContain(await shelf.edit(life, 199));
    expect([true, "changed_held"]).toContain(await shelf.edit(life, 105));
    expect((await house.live()).journal.get(5)?.order?.text).toBe("changed");
    const counts = await Promise.all([1, 2].map(() => shelf.release(life, house)));
    expect(counts).toEqual([2, 0]);
    for (const index of [0, 1]) (await life.run(index)).answer("ok");
    await life.end(6);
    expect(life.starts.map(({ message }) => message.content)).toEqual(["changed", "m6"]);
  });

  it("never runs when it is dropped", async () => {
    const { house, life } = await laid();
    expect(await shelf.drop(life, house)).toBe(2);
    expect([await shelf.drop(life, house), await shelf.release(life, house)]).toEqual([0, 0]);
    expect([5, 6].map((id) => life.journal.get(id)?.state)).toEqual(["done", "done"]);
    expect(life.starts).toEqual([]);
  });
});
