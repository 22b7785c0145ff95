import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createRoom } from "../../bot/turns/room.ts";
import { makeHouse, orderOf, until } from "./kit.ts";

/** A house over a disk of which `free` is free; the floor is 100. */
async function bench(options: { budgetUsd?: number } = {}) {
  const disk: { free: number | undefined } = { free: 1_000 };
  const logger = pino({ level: "silent" });
  const room = createRoom({ freeBytes: async () => disk.free, floorBytes: 100, logger });
  const house = await makeHouse({ ...options, hasRoom: room.hasRoom });
  const life = await house.live();
  const set = async (free: number | undefined): Promise<void> => {
    disk.free = free;
    if (await room.look()) life.turns.lookAgain();
  };
  const submit = (id: number, text: string): Promise<void> =>
    life.turns.submit(id, house.session.id, orderOf(text, id + 100));
  return { ...life, house, room, set, submit };
}

describe("a disk with too little room", () => {
  it("lets no turn begin; what is written waits, says why, and runs in order when there is room", async () => {
    const { set, submit, waits, starts, run, end, journal, turns } = await bench();
    await set(99);
    await submit(5, "one");
    await submit(6, "two");
    expect(waits).toEqual([
      [5, "room"],
      [6, "room"],
    ]);
    expect([5, 6].map((id) => journal.get(id)?.state)).toEqual(["queued", "queued"]);
    expect(starts).toEqual([]);
    expect(await turns.line.drop(6, { chatId: 7 })).toBe(true);
    await submit(7, "three");
    await set(100);
    (await run(0)).answer("ok");
    await end(5);
    (await run(1)).answer("ok");
    await end(7);
    expect(starts.map(({ message }) => message.content)).toEqual(["one", "three"]);
  });

  it("lets a turn end that runs, and holds back the next", async () => {
    const { set, submit, waits, starts, run, end } = await bench();
    await submit(5, "one");
    const running = await run(0);
    await submit(6, "/compact");
    await set(10);
    running.answer("ok");
    await end(5);
    await set(undefined);
    // What cannot be asked is no reason to stand still.
    (await run(1)).answer("ok");
    await end(6);
    expect(starts).toHaveLength(2);
    expect(waits).toContainEqual([6, "behind"]);
  });

  it("is not waited for by what is stopped: no later life runs it", async () => {
    const { set, submit, turns, end, journal, house, starts } = await bench();
    await set(0);
    await submit(5, "one");
    turns.stop(house.session.id);
    expect((await end(5)).outcome).toEqual({ kind: "stopped" });
    await until(() => journal.get(5)?.state === "done");
    expect(starts).toEqual([]);
  });

  it("leaves the next reason to be told when it is over: the budget asks then", async () => {
    const { set, submit, run, end, turns, waits, starts, house } = await bench({ budgetUsd: 0.1 });
    await submit(5, "one");
    (await run(0)).answer("ok");
    await end(5);
    await until(() => !turns.isRunning(house.session.id));
    await turns.exclusive(house.session.id, async () => {});
    await set(0);
    await submit(6, "two");
    await set(1_000);
    expect(waits.filter(([id]) => id === 6)).toEqual([
      [6, "room"],
      [6, "budget"],
    ]);
    expect(starts).toHaveLength(1);
    await turns.line.drop(6, { chatId: 7 });
  });

  it("is no hindrance to work on a session as a whole", async () => {
    const { set, turns, house } = await bench();
    await set(0);
    expect(await turns.exclusive(house.session.id, async () => "packed")).toBe("packed");
  });
});
