import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shortId } from "../../bot/store/session.ts";
import { createOne, runProgram, startManager, tempFolder, tempPaths } from "./room.ts";

const CHAT = { chatId: 7 };
const TOPIC = { chatId: 7, threadId: 3 };

async function start(options: Parameters<typeof startManager>[1] = {}) {
  return startManager(await tempPaths(), options);
}

describe("creating a session", () => {
  it("makes a folder for people to read, all of it private", async () => {
    const { paths, sessions } = await start();
    const session = await createOne(sessions, { name: "Fix the Café!", place: TOPIC, originUpdateId: 99 });
    expect(session.folder).toBe(`fix-the-cafe-${shortId(session)}`);
    const { root, file, workspace } = paths.session(session.folder);
    expect(session).toMatchObject({
      name: "Fix the Café!",
      state: "created",
      cwd: workspace,
      threadId: 3,
      chatId: 7,
    });
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(session);
    const modes = [paths.folders.sessions, root, workspace, file].map(
      async (path) => (await stat(path)).mode & 0o777,
    );
    expect(await Promise.all(modes)).toEqual([0o700, 0o700, 0o700, 0o600]);
    expect(sessions.current(TOPIC)).toBeUndefined();
  });

  it("fifty at once gives fifty folders, also when they all have the same name", async () => {
    const { paths, sessions, loaded } = await start();
    expect(loaded.sessions).toBe(0);
    const made = await Promise.all(
      Array.from({ length: 50 }, async () => createOne(sessions, { name: "Same" })),
    );
    expect(new Set(made.map(({ folder }) => folder)).size).toBe(50);
    expect(sessions.list(7)).toHaveLength(50);
    const again = await startManager(paths);
    expect(again.loaded).toMatchObject({ sessions: 50, faults: [], removed: [] });
    expect(again.sessions.list(7)).toEqual(sessions.list(7));
  });

  it("asks for another id while its 8 digits are in use, live or archived or merely on the disk", async () => {
    const paths = await tempPaths();
    const id = (head: string): string => head + randomUUID().slice(8);
    await mkdir(join(paths.folders.sessions, "odd-cccccccc"), { recursive: true });
    await mkdir(paths.folders.archive, { recursive: true });
    await writeFile(paths.archive("old-bbbbbbbb").tarball, "");
    await writeFile(join(paths.folders.sessions, "odd-cccccccc", "note.txt"), "");
    const ids = ["aaaaaaaa", "11111111", "aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd", "22222222"].map(id);
    const { sessions } = await startManager(paths, { newId: () => ids.shift() ?? randomUUID() });
    const made = [await createOne(sessions), await createOne(sessions)];
    expect(made.map(shortId)).toEqual(["aaaaaaaa", "dddddddd"]);
  });

  it("never moves into a folder that somebody put there meanwhile", async () => {
    const ids = ["aaaaaaaa", "11111111", "bbbbbbbb", "22222222"].map((head) => head + randomUUID().slice(8));
    const { paths, sessions } = await start({ newId: () => ids.shift() ?? randomUUID() });
    await mkdir(paths.session("mine-aaaaaaaa").root);
    expect((await createOne(sessions, { name: "mine" })).folder).toBe("mine-bbbbbbbb");
    expect(await readdir(paths.session("mine-aaaaaaaa").root)).toEqual([]);
  });

  it("happens once for an update, however often and however fast it is replayed, also after a restart", async () => {
    const { paths, sessions } = await start();
    const wish = { persona: "default", place: CHAT, createdBy: 7, originUpdateId: 5 };
    const made = await Promise.all([sessions.create(wish), sessions.create(wish), sessions.create(wish)]);
    expect(made.map((result) => result.ok && result.existed)).toEqual([false, true, true]);
    const again = await startManager(paths);
    expect(await again.sessions.create(wish)).toMatchObject({
      ok: true,
      existed: true,
      session: { originUpdateId: 5 },
    });
    expect(again.sessions.list(7)).toHaveLength(1);
  });

  it("counts on where no name was given", async () => {
    const { sessions } = await start();
    const names = [];
    for (const name of [undefined, undefined, "Mine", "  \u202E ", undefined]) {
      names.push((await createOne(sessions, name === undefined ? {} : { name })).name);
    }
    expect(names).toEqual(["Session 1", "Session 2", "Mine", "Session 3", "Session 4"]);
  });

  it("refuses a folder to work in that is not absolute, and leaves nothing behind", async () => {
    const { paths, sessions } = await start();
    const wish = { persona: "default", place: CHAT, createdBy: 7, cwd: "somewhere" };
    expect(await sessions.create(wish)).toMatchObject({ ok: false, kind: "invalid" });
    expect(await readdir(paths.folders.sessions)).toEqual([]);
  });
});

