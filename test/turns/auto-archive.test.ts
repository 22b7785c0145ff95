import { readFile, writeFile } from "node:fs/promises";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { startWorker } from "../../bot/store/archive/process.ts";
import { createArchives } from "../../bot/store/archive/archive.ts";
import { housekeepingNotices } from "../../bot/telegram/housekeeping-notices.ts";
import { keepButton } from "../../bot/telegram/commands/keep.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import { createArchiving } from "../../bot/turns/archiving.ts";
import { createAutoArchive } from "../../bot/turns/auto-archive.ts";
import type { Journal } from "../../bot/turns/journal.ts";
import { createOne } from "../store/room.ts";
import { checkParts, pressButtons, textOf } from "../telegram/presenter-check.ts";
import { makeHouse, orderOf, PLACE } from "./kit.ts";

const DAY = 24 * 3_600_000;

const at = (days: number): Date => new Date(Date.UTC(2026, 0, 1) + days * DAY);

async function makeOld() {
  const time = { days: 0, reached: true, grewOn: undefined as number | undefined };
  const now = (): Date => at(time.days);
  return { time, now, house: await makeHouse({ now }) };
}

/** A life; time is the test's, in days since its one session was made. */
async function live(given?: Awaited<ReturnType<typeof makeOld>>) {
  const old = given ?? (await makeOld());
  const { time, now, house } = old;
  const life = await house.live();
  const { session, paths } = house;
  const said: { parts: readonly Part[]; text: string }[] = [];
  const logger = pino({ level: "silent" });
  const archives = createArchives({
    paths,
    now,
    startWorker,
  });
  const archiving = createArchiving({ ...life, archives, paths, configDir: undefined, logger });
  const hooks: { onArchived: (id: string) => Promise<void> } = { onArchived: async () => {} };
  const autoArchive = createAutoArchive({
    ...life,
    archiving: {
      async archive(one) {
        const outcome = await archiving.archive(one);
        await hooks.onArchived(one.id);
        return outcome;
      },
    },
    all: () => life.sessions.list(PLACE.chatId),
    recordChangedAt: async () => (time.grewOn === undefined ? undefined : at(time.grewOn)),
    path: paths.housekeeping,
    now,
    afterMs: 30 * DAY,
    logger,
    callbacks: housekeepingNotices({
      now,
      afterMs: 30 * DAY,
      outbox: {
        async notice(_, parts) {
          checkParts(parts);
          if (!time.reached) return undefined;
          said.push({ parts, text: textOf(parts) });
          return 1;
        },
      },
    }),
  });
  const check = async (days: number): Promise<string[]> => {
    time.days = days;
    said.length = 0;
    await autoArchive.check();
    return said.map(({ text }) => text);
  };
  const keep = keepButton({ sessions: life.sessions, autoArchive, archiveAfterMs: 30 * DAY, now });
  const press = async (text: string): Promise<string> => {
    const request = { updateId: 9, place: PLACE, userId: 7, text };
    const refusal = await keep.refuse?.(request);
    if (refusal !== undefined) return refusal;
    const parts = (await keep.press(request)) ?? [];
    checkParts(parts);
    return textOf(parts);
  };
  return { ...life, old, house, archives, archiving, session, time, check, press, said, hooks };
}

const ANNOUNCED = /^🗄 This session is archived tomorrow, unused for 30 days by then/;

