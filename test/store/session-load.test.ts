import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSessionManager } from "../../bot/store/session-manager.ts";
import { createOne, startManager, tempPaths, tickingClock } from "./room.ts";

async function withTwo() {
  const { paths, sessions } = await startManager(await tempPaths());
  return {
    paths,
    sessions,
    a: await createOne(sessions, { name: "a" }),
    b: await createOne(sessions, { name: "b" }),
  };
}

describe("a start", () => {
  it("sets a broken session.json aside, says so, and loads the others", async () => {
    const { paths, a, b } = await withTwo();
    const { root, file } = paths.session(a.folder);
    await writeFile(file, '{"version":1,');
    const { sessions, loaded } = await startManager(paths, {
      now: () => new Date("2026-02-03T04:05:06.007Z"),
    });
    const movedTo = `${file}.broken-2026-02-03T04-05-06.007Z`;
    expect(loaded.faults).toEqual([{ folder: a.folder, kind: "broken", detail: "not JSON", movedTo }]);
    expect(await readFile(movedTo, "utf8")).toBe('{"version":1,');
    expect(sessions.list(7)).toEqual([b]);
    expect((await readdir(root)).sort()).toEqual([
      "session.json.broken-2026-02-03T04-05-06.007Z",
      "workspace",
    ]);
    const third = await startManager(paths);
    expect(third.loaded.faults).toEqual([{ folder: a.folder, kind: "no_file" }]);
  });

  it("leaves a session of a newer version as it is, and says so", async () => {
    const { paths, a } = await withTwo();
    const { file } = paths.session(a.folder);
    await writeFile(file, '{"version":2,"all":"different"}');
    const { sessions, loaded } = await startManager(paths);
    expect(loaded.faults).toEqual([{ folder: a.folder, kind: "newer", detail: "version 2" }]);
    expect(await readFile(file, "utf8")).toBe('{"version":2,"all":"different"}');
    expect(sessions.get(a.id)).toBeUndefined();
  });

  it("does not take a copied or renamed folder for the session", async () => {
    const { paths, a, b } = await withTwo();
    await cp(paths.session(a.folder).root, paths.session("copy-00000000").root, { recursive: true });
    await rename(paths.session(b.folder).root, paths.session(`other-${b.id.slice(0, 8)}`).root);
    const { sessions, loaded } = await startManager(paths);
    expect(loaded.faults.map(({ kind }) => kind)).toEqual(["misplaced", "misplaced"]);
    expect(sessions.list(7)).toEqual([a]);
  });

  it("removes a half-made folder that holds nothing, and keeps one that holds anything", async () => {
    const { paths } = await withTwo();
    await mkdir(paths.session("bare-00000001").root);
    await mkdir(paths.session("half-00000002").workspace, { recursive: true });
    await writeFile(join(paths.session("half-00000002").root, ".session.json.0123456789ab.tmp"), "{");
    await mkdir(paths.session("work-00000003").workspace, { recursive: true });
    await writeFile(join(paths.session("work-00000003").workspace, "thesis.txt"), "years");
    const { loaded } = await startManager(paths);
    expect([...loaded.removed].sort()).toEqual(["bare-00000001", "half-00000002"]);
    expect(loaded.faults).toEqual([{ folder: "work-00000003", kind: "no_file" }]);
    expect(await readFile(join(paths.session("work-00000003").workspace, "thesis.txt"), "utf8")).toBe(
      "years",
    );
  });

  it("passes over folders that are being archived or restored, and whatever else lies there", async () => {
    const { paths, a, b } = await withTwo();
    await rename(paths.session(a.folder).root, paths.archiving(a.folder).root);
    await mkdir(paths.restoring("half-00000002").root);
    await writeFile(join(paths.folders.sessions, "README.md"), "hello");
    await mkdir(join(paths.folders.sessions, "My Stuff"));
    const { sessions, loaded } = await startManager(paths);
    expect(loaded).toMatchObject({ sessions: 1, faults: [], removed: [] });
    expect(sessions.list(7)).toEqual([b]);
    expect(await readdir(paths.restoring("half-00000002").root)).toEqual([]);
  });

  it("names a folder that cannot be read, and goes on", async () => {
    const { paths, a, b } = await withTwo();
    await rm(paths.session(a.folder).file);
    await mkdir(paths.session(a.folder).file);
    const { sessions, loaded } = await startManager(paths);
    expect(loaded.faults).toEqual([{ folder: a.folder, kind: "unreadable", detail: "EISDIR" }]);
    expect(sessions.list(7)).toEqual([b]);
  });

  it("pauses what is active but current nowhere: a crash came between two saves", async () => {
    const { paths, sessions, a, b } = await withTwo();
    await sessions.makeCurrent({ chatId: 7 }, a.id);
    const { file } = paths.session(b.folder);
    await writeFile(file, JSON.stringify({ ...b, state: "active" }));
    const again = await startManager(paths);
    expect(again.sessions.get(b.id)?.state).toBe("paused");
    expect(again.sessions.current({ chatId: 7 })?.id).toBe(a.id);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ state: "paused" });
  });

  it("pauses what is terminated but lies here: a crash came before it was archived", async () => {
    const { paths, sessions, a } = await withTwo();
    await sessions.transition(a.id, "terminated");
    const again = await startManager(paths);
    expect(again.sessions.get(a.id)?.state).toBe("paused");
    expect(await again.sessions.makeCurrent({ chatId: 7 }, a.id)).toMatchObject({ ok: true });
  });

  it("drops from chats.json what is no session of that chat any more", async () => {
    const { paths, sessions, a, b } = await withTwo();
    await sessions.makeCurrent({ chatId: 7 }, a.id);
    await sessions.makeCurrent({ chatId: 7, threadId: 1 }, b.id);
    const file = JSON.parse(await readFile(paths.chats, "utf8")) as { current: object };
    await writeFile(
      paths.chats,
      JSON.stringify({ ...file, kept: 1, current: { ...file.current, "8": a.id } }),
    );
    await rm(paths.session(b.folder).root, { recursive: true });
    await startManager(paths);
    expect(JSON.parse(await readFile(paths.chats, "utf8"))).toEqual({
      version: 1,
      kept: 1,
      current: { "7": a.id },
    });
  });

  it.each([["broken"], ["gone"]])(
    "with chats.json %s finds what was current in the sessions",
    async (how) => {
      const { paths, sessions, a, b } = await withTwo();
      await sessions.makeCurrent({ chatId: 7 }, b.id);
      await sessions.makeCurrent({ chatId: 7 }, a.id);
      if (how === "gone") await rm(paths.chats);
      else await writeFile(paths.chats, "{");
      const again = await startManager(paths);
      expect(again.sessions.current({ chatId: 7 })?.id).toBe(a.id);
      expect(again.loaded.chatsMovedTo === undefined).toBe(how === "gone");
    },
  );

  it("touches nothing when a newer Parley wrote chats.json", async () => {
    const { paths, sessions, a } = await withTwo();
    await sessions.makeCurrent({ chatId: 7 }, a.id);
    const text = '{"version":3,"current":"elsewhere"}';
    await writeFile(paths.chats, text);
    await writeFile(paths.session(a.folder).file, "broken");
    const again = createSessionManager({ paths, now: tickingClock(), newId: () => a.id });
    expect(await again.load()).toEqual({ ok: false, kind: "newer", path: paths.chats, detail: "version 3" });
    expect(await readFile(paths.chats, "utf8")).toBe(text);
    expect(await readFile(paths.session(a.folder).file, "utf8")).toBe("broken");
  });

  it("reads a thousand sessions", async () => {
    const { paths, a } = await withTwo();
    const text = JSON.stringify(a);
    for (let number = 0; number < 1000; number += 1) {
      const short = (0x10000000 + number).toString(16);
      const id = short + a.id.slice(8);
      await mkdir(paths.session(`x-${short}`).root);
      await writeFile(
        paths.session(`x-${short}`).file,
        text.replaceAll(a.id, id).replaceAll(a.folder, `x-${short}`),
      );
    }
    expect((await startManager(paths)).loaded).toMatchObject({ sessions: 1002, faults: [] });
  });
});