describe("finding a session", () => {
  it("goes by id, short id, folder, name and the beginning of an id, within the chat only", async () => {
    const { sessions } = await start();
    const notes = await createOne(sessions, { name: "Notes" });
    const other = await createOne(sessions, { name: "Bills" });
    for (const ref of [
      notes.id,
      shortId(notes),
      notes.folder,
      " NOTES ",
      notes.id.slice(0, 6).toUpperCase(),
    ]) {
      expect(sessions.find(7, ref)).toEqual({ kind: "one", session: notes });
      expect(sessions.find(8, ref)).toEqual({ kind: "none" });
    }
    expect(sessions.find(7, notes.id.slice(0, 3))).toEqual({ kind: "none" });
    expect(sessions.find(7, "")).toEqual({ kind: "none" });
    const second = await createOne(sessions, { name: "notes" });
    expect(sessions.find(7, "Notes")).toEqual({ kind: "many", sessions: [second, notes] });
    expect(sessions.list(7).map(({ id }) => id)).toEqual([second.id, other.id, notes.id]);
    expect(sessions.list(8)).toEqual([]);
  });

  it("lists the one that changed last first", async () => {
    const { sessions } = await start();
    const [first, second] = [await createOne(sessions), await createOne(sessions)];
    await sessions.update(first.id, { persona: "research" });
    expect(sessions.list(7).map(({ id }) => id)).toEqual([first.id, second.id]);
  });
});

describe("changing a session", () => {
  it("gives the new value, leaves the old one as it was, and is on the disk", async () => {
    const { paths, sessions } = await start();
    const before = await createOne(sessions, { name: "Old" });
    const result = await sessions.update(before.id, {
      name: " New\nname ",
      model: "opus",
      permissionMode: "plan",
    });
    expect(result).toMatchObject({
      ok: true,
      session: { name: "New name", model: "opus", folder: before.folder },
    });
    expect(before.name).toBe("Old");
    expect(sessions.get(before.id)?.updatedAt).not.toBe(before.updatedAt);
    const off = await sessions.update(before.id, { model: undefined });
    expect(off.ok && "model" in off.session).toBe(false);
    const again = await startManager(paths);
    expect(again.sessions.get(before.id)).toEqual(sessions.get(before.id));
  });

  it("adds up when a hundred changes come at once", async () => {
    const { sessions } = await start();
    const { id } = await createOne(sessions);
    const add = async () =>
      sessions.update(id, ({ totals }) => ({
        totals: { ...totals, turns: totals.turns + 1, costUsd: totals.costUsd + 0.5 },
      }));
    await Promise.all(Array.from({ length: 100 }, add));
    expect(sessions.get(id)?.totals).toMatchObject({ turns: 100, costUsd: 50 });
  });

  it("keeps what a newer Parley wrote into the file", async () => {
    const { paths, sessions } = await start();
    const { id, folder } = await createOne(sessions);
    const { file } = paths.session(folder);
    await writeFile(
      file,
      JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), mood: { calm: true } }),
    );
    const again = await startManager(paths);
    await again.sessions.update(id, { name: "Renamed" });
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ name: "Renamed", mood: { calm: true } });
  });

  it("refuses what the file may not hold, and a session that is not there", async () => {
    const { sessions } = await start();
    const { id } = await createOne(sessions);
    const before = sessions.get(id);
    expect(await sessions.update(id, { model: "--flag" })).toMatchObject({ ok: false, kind: "invalid" });
    expect(sessions.get(id)).toBe(before);
    expect(await sessions.update(randomUUID(), { name: "x" })).toEqual({ ok: false, kind: "absent" });
    expect(await sessions.transition(randomUUID(), "paused")).toEqual({ ok: false, kind: "absent" });
  });

  it("on a full disk is a value; the old file is whole, the memory agrees with it, and it works again with room", async () => {
    const root = await tempFolder();
    const program = runProgram("full-session.ts", [root], { maxFileBlocks: 64 });
    const said = JSON.parse((await program.line()) ?? "") as Record<string, unknown>;
    expect(said).toMatchObject({
      full: { ok: false, kind: "disk_full", code: "EFBIG" },
      refused: { ok: false, kind: "disk_full" },
      after: true,
      inMemory: true,
    });
    expect(await readdir(join(root, "sessions"))).toEqual([said["folder"]]);
    const files = await readdir(join(root, "sessions", String(said["folder"])));
    expect(files.sort()).toEqual(["session.json", "workspace"]);
  });
});