describe("a session that nobody uses", () => {
  it("is announced a day before, and archived a day later, not sooner", async () => {
    const { check, sessions, session, archives, said } = await live();
    expect(await check(28)).toEqual([]);
    expect(await check(29)).toEqual([expect.stringMatching(ANNOUNCED)]);
    expect(pressButtons(said[0]?.parts ?? []).map(({ text }) => text)).toEqual([
      `Keep ${session.name}`,
      "📌 Always keep",
    ]);
    expect(await check(29.9)).toEqual([]);
    expect(await check(30)).toEqual([expect.stringMatching(/^📦 Archived 1 session, unused for 30 days/)]);
    expect(pressButtons(said[0]?.parts ?? [])).toMatchObject([{ data: `restore:${session.folder}` }]);
    expect(sessions.get(session.id)).toBeUndefined();
    expect(await archives.list()).toMatchObject([{ kind: "archive", archive: { folder: session.folder } }]);
  });

  it("is announced before all, however long it is unused when this is switched on", async () => {
    const { check } = await live();
    expect(await check(400)).toEqual([expect.stringMatching(ANNOUNCED)]);
    expect(await check(401)).toEqual([expect.stringMatching(/^📦/)]);
  });

  it("that was announced to a life that died is archived by the next, without being announced again", async () => {
    const first = await live();
    await first.check(29);
    const second = await live(first.old);
    expect(await second.check(29.5)).toEqual([]);
    expect(await second.check(30)).toEqual([expect.stringMatching(/^📦/)]);
  });

  it("is announced again where the file of it is broken, and none is archived unannounced", async () => {
    const first = await live();
    await first.check(29);
    const { housekeeping } = first.house.paths;
    await writeFile(housekeeping, "{");
    const second = await live(first.old);
    expect(await second.check(30)).toEqual([expect.stringMatching(ANNOUNCED)]);
    expect(JSON.parse(await readFile(housekeeping, "utf8"))).toMatchObject({
      told: { [first.session.id]: {} },
    });
  });

  it("stays where its chat could not be told", async () => {
    const { check, time, sessions, session } = await live();
    time.reached = false;
    await check(29);
    await check(31);
    expect(sessions.get(session.id)).toBeDefined();
  });

  it("stays while a turn of it runs or is still to be decided, or it is used in a terminal", async () => {
    const { check, time, journal, turns, session, run, end } = await live();
    await journal.note(5, { state: "queued", sessionId: session.id, order: orderOf("x") });
    await journal.note(5, { state: "interrupted" });
    expect(await check(40)).toEqual([]);
    await journal.note(5, { state: "done", why: "discarded" });
    time.grewOn = 35;
    expect(await check(41)).toEqual([]);
    time.grewOn = undefined;
    await turns.submit(6, session.id, orderOf("x"));
    const running = await run(0);
    expect(await check(42)).toEqual([]);
    running.answer("ok");
    await end(6);
  });
});

describe("of several sessions that are due", () => {
  it.each<[string, (life: Awaited<ReturnType<typeof live>>, id: string) => Promise<unknown>]>([
    ["is kept", ({ press }, id) => press(id.slice(0, 8))],
    ["is used", ({ sessions }, id) => sessions.update(id, { name: "In use" })],
    ["has a turn cut off", ({ journal }, id) => cutOff(journal, id)],
  ])("one that %s while another is packed stays", async (_, act) => {
    const life = await live();
    const { check, sessions, session, hooks } = life;
    const other = await createOne(sessions, { place: PLACE });
    await check(29);
    const ids = [session.id, other.id];
    let first: string | undefined;
    hooks.onArchived = async (id) => {
      first ??= id;
      for (const left of ids) if (left !== first) await act(life, left);
    };
    expect(await check(30)).toEqual([expect.stringMatching(/^📦 Archived 1 session/)]);
    expect(ids.filter((id) => sessions.get(id) !== undefined)).toEqual(ids.filter((id) => id !== first));
  });

  it("one that is archived by hand meanwhile is not said to have failed", async () => {
    const { check, sessions, session, hooks, archiving } = await live();
    await createOne(sessions, { place: PLACE });
    await check(29);
    hooks.onArchived = async () => {
      hooks.onArchived = async () => {};
      for (const one of sessions.list(PLACE.chatId)) await archiving.archive(one);
    };
    expect(await check(30)).toEqual([expect.stringMatching(/^📦 Archived 1 session/)]);
    expect(sessions.get(session.id)).toBeUndefined();
  });
});

const cutOff = async (journal: Journal, sessionId: string): Promise<void> => {
  await journal.note(5, { state: "queued", sessionId, order: orderOf("x") });
  await journal.note(5, { state: "interrupted" });
};

describe("Keep", () => {
  it("lets its time begin anew", async () => {
    const { check, press, sessions, session } = await live();
    await check(29);
    expect(await press(session.id.slice(0, 8))).toMatch(/stays\.\nNothing else here/);
    expect(await check(31)).toEqual([]);
    expect(sessions.get(session.id)).toBeDefined();
    expect(await check(58)).toEqual([expect.stringMatching(ANNOUNCED)]);
  });

  it("for good is for good", async () => {
    const { check, press, sessions, session } = await live();
    await check(29);
    expect(await press(`${session.id.slice(0, 8)}:always`)).toMatch(/never archived by itself/);
    expect(await check(400)).toEqual([]);
    expect(sessions.get(session.id)?.isPinned).toBe(true);
  });

  it("under a message whose session is gone says so", async () => {
    const { press } = await live();
    expect(await press("ffffffff")).toMatch(/another time/);
  });
});
