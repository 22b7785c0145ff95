import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { wait } from "../../bot/clock.ts";
import type { DiskFull } from "../../bot/store/disk.ts";
import type { SessionManager } from "../../bot/store/session-manager.ts";
import { commandTable } from "../../bot/telegram/commands.ts";
import { startWorker } from "../../bot/store/archive/process.ts";
import { createArchives } from "../../bot/store/archive/archive.ts";
import { createPersonas } from "../../bot/store/personas.ts";
import { createResuming } from "../../bot/turns/resuming.ts";
import { createForking } from "../../bot/turns/forking.ts";
import { createArchiving } from "../../bot/turns/archiving.ts";
import { makeHouse, orderOf, PLACE } from "../turns/kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

const FULL: DiskFull = { ok: false, kind: "disk_full", code: "ENOSPC" };

/** The table over a house whose disk is full for what `full` names. */
async function bench(full: Partial<SessionManager>) {
  const house = await makeHouse();
  const life = await house.live();
  const now = () => new Date("2026-01-01");
  const { paths } = house;
  const archives = createArchives({
    paths,
    now,
    startWorker,
  });
  const logger = pino({ level: "silent" });
  const turns = life.turns;
  const real = { ...life, archives, paths, configDir: undefined, now, logger };
  const sessions = { ...life.sessions, ...full };
  const table = commandTable({
    ...real,
    look: { footer: "off", isRich: false },
    sessions,
    archiving: createArchiving(real),
    forking: createForking({ ...real, sessions, canFork: async () => true }),
    cli: { bin: "claude" },
    resuming: createResuming({
      ...real,
      sessions,
      roots: [],
      mayWorkIn: () => true,
      defaultPersona: "default",
    }),
    personas: createPersonas({ folder: paths.folders.personas }),
    defaultPersona: "default",
    findFolder: async () => undefined,
    workspaceRoots: [],
    maxTurns: 4,
    latencies: { medians: () => undefined },
    standbyCount: () => 0,
    diskSpaces: async () => ({ sessions: undefined, archives: undefined }),
    version: "0",
    isEstimate: true,
    lastPollAgoMs: () => undefined,
    uptimeMs: () => 0,
    cliVersion: async () => undefined,
    wait,
    knowsEffort: async () => undefined,
    permissionMode: "default",
    openTopic: async () => ({ ok: false }),
    autoArchive: { check: async () => {}, announced: () => [], keep: async () => true },
    archiveAfterMs: 0,
    nowMs: () => 0,
    renameTopic: async () => false,
    bring: async () => {},
    sayIn: () => {},
    examine: async () => [],
  });
  const ask = async (updateId: number, text: string) => {
    const [, name = "", rest = ""] = /^\/(\w+) ?(.*)$/.exec(text) ?? [];
    const command = table.commands.find((each) => each.name === name);
    await life.journal.take([{ update_id: updateId }]);
    const parts = (await command?.run({ updateId, place: PLACE, userId: 7, text: rest })) ?? [];
    checkParts(parts);
    return textOf(parts);
  };
  return { ...life, house, turns, ask };
}

describe("on a full disk", () => {
  it("a session that was made and cannot be made current is said to be there, and what waits goes on waiting", async () => {
    const { ask, turns, journal } = await bench({ makeCurrent: async () => FULL });
    await journal.take([{ update_id: 3 }]);
    await turns.hold(3, orderOf("hello"));
    expect(await ask(5, "/new Garden")).toMatch(/Garden .* was made, but the disk is full/);
    expect(journal.get(3)?.state).toBe("held");
  });

  it("a session that cannot be set aside is said to be where it was", async () => {
    const { ask, sessions, house } = await bench({ leave: async () => FULL });
    await sessions.makeCurrent(PLACE, house.session.id);
    expect(await ask(5, `/session stop ${house.session.id.slice(0, 8)}`)).toMatch(
      /disk is full.*still current/,
    );
  });

  it("a session that came back and cannot be made current says so, and what waits goes on waiting", async () => {
    const { ask, sessions, turns, journal, house } = await bench({ makeCurrent: async () => FULL });
    await sessions.makeCurrent(PLACE, house.session.id);
    expect(await ask(5, `/archive ${house.session.id.slice(0, 8)}`)).toMatch(/is archived/);
    await journal.take([{ update_id: 3 }]);
    await turns.hold(3, orderOf("hello"));
    expect(await ask(6, `/restore ${house.session.name}`)).toMatch(/is back, but the disk is full/);
    expect(journal.get(3)?.state).toBe("held");
  });
});
