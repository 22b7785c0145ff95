/** Sessions that nobody uses, and who hears that a session has changed. */
import { rm } from "node:fs/promises";
import { pino } from "pino";
import { expect, it } from "vitest";
import { watchSessions } from "../../bot/store/watch-sessions.ts";
import { pauseUnused } from "../../bot/turns/idle.ts";
import { createOne, startManager, tempPaths } from "../store/room.ts";

const HOUR = 3_600_000;

async function house() {
  const paths = await tempPaths();
  const { sessions } = await startManager(paths);
  const current = async (threadId: number) => {
    const place = { chatId: 7, threadId };
    const made = await sessions.makeCurrent(place, (await createOne(sessions, { place })).id);
    if (!made.ok) throw new Error(made.kind);
    return made.session;
  };
  return { paths, sessions, current };
}

it("a session that was unused for so long is paused, holds nothing, and stands in the list where it stood", async () => {
  const { paths, sessions, current } = await house();
  const [idle, busy, queued] = [await current(1), await current(2), await current(3)];
  const dropped: string[] = [];
  const look = (now: number) =>
    pauseUnused({
      sessions,
      turns: { isRunning: (id) => id === busy.id, waiting: (id) => (id === queued.id ? 1 : 0) },
      standbys: { drop: async (id) => void dropped.push(id) },
      logger: pino({ level: "silent" }),
      now: () => new Date(now),
      idleAfterMs: 2 * HOUR,
    });
  const last = Date.parse(queued.updatedAt);
  expect(await look(last + HOUR)).toBe(0);
  expect(await look(last + 3 * HOUR)).toBe(1);
  expect(dropped).toEqual([idle.id]);
  expect(sessions.get(idle.id)).toMatchObject({ state: "paused", updatedAt: idle.updatedAt });
  expect([busy, queued].map(({ id }) => sessions.get(id)?.state)).toEqual(["active", "active"]);
  // It is still where the next message goes to, and on the disk.
  expect(sessions.current({ chatId: 7, threadId: 1 })?.id).toBe(idle.id);
  expect((await startManager(paths)).sessions.get(idle.id)?.state).toBe("paused");
  expect(await look(last + 4 * HOUR)).toBe(0);
});

it("a session whose folder was taken away keeps no other from being paused", async () => {
  const { paths, sessions, current } = await house();
  const [gone, idle] = [await current(1), await current(2)];
  await rm(paths.session(gone.folder).root, { recursive: true });
  const paused = await pauseUnused({
    sessions,
    turns: { isRunning: () => false, waiting: () => 0 },
    standbys: { drop: async () => {} },
    logger: pino({ level: "silent" }),
    now: () => new Date(Date.parse(idle.updatedAt) + 3 * HOUR),
    idleAfterMs: 2 * HOUR,
  });
  expect(paused).toBe(1);
  expect(sessions.get(idle.id)?.state).toBe("paused");
});

it("whoever listens hears of each change that was made, and of none that was refused", async () => {
  const { sessions: plain, current } = await house();
  const { sessions, watch } = watchSessions(plain);
  const heard: string[] = [];
  watch((id) => heard.push(id));
  const one = await current(1);
  await sessions.update(one.id, { model: "sonnet" });
  await sessions.update(one.id, { model: "--flag" });
  await sessions.transition(one.id, "created");
  await sessions.makeCurrent({ chatId: 7, threadId: 2 }, one.id);
  await sessions.makeCurrent({ chatId: 8 }, one.id);
  expect(heard).toEqual([one.id, one.id]);
});
