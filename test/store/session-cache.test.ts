/** Many sessions, told from one file: only as long as it says what their own files say. */
import { access, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Paths } from "../../bot/store/paths.ts";
import { startManager, tempPaths } from "./room.ts";
import { CHAT, writeSession } from "./written-session.ts";

const MANY = 120;

/** The session number `n`, with a time that can be given back to its file. */
async function writeOne(paths: Paths, n: number): Promise<string> {
  const folder = await writeSession(paths, n, { future: { kept: n } });
  const { workspace, file } = paths.session(folder);
  await mkdir(workspace);
  // A whole second: what is set by `utimes` can be no finer.
  await utimes(file, 1_700_000_000, 1_700_000_000);
  return folder;
}

/** A house with many sessions and their cache. */
async function fullHouse() {
  const paths = await tempPaths();
  await mkdir(paths.folders.sessions, { recursive: true });
  const folders = await Promise.all(Array.from({ length: MANY }, (_, n) => writeOne(paths, n)));
  const { sessions } = await startManager(paths);
  const isCached = async () => access(paths.sessionCache);
  await vi.waitFor(isCached);
  return { paths, folders, before: sessions.list(CHAT), first: folders[0] ?? "" };
}

/** Makes a file another one behind its back: same looks, other content. */
async function forge(file: string, change: (text: string) => string): Promise<void> {
  const { atime, mtime } = await stat(file);
  await writeFile(file, change(await readFile(file, "utf8")));
  await utimes(file, atime, mtime);
}

describe("a start with many sessions", () => {
  it("knows all of them as their files have them, without opening these", async () => {
    const { paths, before, first } = await fullHouse();
    expect(before).toHaveLength(MANY);
    // What was not opened is not seen to have changed: the proof that it was not.
    const { file } = paths.session(first);
    await forge(file, (text) => text.replace('"Session 0"', '"Unread 00"'));
    const { sessions, loaded } = await startManager(paths);
    expect(sessions.list(CHAT)).toEqual(before);
    expect(loaded).toMatchObject({ sessions: MANY, faults: [] });
  });

  it("reads a file that was saved, edited or removed since, and one that is new", async () => {
    const { paths, folders } = await fullHouse();
    const [edited = "", saved = "", removed = "", broken = ""] = folders;
    const { sessions } = await startManager(paths);
    const one = sessions.list(CHAT).find(({ folder }) => folder === saved);
    await sessions.update(one?.id ?? "", { name: "Saved" });
    const text = await readFile(paths.session(edited).file, "utf8");
    await writeFile(paths.session(edited).file, text.replace('"Session 0"', '"Edited by hand"'));
    await writeFile(paths.session(broken).file, "{");
    await writeFile(join(paths.session(folders[5] ?? "").root, ".session.json.0123456789ab.tmp"), "{");
    await rm(paths.session(removed).root, { recursive: true });
    const added = await writeSession(paths, 500);

    const again = await startManager(paths);
    const byFolder = new Map(again.sessions.list(CHAT).map((session) => [session.folder, session.name]));
    expect(byFolder.get(edited)).toBe("Edited by hand");
    expect(byFolder.get(saved)).toBe("Saved");
    expect(byFolder.has(removed)).toBe(false);
    expect(byFolder.get(added)).toBe("Session 500");
    expect(again.loaded.faults.map(({ folder, kind }) => [folder, kind])).toEqual([[broken, "broken"]]);
    expect(await readdir(paths.session(folders[5] ?? "").root)).toEqual(["session.json", "workspace"]);
  });

  it.each([
    ["cut short", async (path: string) => truncate(path, 5_000)],
    ["of another version", async (path: string) => writeFile(path, '{"version":1,"sessions":0}\n')],
    ["no JSON", async (path: string) => writeFile(path, "x".repeat(100))],
    [
      "without its last line",
      async (path: string) => forge(path, (text) => `${text.split("\n").slice(0, -2).join("\n")}\n`),
    ],
  ])("takes a cache that is %s for none", async (_, damage) => {
    const { paths, before, first } = await fullHouse();
    await damage(paths.sessionCache);
    await forge(paths.session(first).file, (text) => text.replace('"Session 0"', '"Read anew"'));
    const { sessions } = await startManager(paths);
    expect(sessions.list(CHAT)).toHaveLength(before.length);
    expect(sessions.list(CHAT).find(({ folder }) => folder === first)?.name).toBe("Read anew");
  });
});
