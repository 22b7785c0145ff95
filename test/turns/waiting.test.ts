import { describe, expect, it } from "vitest";
import { makeHouse, orderOf, PLACE, until } from "./kit.ts";

const ELSEWHERE = { chatId: 8 };

/** A turn of update 5 runs; `/compact` of update 6 and a plain message of update 7 wait behind it. */
async function queue(options: { withdrawable?: boolean } = {}) {
  const house = await makeHouse();
  const life = await house.live();
  const submit = (id: number, text: string): Promise<void> =>
    life.turns.submit(id, house.session.id, orderOf(text, id + 100));
  await submit(5, "first");
  const run = await life.run(0);
  await submit(6, "/compact");
  await submit(7, "third");
  const { line } = life.turns;
  const edit = (id: number, text: string, place = PLACE) =>
    line.edit(place, id + 100, (order) => ({ ...order, text }));
  const texts = (): string[] => line.list(house.session.id).map(({ text }) => text);
  if (options.withdrawable !== undefined) run.open(options);
  return { house, life, run, line, edit, texts, submit };
}

describe("what waits", () => {
  it("is listed in order, and only known in its own chat", async () => {
    const { texts, line } = await queue();
    expect(texts()).toEqual(["/compact", "third"]);
    expect([line.has(6, PLACE), line.has(6, ELSEWHERE), line.has(5, PLACE)]).toEqual([true, false, false]);
  });

  it("can be dropped: it never runs, and the next one does", async () => {
    const { life, run, line } = await queue();
    expect(await line.drop(6, ELSEWHERE)).toBe(false);
    expect(await line.drop(6, PLACE)).toBe(true);
    expect(await line.drop(6, PLACE)).toBe(false);
    expect([life.journal.get(6)?.state, life.waits.at(-1)]).toEqual(["done", [6, "dropped"]]);
    run.answer("one");
    await life.run(1);
    expect(life.starts[1]?.message.content).toBe("third");
  });

  it("is not told to be too late where an edit changes nothing: Telegram tells of such edits, too", async () => {
    const { edit, life } = await queue();
    expect(await edit(5, "first")).toBe("unknown");
    expect(await edit(7, "third")).toBe("unknown");
    expect(life.waits.filter(([id]) => id === 7)).toHaveLength(1);
    expect(await edit(5, "other words")).toBe("too_late");
  });

  it("can be sent now: the turn that runs is stopped, and it comes before all others", async () => {
    const { life, run, line, texts } = await queue();
    expect(await line.sendNow(7, PLACE)).toBe(true);
    expect([run.interrupts, texts()]).toEqual([1, ["third", "/compact"]]);
    run.exit({ kind: "stopped" });
    await life.run(1);
    expect(life.starts[1]?.message.content).toBe("third");
  });

  it("can be sent now into the turn that runs, where that takes it", async () => {
    const { life, run, line } = await queue({ withdrawable: true });
    expect(await line.sendNow(7, PLACE)).toBe(true);
    expect([run.interrupts, run.sent.map(({ content }) => content)]).toEqual([0, ["third"]]);
    expect([line.isSent(7, PLACE), line.isSent(6, PLACE), line.isSent(7, ELSEWHERE)]).toEqual([
      true,
      false,
      false,
    ]);
    // Once more: it does not wait to be read.
    expect(await line.sendNow(7, PLACE)).toBe(true);
    expect([run.interrupts, life.journal.get(7)?.state]).toEqual([1, "queued"]);
  });

  it("can be changed, and runs with the new words, after a crash too", async () => {
    const { house, life, run, edit } = await queue();
    expect(await edit(7, "changed")).toBe("changed");
    expect((await house.live()).journal.get(7)?.order?.text).toBe("changed");
    await life.turns.line.drop(6, PLACE);
    run.answer("one");
    await life.run(1);
    expect(life.starts[1]?.message.content).toBe("changed");
  });

  it("is changed in its turn, if that has not read it: the old words are taken back", async () => {
    const { run, line, edit } = await queue({ withdrawable: true });
    await line.drop(6, PLACE);
    await line.sendNow(7, PLACE);
    expect(await edit(7, "changed")).toBe("changed");
    expect(run.sent.map(({ content }) => content)).toEqual(["third", "changed"]);
    expect(run.sent[0]?.uuid).not.toBe(run.sent[1]?.uuid);
  });

  describe("in a turn that was stopped, whose process has no word about it any more,", () => {
    async function stopped() {
      const bench = await queue({ withdrawable: false });
      await bench.line.drop(6, PLACE);
      await bench.line.sendNow(7, PLACE);
      bench.life.turns.stop(bench.house.session.id);
      return bench;
    }
    const end = ({ run }: Awaited<ReturnType<typeof stopped>>): void => run.exit({ kind: "stopped" });

    it("can be dropped: it does not run after the stop", async () => {
      const bench = await stopped();
      const dropped = bench.line.drop(7, PLACE);
      end(bench);
      expect(await dropped).toBe(true);
      await bench.submit(8, "fourth");
      await bench.life.run(1);
      expect(bench.life.starts[1]?.message.content).toBe("fourth");
      expect(bench.life.journal.get(7)?.state).toBe("done");
    });

    it("can be changed, and runs with the new words", async () => {
      const bench = await stopped();
      const edited = bench.edit(7, "changed");
      end(bench);
      expect(await edited).toBe("changed");
      await bench.life.run(1);
      expect(bench.life.starts[1]?.message.content).toBe("changed");
    });

    it("is too late to be changed where it turns out to be read", async () => {
      const bench = await stopped();
      const edited = bench.edit(7, "changed");
      bench.run.say({ type: "taken", messageUuid: bench.run.sent[0]?.uuid ?? "" });
      end(bench);
      expect(await edited).toBe("too_late");
    });
  });

  it("is not changed, dropped or hurried once it is read", async () => {
    const { life, line, edit } = await queue({ withdrawable: false });
    await line.sendNow(7, PLACE);
    expect(await edit(7, "changed")).toBe("too_late");
    expect([await line.drop(7, PLACE), await line.sendNow(7, PLACE)]).toEqual([false, false]);
    expect(life.journal.get(7)).toMatchObject({ state: "steered", order: { text: "third" } });
  });
});

