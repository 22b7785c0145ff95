import { readFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { PARTIAL_LINE } from "../../bot/claude/wire.ts";
import type { Fact } from "../../bot/turns/facts.ts";
import { recover } from "../../bot/turns/recovery.ts";
import type { Place } from "../../bot/turns/view.ts";
import { makeHouse, orderOf, PLACE } from "./kit.ts";

const ANSWERED: Extract<Fact, { state: "answered" }> = {
  state: "answered",
  outcome: "answered",
  place: PLACE,
  parts: [],
};

/** A life that follows one in which these facts were noted. */
async function after(noted: (house: Awaited<ReturnType<typeof makeHouse>>) => readonly [number, Fact][]) {
  const house = await makeHouse();
  const before = await house.live();
  await before.sessions.makeCurrent(PLACE, house.session.id);
  for (const [id, fact] of noted(house)) await before.journal.note(id, fact);
  return { house, before };
}

/** Recovers; what is too old is named by `kept`. Person 8 and group -9 are not listed any more. */
async function recoverIn(house: Awaited<ReturnType<typeof makeHouse>>, kept: readonly number[] = []) {
  const life = await house.live();
  const calls: string[] = [];
  const spared: number[] = [];
  const delivered: Promise<void>[] = [];
  const told: [Place, string[], string[]][] = [];
  await recover({
    endStrays: async ({ updates }) => void spared.push(...updates),
    isAllowed: ({ chatId, createdBy }) => chatId !== -9 && createdBy !== 8,
    journal: life.journal,
    sessions: life.sessions,
    turns: { ...life.turns, takeUp: ({ id }) => void calls.push(`take up ${id}`) },
    deliver({ id }) {
      calls.push(`deliver ${id}`);
      const noted = life.journal.note(id, { state: "done", why: "answered" });
      delivered.push(noted);
      return noted;
    },
    handle: ({ id }) => calls.push(`handle ${id}`),
    admit: ({ id }) => !kept.includes(id),
    tellRecovered: (place, sessions) =>
      told.push([place, sessions.map(({ id }) => id), sessions.map(({ state }) => state)]),
    tellWaiting: (place, waiting) =>
      calls.push(`ask ${place.chatId}/${place.threadId ?? "-"} for ${waiting}`),
  });
  await Promise.all(delivered);
  return { life, calls, told, spared };
}

describe("a start", () => {
  it("takes up each state in its way, in the order it was taken", async () => {
    const { house } = await after(({ session }) => {
      const queued: Fact = { state: "queued", sessionId: session.id, order: orderOf("x") };
      return [
        [9, { state: "received", update: {} }],
        [1, { state: "acting", target: "t" }],
        [8, queued],
        [2, queued],
        [2, { state: "starting" }],
        [7, queued],
        [7, { state: "running", process: { pid: 1, startTime: "1", bootId: "gone" } }],
        [3, ANSWERED],
        [6, ANSWERED],
        [6, { state: "sending", part: 0, isRepeat: false }],
        [4, queued],
        [4, { state: "interrupted" }],
        [10, { ...queued, state: "steered", turn: 4, messageUuid: "u", isRead: true }],
        [5, { state: "done", why: "answered" }],
      ];
    });
    const { calls } = await recoverIn(house);
    expect(calls).toEqual([
      "handle 9",
      "handle 1",
      "take up 8",
      "take up 2",
      "take up 7",
      "deliver 3",
      "deliver 6",
    ]);
  });

  it("does nothing and says nothing where nothing is left", async () => {
    const { house } = await after(() => [[5, { state: "done", why: "answered" }]]);
    const { calls, told } = await recoverIn(house);
    expect([calls, told]).toEqual([[], []]);
  });

  it("tells each chat once of its sessions that had a turn under way, and these are paused", async () => {
    const { house } = await after(({ session }) => {
      const facts = (id: number, place: Place): [number, Fact][] => [
        [id, { state: "queued", sessionId: session.id, order: { ...orderOf("x"), place } }],
        [id, { state: "starting" }],
      ];
      return [...facts(1, PLACE), ...facts(2, PLACE), ...facts(3, { chatId: -8, threadId: 4 })];
    });
    const { told, life } = await recoverIn(house);
    expect(told).toEqual([
      [PLACE, [house.session.id], ["paused"]],
      [{ chatId: -8, threadId: 4 }, [house.session.id], ["paused"]],
    ]);
    expect(life.sessions.get(house.session.id)?.state).toBe("paused");
    expect(life.sessions.current(PLACE)?.id).toBe(house.session.id);
  });

  it("takes up nothing of who is not listed any more, ends what runs of it, and keeps it should they be again", async () => {
    const { house } = await after(({ session }) => {
      const by = (createdBy: number, chatId = 7): Fact => ({
        state: "queued",
        sessionId: session.id,
        order: { ...orderOf("x"), createdBy, place: { chatId } },
      });
      return [
        [1, by(8, 8)],
        [1, { state: "starting" }],
        [2, by(8, -8)],
        [3, by(7, -9)],
        [4, { ...ANSWERED, place: { chatId: -9 } }],
        [5, { state: "held", order: { ...orderOf("x"), createdBy: 8, place: { chatId: 8 } } }],
        [6, by(7)],
        [7, { state: "received", update: {} }],
      ];
    });
    const { calls, told, spared, life } = await recoverIn(house);
    expect(calls).toEqual(["take up 6", "handle 7"]);
    expect([told, spared]).toEqual([[], [6, 7]]);
    expect(life.journal.unfinished()).toHaveLength(7);
  });

  it("leaves a session alone in which a turn only waited", async () => {
    const { house } = await after(({ session }) => [
      [1, { state: "queued", sessionId: session.id, order: orderOf("x") }],
    ]);
    const { told, life } = await recoverIn(house);
    expect(told).toEqual([]);
    expect(life.sessions.get(house.session.id)?.state).toBe("active");
  });

  it("passes over a session that is gone", async () => {
    const { house } = await after(() => [
      [1, { state: "queued", sessionId: "gone", order: orderOf("x") }],
      [1, { state: "starting" }],
    ]);
    const { told, calls } = await recoverIn(house);
    expect([told, calls]).toEqual([[], ["take up 1"]]);
  });

  it("asks again, once a place, where messages wait for a session; topics are places of their own", async () => {
    const { house } = await after(() =>
      [{ chatId: 70 }, { chatId: 70 }, { chatId: 70, threadId: 2 }, { chatId: 71 }].map((place, id) => [
        id,
        { state: "held", order: { ...orderOf("x"), place } },
      ]),
    );
    const { calls } = await recoverIn(house);
    expect(calls).toEqual(["ask 70/- for 2", "ask 70/2 for 1", "ask 71/- for 1"]);
  });

  it("closes what belongs to a turn that was written down, and handles what belongs to none", async () => {
    const received: Fact = { state: "received", update: {} };
    const { house } = await after(({ session }) => [
      [1, { state: "queued", sessionId: session.id, order: { ...orderOf("album"), joined: [2, 3] } }],
      [2, received],
      [3, received],
      [4, received],
    ]);
    const { calls, life } = await recoverIn(house);
    expect(calls).toEqual(["take up 1", "handle 4"]);
    expect([2, 3].map((id) => life.journal.get(id)?.state)).toEqual(["done", "done"]);
  });

  it("takes up nothing that is too old, of what had not begun", async () => {
    const { house } = await after(({ session }) => {
      const queued: Fact = { state: "queued", sessionId: session.id, order: orderOf("x") };
      return [
        [1, queued],
        [2, queued],
        [3, queued],
        [3, { state: "starting" }],
        [4, { ...queued, state: "steered", turn: 99, messageUuid: "u" }],
        [5, { state: "kept", place: PLACE }],
      ];
    });
    const { calls } = await recoverIn(house, [1, 3, 4]);
    expect(calls).toEqual(["take up 2", "take up 3"]);
  });

  it("runs what waited where a session had just been made current", async () => {
    const { house } = await after(() => [
      [1, { state: "held", order: orderOf("m1") }],
      [2, { state: "held", order: orderOf("m2") }],
    ]);
    const { life, calls } = await recoverIn(house);
    expect(calls).toEqual([]);
    (await life.run(0)).answer("ok");
    (await life.run(1)).answer("ok");
    await life.end(2);
    expect(life.starts.map(({ message }) => message.content)).toEqual(["m1", "m2"]);
  });

  it("thins what a turn had said once its answer is delivered, but not where it was broken off", async () => {
    const { house } = await after(({ session }) =>
      [1, 2].flatMap((id): [number, Fact][] => [
        [id, { state: "queued", sessionId: session.id, order: orderOf("x") }],
        [id, { state: "starting" }],
        [id, { ...ANSWERED, outcome: id === 1 ? "answered" : "stopped" }],
      ]),
    );
    const said = `${PARTIAL_LINE}"event":{}}\n{"type":"result"}\n`;
    for (const id of [1, 2]) await house.leaveOutput(house.session, id, said);
    const { life } = await recoverIn(house);
    const outOf = (id: number) => readFile(house.paths.turn(house.session.folder, id).out, "utf8");
    await vi.waitFor(async () => expect(await outOf(1)).toBe('{"type":"result"}\n'));
    await life.turns.exclusive(house.session.id, async () => {});
    expect(await outOf(2)).toBe(said);
  });
});
