import { appendFile, mkdir, readFile, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createBudget } from "../../bot/turns/usage/budget.ts";
import { createLedger, type Spent, startOfDay } from "../../bot/turns/usage/ledger.ts";
import { watchDays } from "../../bot/turns/usage/new-day.ts";
import { summarize } from "../../bot/turns/usage/summary.ts";
import { createOne, tempFolder } from "../store/room.ts";
import { type HouseOptions, makeHouse, orderOf, PLACE, resultOf, until } from "./kit.ts";

const NOON = new Date(2026, 0, 15, 12);

const turn = (updateId: number, more: Partial<Spent> = {}): Spent => ({
  v: 1,
  at: NOON.toISOString(),
  updateId,
  sessionId: "s1",
  folder: "home-0a1b2c3d",
  chatId: 7,
  persona: "default",
  costUsd: 1,
  inputTokens: 100,
  outputTokens: 10,
  ...more,
});

async function ledgerAt(now = NOON, compactBytes?: number) {
  const path = join(await tempFolder(), "usage.jsonl");
  const open = () => {
    const ledger = createLedger({
      path,
      now: () => now,
      ...(compactBytes === undefined ? {} : { compactBytes }),
    });
    onTestFinished(() => ledger.close());
    return ledger;
  };
  return { path, open };
}

const daysAgo = (days: number): string => new Date(2026, 0, 15 - days, 0, 30).toISOString();