describe("an edit", () => {
  it("of a message that runs is told to be too late, once", async () => {
    const { edit } = await queue();
    expect([await edit(5, "x"), await edit(5, "y")]).toEqual(["too_late", "unknown"]);
  });

  it("of a message that was answered lately is told to be too late, once", async () => {
    const { life, run, edit } = await queue();
    run.answer("one");
    await life.end(5);
    expect([await edit(5, "x"), await edit(5, "y")]).toEqual(["too_late", "unknown"]);
  });

  it("of a message that nobody knows, or of another chat, is passed over", async () => {
    const { edit } = await queue();
    expect([await edit(99, "x"), await edit(7, "x", ELSEWHERE)]).toEqual(["unknown", "unknown"]);
  });

  it("of a message that is long past is passed over", async () => {
    const { life, run, line, edit, submit } = await queue();
    await line.drop(6, PLACE);
    await line.drop(7, PLACE);
    run.answer("one");
    await life.end(5);
    for (const id of [8, 9, 10, 11, 12]) {
      await submit(id, `m${id}`);
      (await life.run(id - 7)).answer("so");
      await life.end(id);
    }
    await until(() => life.turns.runningCount() === 0);
    expect(await edit(5, "x")).toBe("unknown");
  });

  it("of a message that is held for want of a session changes it there", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.hold(5, orderOf("first", 105));
    const outcome = await life.turns.line.edit(PLACE, 105, (order) => ({ ...order, text: "changed" }));
    expect(outcome).toBe("changed_held");
    await life.turns.release(PLACE, house.session.id);
    await life.run(0);
    expect(life.starts[0]?.message.content).toBe("changed");
  });
});

describe("what is held", () => {
  it("can be dropped", async () => {
    const life = await (await makeHouse()).live();
    await life.turns.hold(5, orderOf("first", 105));
    expect([await life.turns.dropHeld(PLACE), await life.turns.dropHeld(PLACE)]).toEqual([1, 0]);
    expect(life.journal.get(5)?.state).toBe("done");
  });
});