describe("the current session", () => {
  it("is active; the one before is paused, unless it is current in another topic", async () => {
    const { sessions } = await start();
    const [a, b] = [await createOne(sessions), await createOne(sessions)];
    expect(await sessions.makeCurrent(CHAT, a.id)).toMatchObject({
      ok: true,
      session: { id: a.id, state: "active" },
    });
    await sessions.makeCurrent(TOPIC, a.id);
    expect(await sessions.makeCurrent(CHAT, b.id)).toMatchObject({
      session: { id: b.id },
      previous: { id: a.id, state: "active" },
    });
    expect(await sessions.makeCurrent(TOPIC, b.id)).toMatchObject({
      previous: { id: a.id, state: "paused" },
    });
    expect([sessions.current(CHAT)?.id, sessions.current(TOPIC)?.id]).toEqual([b.id, b.id]);
    expect(await sessions.leave(CHAT)).toMatchObject({ ok: true, left: { id: b.id, state: "active" } });
    expect(await sessions.leave(TOPIC)).toMatchObject({ ok: true, left: { id: b.id, state: "paused" } });
    expect(await sessions.leave(TOPIC)).toEqual({ ok: true });
  });

  it("made current again is the same one, with no one before it", async () => {
    const { sessions } = await start();
    const { id } = await createOne(sessions);
    await sessions.makeCurrent(CHAT, id);
    const again = await sessions.makeCurrent(CHAT, id);
    expect(again).toEqual({ ok: true, session: sessions.get(id) });
  });

  it("is remembered over a restart", async () => {
    const { paths, sessions } = await start();
    const { id } = await createOne(sessions);
    await sessions.makeCurrent(TOPIC, id);
    expect(JSON.parse(await readFile(paths.chats, "utf8"))).toEqual({ version: 1, current: { "7:3": id } });
    const again = await startManager(paths);
    expect(again.sessions.current(TOPIC)).toEqual(sessions.get(id));
    expect(again.sessions.current(CHAT)).toBeUndefined();
  });

  it("is never another chat's", async () => {
    const { sessions } = await start();
    const { id } = await createOne(sessions, { place: { chatId: 8 } });
    expect(await sessions.makeCurrent(CHAT, id)).toEqual({ ok: false, kind: "absent" });
    expect(sessions.get(id)?.state).toBe("created");
  });

  it("ends with being terminated; a terminated one cannot be made current before it is restored", async () => {
    const { sessions } = await start();
    const { id } = await createOne(sessions);
    await sessions.makeCurrent(CHAT, id);
    expect(await sessions.transition(id, "terminated")).toMatchObject({
      ok: true,
      session: { state: "terminated" },
    });
    expect(sessions.current(CHAT)).toBeUndefined();
    const refused = { ok: false, kind: "forbidden", from: "terminated", to: "active" };
    expect(await sessions.makeCurrent(CHAT, id)).toEqual(refused);
    expect(await sessions.transition(id, "active")).toEqual(refused);
    expect(await sessions.transition(id, "paused")).toMatchObject({ ok: true });
    expect(await sessions.makeCurrent(CHAT, id)).toMatchObject({ ok: true, session: { state: "active" } });
  });

  it("is one in the end when many are made current at once, and only that one is active", async () => {
    const { paths, sessions } = await start();
    const made = await Promise.all(Array.from({ length: 12 }, async () => createOne(sessions)));
    await Promise.all(made.map(async ({ id }) => sessions.makeCurrent(CHAT, id)));
    const active = sessions.list(7).filter(({ state }) => state === "active");
    expect(active).toEqual([sessions.current(CHAT)]);
    const again = await startManager(paths);
    expect(again.sessions.list(7)).toEqual(sessions.list(7));
  });
});

describe("an archived session", () => {
  it("is forgotten everywhere, and taken in again as it was", async () => {
    const { paths, sessions } = await start();
    const { id, folder } = await createOne(sessions, { name: "Gone" });
    await sessions.makeCurrent(CHAT, id);
    await sessions.transition(id, "terminated");
    const kept = sessions.get(id);
    await sessions.forget(id);
    expect([sessions.get(id), sessions.current(CHAT), sessions.list(7)]).toEqual([undefined, undefined, []]);
    expect(await sessions.update(id, { name: "x" })).toEqual({ ok: false, kind: "absent" });
    if (kept === undefined) throw new Error("not kept");
    expect(await sessions.adopt(kept)).toEqual({ ok: true, session: kept });
    expect(await sessions.transition(id, "paused")).toMatchObject({ ok: true });
    expect(JSON.parse(await readFile(paths.session(folder).file, "utf8"))).toMatchObject({ state: "paused" });
  });

  it("whose folder is away while it is packed, or was removed, is absent to whoever would change it", async () => {
    const { paths, sessions } = await start();
    const { id, folder, name } = await createOne(sessions);
    const { root } = paths.session(folder);
    await rename(root, `${root}.away`);
    expect(await sessions.update(id, { name: "Other" })).toEqual({ ok: false, kind: "absent" });
    expect(sessions.get(id)?.name).toBe(name);
    await rename(`${root}.away`, root);
    expect(await sessions.update(id, { name: "Other" })).toMatchObject({ ok: true });
  });

  it("leaves nothing behind that a change in flight could write into", async () => {
    const { paths, sessions } = await start();
    const { id, folder } = await createOne(sessions);
    const changes = [
      sessions.update(id, { name: "a" }),
      sessions.forget(id),
      sessions.update(id, { name: "b" }),
    ];
    await Promise.all(changes);
    await rm(paths.session(folder).root, { recursive: true });
    expect(await sessions.update(id, { name: "c" })).toEqual({ ok: false, kind: "absent" });
  });
});