describe("the ledger", () => {
  it("knows in the next life what was added in this one, and counts a turn once however often it is told", async () => {
    const { open } = await ledgerAt();
    const first = open();
    await first.add(turn(1));
    await first.add(turn(1, { costUsd: 2 }));
    await first.add(turn(1, { sessionId: "s2" }));
    expect(first.since(0).map(({ costUsd }) => costUsd)).toEqual([2, 1]);
    const second = open();
    await second.add(turn(2));
    await second.load();
    expect(second.since(0).map(({ updateId, costUsd }) => [updateId, costUsd])).toEqual([
      [1, 2],
      [1, 1],
      [2, 1],
    ]);
  });

  it("is there when its file is, though once it could not be opened", async () => {
    const { path, open } = await ledgerAt();
    await mkdir(path);
    const ledger = open();
    await expect(ledger.load()).rejects.toThrow("EISDIR");
    await rmdir(path);
    await ledger.add(turn(1));
    expect(await readFile(path, "utf8")).toContain('"updateId":1');
  });

  it("passes over a line that cannot be read, and makes no file before it must", async () => {
    const { path, open } = await ledgerAt();
    const ledger = open();
    expect(ledger.since(0)).toEqual([]);
    await expect(stat(path)).rejects.toThrow("ENOENT");
    await ledger.add(turn(1));
    await appendFile(path, 'not json\n{"v":9}\n{"torn');
    const next = open();
    await next.add(turn(2));
    expect(next.since(0)).toHaveLength(2);
    expect(await readFile(path, "utf8")).toMatch(/not json\n\{"v":9\}\n\{"v":1.*\n$/);
  });

  it("lets go of what is older than a year when it has grown, and of nothing else", async () => {
    const { path, open } = await ledgerAt(NOON, 100);
    const ledger = open();
    await ledger.add(turn(1, { at: "2024-01-01T00:00:00.000Z" }));
    await ledger.add(turn(2, { at: "2025-06-01T00:00:00.000Z" }));
    await ledger.add(turn(3));
    const next = open();
    await next.load();
    expect((await readFile(path, "utf8")).match(/"updateId":\d/g)).toEqual(['"updateId":2', '"updateId":3']);
    expect(next.since(0).map(({ updateId }) => updateId)).toEqual([3]);
  });
});

describe("a ledger that is open for months", () => {
  it("keeps in memory no more than what is looked back to", async () => {
    const clock = { now: NOON };
    const ledger = createLedger({ path: join(await tempFolder(), "usage.jsonl"), now: () => clock.now });
    onTestFinished(() => ledger.close());
    await ledger.add(turn(1));
    clock.now = new Date(2026, 3, 15);
    await ledger.add(turn(2, { at: clock.now.toISOString() }));
    expect(ledger.since(0).map(({ updateId }) => updateId)).toEqual([2]);
  });
});

describe("a summary", () => {
  it("sums up by day of the machine, session and persona, the dearest first", () => {
    const turns = [
      turn(1),
      turn(2, { at: daysAgo(0), sessionId: "s2", folder: "b-1", persona: "planner", costUsd: 5 }),
      turn(3, { at: daysAgo(1) }),
      turn(4, { at: daysAgo(6) }),
      turn(5, { at: daysAgo(7), costUsd: 0.5 }),
      turn(6, { at: daysAgo(30) }),
    ];
    const summary = summarize(turns, NOON);
    expect(
      [summary.today, summary.week, summary.month].map(({ turns, costUsd }) => [turns, costUsd]),
    ).toEqual([
      [2, 6],
      [4, 8],
      [5, 8.5],
    ]);
    expect(summary.bySession.map(({ id, turns }) => [id, turns])).toEqual([
      ["s2", 1],
      ["s1", 4],
    ]);
    expect(summary.byPersona.map(({ persona, costUsd }) => [persona, costUsd])).toEqual([
      ["planner", 5],
      ["default", 3.5],
    ]);
  });
});

describe("the day's budget", () => {
  async function budgetOf(limitUsd: number | undefined) {
    const { path, open } = await ledgerAt();
    const clock = { now: NOON };
    const life = async () => {
      const ledger = open();
      const made = createBudget({ ledger, path: `${path}.json`, limitUsd, now: () => clock.now });
      await made.load();
      return { ledger, budget: made };
    };
    return { clock, life };
  }

  it("is told of once at 80 % and once when it is used up, and is open again on the next day", async () => {
    const { clock, life } = await budgetOf(5);
    const { ledger, budget } = await life();
    expect(budget.crossedBy(3, turn(1))).toBeUndefined();
    await ledger.add(turn(1, { costUsd: 3 }));
    expect(budget.crossedBy(1.2, turn(2))).toEqual({ spentUsd: 4.2, limitUsd: 5, isUsedUp: false });
    await ledger.add(turn(2, { costUsd: 1.2 }));
    expect(budget.crossedBy(0.1, turn(3))).toBeUndefined();
    expect(budget.crossedBy(1, turn(3))).toMatchObject({ isUsedUp: true });
    expect(budget.isOpen()).toBe(true);
    await ledger.add(turn(3, { costUsd: 1 }));
    expect(budget.isOpen()).toBe(false);
    expect((await life()).budget.isOpen()).toBe(false);
    clock.now = new Date(startOfDay(NOON, -1));
    expect(budget.isOpen()).toBe(true);
  });

  it("is crossed by the very cent that reaches it, and by none after that", async () => {
    const { life } = await budgetOf(5);
    const { ledger, budget } = await life();
    expect(budget.crossedBy(4, turn(1))).toMatchObject({ isUsedUp: false });
    await ledger.add(turn(1, { costUsd: 4 }));
    expect(budget.crossedBy(0.5, turn(2))).toBeUndefined();
    expect(budget.crossedBy(1, turn(2))).toMatchObject({ isUsedUp: true });
    await ledger.add(turn(2, { costUsd: 1 }));
    expect(budget.isOpen()).toBe(false);
    expect(budget.crossedBy(1, turn(3))).toBeUndefined();
  });

  it("counts a turn once that an earlier life had counted before it could tell of it", async () => {
    const { life } = await budgetOf(5);
    await (await life()).ledger.add(turn(1, { costUsd: 3 }));
    const { budget } = await life();
    expect(budget.crossedBy(3, turn(1))).toBeUndefined();
    expect(budget.crossedBy(3, turn(1, { sessionId: "s2" }))).toMatchObject({ spentUsd: 6 });
  });

  it("lets all of one day run where the person said so, in the next life, too", async () => {
    const { clock, life } = await budgetOf(1);
    const { ledger, budget } = await life();
    await ledger.add(turn(1, { costUsd: 2 }));
    await budget.allowToday();
    expect(budget.isOpen()).toBe(true);
    const next = await life();
    expect(next.budget.isOpen()).toBe(true);
    clock.now = new Date(2026, 0, 16, 12);
    await next.ledger.add(turn(2, { costUsd: 2, at: clock.now.toISOString() }));
    expect(next.budget.isOpen()).toBe(false);
  });

  it("is none unless it is set", async () => {
    const { budget } = await (await budgetOf(undefined)).life();
    expect([budget.isOpen(), budget.state(), budget.crossedBy(1_000, turn(1))]).toEqual([
      true,
      undefined,
      undefined,
    ]);
  });
});

describe("a message that comes when the day's budget is used up", () => {
  /** A house whose budget is used up by its first turn. */
  async function poorHouse(options: HouseOptions = {}) {
    const house = await makeHouse({ budgetUsd: 0.4, ...options });
    const life = await house.live();
    await life.turns.submit(1, house.session.id, orderOf("first", 1));
    (await life.run(0)).answer("one");
    const view = await life.end(1);
    await until(() => life.turns.runningCount() === 0 && life.journal.get(1)?.state === "done");
    return { house, life, view };
  }

  it("waits and asks; a Run lets this one run, and no other", async () => {
    const { house, life, view } = await poorHouse();
    expect(view.notes).toEqual([{ kind: "budget", spentUsd: 0.5, limitUsd: 0.4, isUsedUp: true }]);
    await life.turns.submit(2, house.session.id, orderOf("second", 2));
    await life.turns.submit(3, house.session.id, orderOf("third", 3));
    // The first may still be on its way out: until then they stand behind it.
    await until(() => life.waits.slice(-2).every(([, reason]) => reason === "budget"));
    expect(life.waits.slice(-2)).toEqual([
      [2, "budget"],
      [3, "budget"],
    ]);
    expect(life.starts).toHaveLength(1);
    expect(await life.turns.line.runAnyway(3, { chatId: 8 })).toBe(false);
    expect(await life.turns.line.runAnyway(3, PLACE)).toBe(true);
    (await life.run(1)).answer("three");
    expect((await life.end(3)).text).toBe("three");
    await until(() => life.waits.at(-1)?.[1] === "budget");
    expect(life.starts).toHaveLength(2);
    await life.turns.line.drop(2, PLACE);
    expect(life.journal.get(2)?.state).toBe("done");
  });

  it("runs when the day ends, though nothing else happens", async () => {
    let ms = Date.parse("2026-01-01T00:00:00.000Z");
    const now = (): Date => new Date(ms);
    const { house, life } = await poorHouse({ now });
    await life.turns.submit(2, house.session.id, orderOf("second", 2));
    await until(() => life.waits.at(-1)?.[1] === "budget");
    const isOver = new AbortController();
    const today = startOfDay(now());
    let startsToday = 0;
    const wait = async (waitedMs: number): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (startOfDay(now()) === today) startsToday = life.starts.length;
      ms += waitedMs;
    };
    const watching = watchDays({ now, wait, onNewDay: life.turns.lookAgain }, isOver.signal);
    (await life.run(1)).answer("two");
    isOver.abort();
    await watching;
    expect((await life.end(2)).text).toBe("two");
    expect(startsToday).toBe(1);
  });

  it("is over at once where it is stopped: no later life runs it", async () => {
    const { house, life } = await poorHouse();
    await life.turns.submit(2, house.session.id, orderOf("second", 2));
    expect(life.turns.stop(house.session.id)).toEqual({ wasRunning: true, waiting: 0 });
    expect((await life.end(2)).outcome).toEqual({ kind: "stopped" });
    await until(() => life.journal.get(2)?.state === "done");
    expect(life.starts).toHaveLength(1);
  });

  it("runs in its order in the next life where several were allowed", async () => {
    const { house, life } = await poorHouse();
    for (const id of [2, 3, 4]) await life.turns.submit(id, house.session.id, orderOf(`m${id}`, id));
    life.turns.close();
    for (const id of [3, 4]) await life.turns.line.runAnyway(id, PLACE);
    const next = await house.live();
    for (const entry of next.journal.unfinished()) next.turns.takeUp(entry);
    for (const index of [0, 1]) (await next.run(index)).answer("ok");
    await next.end(4);
    expect(next.starts.map(({ message }) => message.content)).toEqual(["m3", "m4"]);
    await next.turns.line.drop(2, PLACE);
  });

  it("that was allowed stands behind one that had begun in an earlier life", async () => {
    const { house, life } = await poorHouse();
    for (const id of [2, 3]) await life.turns.submit(id, house.session.id, orderOf(`m${id}`, id));
    await life.turns.line.runAnyway(2, PLACE);
    await life.run(1);
    await life.turns.line.runAnyway(3, PLACE);
    life.turns.close();
    const next = await house.live();
    let free = (): void => {};
    const gate = new Promise<void>((resolve) => (free = resolve));
    const alone = next.turns.exclusive(house.session.id, () => gate);
    for (const entry of next.journal.unfinished()) next.turns.takeUp(entry);
    free();
    await alone;
    for (const index of [0, 1]) (await next.run(index)).answer("ok");
    await next.end(3);
    expect(next.starts.map(({ message }) => message.content)).toEqual(["m2", "m3"]);
  });

  it("waits over a restart, what was allowed runs, and Run all today lets the rest", async () => {
    const { house, life } = await poorHouse();
    await life.turns.submit(2, house.session.id, orderOf("second", 2));
    await life.turns.submit(3, house.session.id, orderOf("third", 3));
    life.turns.close();
    await life.turns.line.runAnyway(3, PLACE);

    const next = await house.live();
    for (const entry of next.journal.unfinished()) next.turns.takeUp(entry);
    expect(next.waits).toContainEqual([2, "budget"]);
    (await next.run(0)).answer("three");
    expect((await next.end(3)).text).toBe("three");
    expect(next.starts).toHaveLength(1);
    await next.budget.allowToday();
    next.turns.lookAgain();
    (await next.run(1)).answer("two");
    expect((await next.end(2)).text).toBe("two");
  });

  it("is not sent now in the place of one that runs at the person's word, but asks for its own", async () => {
    const { house, life } = await poorHouse();
    await life.turns.submit(2, house.session.id, orderOf("second", 2));
    await until(() => life.waits.at(-1)?.[1] === "budget");
    await life.turns.line.runAnyway(2, PLACE);
    const run = await life.run(1);
    await life.turns.submit(3, house.session.id, orderOf("/compact", 3));
    expect(life.waits.at(-1)).toEqual([3, "budget"]);
    expect(await life.turns.line.sendNow(3, PLACE)).toBe(true);
    expect([run.interrupts, life.starts.length]).toEqual([0, 2]);
    expect(await life.turns.line.runAnyway(3, PLACE)).toBe(true);
    expect(life.waits.at(-1)).toEqual([3, "behind"]);
    expect(await life.turns.line.sendNow(3, PLACE)).toBe(true);
    expect(run.interrupts).toBe(1);
    run.exit({ kind: "stopped" });
    (await life.run(2)).answer("three");
    expect((await life.end(3)).text).toBe("three");
  });

  describe("and waits for the person's word", () => {
    /** The one of update 2 runs at their word, in a process that takes messages; that of 3 still asks. */
    async function oneRuns() {
      const { house, life } = await poorHouse();
      await life.turns.submit(2, house.session.id, orderOf("second", 2));
      await life.turns.submit(3, house.session.id, orderOf("third", 3));
      await until(() => life.waits.slice(-2).every(([, reason]) => reason === "budget"));
      life.onStart((run) => run.open({ withdrawable: true }));
      await life.turns.line.runAnyway(2, PLACE);
      return { life, run: await life.run(1) };
    }

    it("does not go into the turn of another that they let run", async () => {
      const { life, run } = await oneRuns();
      expect(run.sent).toEqual([]);
      expect(life.journal.get(3)?.state).toBe("queued");
      run.answer("two");
      expect((await life.end(2)).text).toBe("two");
      await until(() => life.waits.at(-1)?.[1] === "budget" && life.turns.runningCount() === 0);
      expect(life.starts).toHaveLength(2);
      await life.turns.line.drop(3, PLACE);
    });

    it("nor when it is edited, or by a Send now of before", async () => {
      const { life, run } = await oneRuns();
      const { line } = life.turns;
      expect(await line.edit(PLACE, 3, (order) => ({ ...order, text: "changed" }))).toBe("changed");
      expect(await line.sendNow(3, PLACE)).toBe(true);
      expect([run.sent, run.interrupts]).toEqual([[], 0]);
      expect(life.waits.at(-1)).toEqual([3, "budget"]);
      await line.drop(3, PLACE);
      run.answer("two");
      await life.end(2);
    });
  });

  it("in the middle of a running turn goes into it, and behind it asks when that has ended", async () => {
    const house = await makeHouse({ budgetUsd: 0.4 });
    const life = await house.live();
    await life.turns.submit(1, house.session.id, orderOf("first", 1));
    const run = await life.run(0);
    await life.turns.submit(2, house.session.id, orderOf("/compact", 2));
    expect(life.waits.at(-1)).toEqual([2, "behind"]);
    run.say(resultOf({ text: "one" }));
    run.exit();
    await until(() => life.waits.at(-1)?.[1] === "budget");
    expect(life.starts).toHaveLength(1);
    await life.turns.line.drop(2, PLACE);
  });

  it.each<[string, HouseOptions]>([
    ["", {}],
    [", though what that changed is still looked for when its process is gone", { snapshots: "auto" }],
  ])("asks, too, where it waited for a place while another session used the budget up%s", async (_, more) => {
    const house = await makeHouse({ budgetUsd: 0.4, maxTurns: 1, ...more });
    const life = await house.live();
    const other = await createOne(life.sessions);
    await life.turns.submit(1, house.session.id, orderOf("first", 1));
    await life.run(0);
    await life.turns.submit(2, other.id, orderOf("second", 2));
    expect(life.waits.at(-1)).toEqual([2, "full"]);
    const tool = { type: "tool_started", id: "t", name: "Bash", input: {}, main: true } as const;
    (await life.run(0)).say(tool);
    (await life.run(0)).answer("one");
    await until(() => life.waits.at(-1)?.[1] === "budget");
    expect(life.starts).toHaveLength(1);
    expect(life.turns.line.list(other.id)).toMatchObject([{ updateId: 2, reason: "budget" }]);
  });
});
