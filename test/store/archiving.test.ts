/** `turns/archiving.ts`: a session that cannot be archived is as it was. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { describe, expect, it, vi } from "vitest";
import { transcriptPath } from "../../bot/claude/transcript.ts";
import type { Archives } from "../../bot/store/archive/archive.ts";
import type * as jsonFile from "../../bot/store/json-file.ts";
import { writeJson } from "../../bot/store/json-file.ts";
import { sessionsSeen } from "../../bot/telegram/commands/session.ts";
import { type ArchivingDeps, createArchiving } from "../../bot/turns/archiving.ts";
import { createOne, startManager, tempFolder, tempPaths } from "./room.ts";

vi.mock("../../bot/store/json-file.ts", { spy: true });

const CHAT = { chatId: 7 };
const TOPIC = { chatId: 7, threadId: 3 };
const FAILURE = { kind: "worker_failed", detail: "it died" } as const;

async function start(given: Partial<ArchivingDeps> = {}) {
  const { paths, sessions } = await startManager(await tempPaths());
  const configDir = join(await tempFolder(), "claude");
  const pack = vi.fn<Archives["pack"]>(async () => ({ ok: false, failure: FAILURE }));
  const restore = vi.fn<Archives["restore"]>(async () => ({ ok: false, failure: FAILURE }));
  const release = vi.fn<ArchivingDeps["turns"]["release"]>(async () => 0);
  const lines: string[] = [];
  const archiving = createArchiving({
    archives: { pack, restore, restoreFrom: restore as unknown as Archives["restoreFrom"] },
    sessions,
    turns: {
      exclusive: async (_, work) => work(),
      release,
      terminal: { stalled: () => 0, look: async () => undefined },
    },
    paths,
    configDir,
    logger: pino({ base: null }, { write: (line: string) => void lines.push(line) }),
    ...given,
  });
  return { paths, sessions, configDir, pack, restore, release, lines, archiving };
}

const { writeJson: write } = await vi.importActual<typeof jsonFile>("../../bot/store/json-file.ts");

function fullDisk(when: (path: string) => boolean): void {
  vi.mocked(writeJson).mockImplementation(async (path, value) => {
    if (when(path)) throw Object.assign(new Error("full"), { code: "ENOSPC" });
    await write(path, value);
  });
}

describe("a session that cannot be archived", () => {
  it("is one to which messages are kept for the person's word: nothing would be left to ask about them", async () => {
    const turns: ArchivingDeps["turns"] = {
      exclusive: async (_, work) => work(),
      release: async () => 0,
      terminal: { stalled: () => 2, look: async () => undefined },
    };
    const { sessions, archiving, pack } = await start({ turns });
    const session = await createOne(sessions);
    expect(await archiving.archive(session)).toEqual({
      ok: false,
      failure: { kind: "busy", kept: 2, openIn: [] },
    });
    expect(pack).not.toHaveBeenCalled();
    expect(sessions.get(session.id)?.state).toBe(session.state);
  });

  it("is one that is open at a terminal in its own folder, also where it may go on beside that", async () => {
    const holder = { pid: 12, startTime: "1" };
    const turns: ArchivingDeps["turns"] = {
      exclusive: async (_, work) => work(),
      release: async () => 0,
      terminal: {
        stalled: () => 0,
        look: async ({ beside = [] }) => (beside.length > 0 ? undefined : { holders: [holder] }),
      },
    };
    const { sessions, archiving, pack, paths } = await start({ turns });
    const { id } = await createOne(sessions);
    await sessions.update(id, { beside: [holder] });
    const session = sessions.get(id);
    if (!session) throw new Error("gone");
    const busy = { kind: "busy", kept: 0, openIn: [12] };
    expect(await archiving.archive(session)).toEqual({ ok: false, failure: busy });
    expect(pack).not.toHaveBeenCalled();
    // A folder of the person's stays where it is, whoever works in it.
    await sessions.update(id, { cwd: paths.folders.archive });
    expect(await archiving.archive(session)).toEqual({ ok: false, failure: FAILURE });
  });

  it("is current again wherever it was, and nowhere else", async () => {
    const { sessions, archiving, pack } = await start();
    const { id } = await createOne(sessions);
    const other = await createOne(sessions);
    for (const place of [CHAT, TOPIC]) await sessions.makeCurrent(place, id);
    await sessions.makeCurrent({ chatId: 7, threadId: 4 }, other.id);
    const before = sessions.get(id);
    if (!before) throw new Error("gone");
    pack.mockImplementationOnce(async () => {
      expect(sessions.get(id)?.state).toBe("terminated");
      return { ok: false, failure: FAILURE };
    });
    expect(await archiving.archive(before)).toEqual({ ok: false, failure: FAILURE });
    expect(sessions.get(id)?.state).toBe("active");
    expect(sessions.placesOf(id)).toEqual([CHAT, TOPIC]);
    expect(sessions.placesOf(other.id)).toEqual([{ chatId: 7, threadId: 4 }]);
  });

  it("says when it is current nowhere any more, before it is packed: what is said next is for another", async () => {
    const { sessions, archiving, pack } = await start();
    const session = await createOne(sessions);
    await sessions.makeCurrent(CHAT, session.id);
    const steps: string[] = [];
    pack.mockImplementationOnce(async () => {
      steps.push("packed");
      return { ok: false, failure: FAILURE };
    });
    await archiving.archive(session, () => {
      steps.push(`left ${sessions.placesOf(session.id).length}`);
      const seen = sessionsSeen(
        { sessions, turns: { isRunning: () => false }, now: () => new Date(0) },
        CHAT,
      );
      expect(seen.sessions).toEqual([]);
    });
    expect(steps).toEqual(["left 0", "packed"]);
  });

  it("does not push out what became current meanwhile", async () => {
    const { sessions, archiving, pack, release } = await start();
    const session = await createOne(sessions);
    const other = await createOne(sessions);
    for (const place of [CHAT, TOPIC]) await sessions.makeCurrent(place, session.id);
    pack.mockImplementationOnce(async () => {
      await sessions.makeCurrent(CHAT, other.id);
      return { ok: false, failure: FAILURE };
    });
    await archiving.archive(session);
    expect(sessions.current(CHAT)?.id).toBe(other.id);
    expect(sessions.placesOf(session.id)).toEqual([TOPIC]);
    // What was written there while it was away runs now; where another is current, that has it already.
    expect(release.mock.calls).toEqual([[TOPIC, session.id]]);
  });

  it("is as it was when the attempt throws, too", async () => {
    const { sessions, archiving, pack } = await start();
    const session = await createOne(sessions);
    await sessions.makeCurrent(CHAT, session.id);
    pack.mockRejectedValueOnce(new Error("a fault of ours"));
    await expect(archiving.archive(session)).rejects.toThrow("a fault of ours");
    expect(sessions.current(CHAT)).toMatchObject({ id: session.id, state: "active" });
  });

  it.each(["session.json", "chats.json"])("is not packed where %s does not fit on the disk", async (name) => {
    const { sessions, archiving, pack } = await start();
    const session = await createOne(sessions);
    await sessions.makeCurrent(CHAT, session.id);
    fullDisk((path) => path.endsWith(name));
    const outcome = await archiving.archive(session).finally(() => vi.mocked(writeJson).mockReset());
    expect(outcome).toEqual({ ok: false, failure: { kind: "disk_full" } });
    expect(pack).not.toHaveBeenCalled();
    expect(sessions.current(CHAT)).toMatchObject({ id: session.id, state: "active" });
  });

  it("is told in the log, with the reason", async () => {
    const { sessions, archiving, lines } = await start();
    const session = await createOne(sessions);
    await archiving.archive(session);
    await archiving.restore(session.folder);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { folder: session.folder, kind: "worker_failed", detail: "it died" },
      { folder: session.folder, kind: "worker_failed", detail: "it died" },
    ]);
  });
});

describe("a session that is restored", () => {
  it("works in its own workspace where that lies now, and in a folder of the person's where it did", async () => {
    const { paths, sessions, archiving, restore } = await start();
    for (const [own, cwd] of [
      [true, "/elsewhere/sessions"],
      [false, "/elsewhere/project"],
    ] as const) {
      const session = await createOne(sessions);
      const { root, file, workspace } = paths.session(session.folder);
      const there = own ? `${cwd}/${session.folder}/workspace` : cwd;
      await sessions.update(session.id, { cwd: there });
      await sessions.transition(session.id, "terminated");
      const archived = sessions.get(session.id);
      await sessions.forget(session.id);
      restore.mockImplementationOnce(async (_, place) => {
        await mkdir(join(root, "claude"), { recursive: true });
        await write(file, archived);
        expect(await place(root)).toBeUndefined();
        return { ok: true, session, skipped: [] };
      });
      expect(await archiving.restore(session.folder)).toMatchObject({
        ok: true,
        session: { cwd: own ? workspace : there, state: "paused" },
      });
    }
  });
});

describe("a session that is archived", () => {
  it("is the one that it is when its turn comes", async () => {
    const { sessions, archiving, pack, configDir } = await start();
    const session = await createOne(sessions);
    const claudeSessionId = "0123abcd-0000-4000-8000-000000000000";
    const transcript = await transcriptPath({ configDir, cwd: session.cwd, claudeSessionId });
    await mkdir(dirname(transcript), { recursive: true });
    await writeFile(transcript, "{}\n");
    await sessions.update(session.id, { claudeSessionId, name: "Later" });
    await archiving.archive(session);
    expect(pack).toHaveBeenCalledWith(expect.objectContaining({ name: "Later" }), [
      { from: transcript, as: `${claudeSessionId}.jsonl` },
    ]);
  });

  it("is none any more when it has gone meanwhile", async () => {
    const { sessions, archiving, pack } = await start();
    const session = await createOne(sessions);
    await sessions.forget(session.id);
    expect(await archiving.archive(session)).toEqual({ ok: false, failure: { kind: "absent" } });
    expect(pack).not.toHaveBeenCalled();
  });

  it("can be archived where an earlier try could not put it back", async () => {
    const { paths, sessions, archiving, pack } = await start();
    const session = await createOne(sessions);
    pack.mockImplementationOnce(async () => {
      fullDisk((path) => path.endsWith("session.json"));
      return { ok: false, failure: FAILURE };
    });
    await archiving.archive(session).finally(() => vi.mocked(writeJson).mockReset());
    expect(JSON.parse(await readFile(paths.session(session.folder).file, "utf8"))).toMatchObject({
      state: "terminated",
    });
    await archiving.archive(session);
    expect(pack).toHaveBeenCalledTimes(2);
    expect(sessions.get(session.id)?.state).toBe("paused");
  });
});
