/** `store/archive/pack-tree.ts`: one reading of a folder, the manifest in front. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readContents } from "../../bot/store/archive/contents.ts";
import { packListed, packTree } from "../../bot/store/archive/pack-tree.ts";
import { createListing } from "../../bot/store/archive/listing.ts";
import { DEFAULT_LIMITS } from "../../bot/store/archive/types.ts";
import {
  addOddFiles,
  FOLDER,
  type Home,
  makeHome,
  makeSession,
  noise,
  SESSION,
  write,
} from "./archive-kit.ts";

let home: Home;
let part: string;
beforeEach(() => {
  home = makeHome();
  part = join(home.root, "a.part");
  makeSession(home);
});
afterEach(() => rmSync(home.root, { recursive: true, force: true }));

const { folder: _, ...session } = SESSION;
const facts = { folder: FOLDER, session, turns: 2, archivedAt: "2026-01-02T00:00:00.000Z" };
const most = { maxBytes: Number.MAX_SAFE_INTEGER, limits: DEFAULT_LIMITS };

describe("a folder that is packed", () => {
  it("has the manifest first, the same that lies in the folder, and every sum in it is right", async () => {
    addOddFiles(home);
    const { manifestSha256 } = await packTree(home.live, part, facts, most);
    const { stdout } = spawnSync("tar", ["-xzOf", part, "./manifest.json"]);
    expect(stdout.equals(readFileSync(join(home.live, "manifest.json")))).toBe(true);
    const read = await readContents(part, DEFAULT_LIMITS);
    expect(read.contents).toMatchObject({ manifestSha256, folder: FOLDER, archivedAt: facts.archivedAt });
    expect(read.archiveBytes).toBe(statSync(part).size);
  });

  it.each([1, 1_000])(
    "leaves room for the manifest, with %i files that are all the same or all other",
    async (count) => {
      for (let at = 0; at < count; at += 1) {
        write(join(home.live, "workspace/same", `${at}`), "the same");
        write(join(home.live, "workspace/other", `${at}`), `${at}`);
      }
      await packTree(home.live, part, facts, most);
      const read = await readContents(part, DEFAULT_LIMITS);
      expect(read.contents.entries).toBeGreaterThan(2 * count);
      expect(spawnSync("gunzip", ["-t"], { input: readFileSync(part) }).status).toBe(0);
      expect(spawnSync("tar", ["-tzf", part]).stderr.toString()).toBe("");
    },
  );

  it("is the same, byte for byte but for the room, however little may be held before the tree is known", async () => {
    write(join(home.live, "claude/first"), noise(3_000_000));
    for (let at = 0; at < 1_000; at += 1) write(join(home.live, "workspace", `${at}`), `${at}`);
    const read = async (mostHeldBytes?: number): Promise<unknown> => {
      rmSync(part, { force: true });
      const held = mostHeldBytes === undefined ? {} : { mostHeldBytes };
      const packed = await packTree(home.live, part, facts, { ...most, ...held });
      return [packed, (await readContents(part, DEFAULT_LIMITS)).contents];
    };
    expect(await read(0)).toEqual(await read());
  });

  it("is never larger than it may be", async () => {
    write(join(home.live, "workspace/large"), noise(3_000_000));
    const refusal = { fault: { kind: "disk_full" } };
    await expect(packTree(home.live, part, facts, { ...most, maxBytes: 2_000_000 })).rejects.toMatchObject(
      refusal,
    );
    expect(statSync(part).size).toBeLessThan(2_000_000);
  });

  const changes: [string, (file: string) => void][] = [
    ["grows", (file) => appendFileSync(file, "more")],
    ["shrinks", (file) => writeFileSync(file, "")],
    ["vanishes", (file) => rmSync(file)],
    ["becomes a folder", (file) => (rmSync(file), mkdirSync(file))],
    ["becomes a pipe", (file) => (rmSync(file), spawnSync("mkfifo", [file]))],
  ];
  it.each(changes)("is refused where a file %s before it is read", async (_, change) => {
    const file = join(home.live, "workspace/notes.txt");
    const listing = createListing(home.live, DEFAULT_LIMITS);
    await listing.whole();
    change(file);
    const refusal = { fault: { kind: "changed", path: "workspace/notes.txt" } };
    await expect(packListed(home.live, listing, part, facts, most)).rejects.toMatchObject(refusal);
  });

  it("follows no link that a file has become", async () => {
    const file = join(home.live, "workspace/notes.txt");
    const listing = createListing(home.live, DEFAULT_LIMITS);
    await listing.whole();
    renameSync(file, join(home.root, "elsewhere"));
    symlinkSync(join(home.root, "elsewhere"), file);
    const refusal = { fault: { kind: "unreadable", path: "workspace/notes.txt" } };
    await expect(packListed(home.live, listing, part, facts, most)).rejects.toMatchObject(refusal);
  });
});
