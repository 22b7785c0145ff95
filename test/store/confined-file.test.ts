import { execFileSync } from "node:child_process";
import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bounds, openConfined } from "../../bot/store/confined-file.ts";
import { copyWhole } from "../../bot/store/whole-copy.ts";

let root: string;
let bounds: Bounds;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "parley-confined-"));
  for (const folder of ["project/data/one/workspace", "project/data/two/workspace", "elsewhere"])
    await mkdir(join(root, folder), { recursive: true });
  for (const file of ["project/a", "project/data/one/state", "project/data/one/workspace/b", "elsewhere/c"])
    await writeFile(join(root, file), file);
  const data = join(root, "project/data");
  bounds = { own: [join(data, "one/workspace")], open: [join(root, "project")], closed: [data] };
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function tryOpen(path: string): Promise<string> {
  const opened = await openConfined(join(root, path), bounds);
  if (!opened.ok) return opened.kind;
  await opened.file.close();
  return "open";
}

describe("a confined file", () => {
  it("is opened where it may be taken from, through links that stay there, too", async () => {
    await symlink("a", join(root, "project/link"));
    await symlink(join(root, "project/data/one/workspace"), join(root, "elsewhere/back"));
    for (const path of ["project/a", "project/link", "project/data/one/workspace/b", "elsewhere/back/b"])
      expect(await tryOpen(path)).toBe("open");
  });

  it("is not opened in a closed folder, but for one's own in it, nor outside", async () => {
    await symlink(join(root, "elsewhere/c"), join(root, "project/link"));
    await symlink(join(root, "elsewhere"), join(root, "project/folder"));
    for (const path of [
      "project/data/one/state",
      "elsewhere/c",
      "project/link",
      "project/folder/c",
      "project/../elsewhere/c",
    ])
      expect(await tryOpen(path)).toBe("outside");
  });

  it("is not opened where a folder only begins with the same name", async () => {
    await mkdir(join(root, "project-two"));
    await writeFile(join(root, "project-two/a"), "");
    expect(await tryOpen("project-two/a")).toBe("outside");
  });

  it("is a regular file: a folder, a pipe and a device are none, and nobody waits for them", async () => {
    execFileSync("mkfifo", [join(root, "project/pipe")]);
    expect(await tryOpen("project/pipe")).toBe("not_a_file");
    expect(await tryOpen("project")).toBe("not_a_file");
    bounds = { ...bounds, own: ["/dev"] };
    expect((await openConfined("/dev/zero", bounds)).ok).toBe(false);
  });

  it("may be absent, loop, or have a name that no file has", async () => {
    await symlink("loop", join(root, "project/loop"));
    for (const path of [
      "project/none",
      "project/a/b",
      "project/loop",
      "project/\0",
      `project/${"x".repeat(300)}`,
    ])
      expect(await tryOpen(path)).toBe("absent");
  });
});

describe("a snapshot", () => {
  async function snapshot(path: string, maxBytes: number) {
    const opened = await openConfined(join(root, path), bounds);
    if (!opened.ok) throw new Error(opened.kind);
    const taken = await copyWhole(opened.file, join(root, "copy"), maxBytes);
    await opened.file.close();
    return taken;
  }
  const copy = () => readFile(join(root, "copy"), "utf8").catch(() => undefined);

  it("is the file as it was, whatever becomes of it", async () => {
    await link(join(root, "project/a"), join(root, "project/same"));
    expect(await snapshot("project/same", 100)).toEqual({ ok: true, bytes: 9 });
    await writeFile(join(root, "project/a"), "changed");
    expect(await copy()).toBe("project/a");
  });

  it("of a file that is too big is none, and leaves nothing behind", async () => {
    expect(await snapshot("project/a", 8)).toEqual({ ok: false, kind: "too_big" });
    expect(await copy()).toBeUndefined();
  });
});
