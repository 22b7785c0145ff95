import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copyTrees } from "../../bot/store/copy-tree.ts";
import { tempFolder } from "./room.ts";

const LIMITS = { maxBytes: 1_000, maxEntries: 10 };

async function tree(): Promise<{ from: string; to: string }> {
  const root = await tempFolder();
  const [from, to] = [join(root, "from"), join(root, "to")];
  await mkdir(join(from, "a/b"), { recursive: true });
  await writeFile(join(from, "a/b/c.txt"), "c");
  await writeFile(join(from, "run.sh"), "#!", { mode: 0o755 });
  await symlink("/etc", join(from, "link"));
  return { from, to };
}

describe("a copy of folders", () => {
  it("has files, folders, modes and links as they are, and follows no link", async () => {
    const { from, to } = await tree();
    expect(await copyTrees([[from, to]], LIMITS)).toEqual({ ok: true, files: 2, bytes: 3 });
    expect(await readFile(join(to, "a/b/c.txt"), "utf8")).toBe("c");
    expect((await lstat(join(to, "run.sh"))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(to, "link"))).toBe("/etc");
  });

  it("takes the place of what a killed copy left, and leaves the first alone", async () => {
    const { from, to } = await tree();
    await mkdir(to);
    await writeFile(join(to, "left"), "");
    await copyTrees([[from, to]], LIMITS);
    expect(await readdir(to)).not.toContain("left");
    await writeFile(join(to, "run.sh"), "other");
    expect(await readFile(join(from, "run.sh"), "utf8")).toBe("#!");
  });

  it("is not begun where it is too much, and is empty where there is nothing", async () => {
    const { from, to } = await tree();
    expect(await copyTrees([[from, to]], { ...LIMITS, maxBytes: 2 })).toEqual({ ok: false, kind: "too_big" });
    expect(await copyTrees([[from, to]], { ...LIMITS, maxEntries: 3 })).toEqual({
      ok: false,
      kind: "too_big",
    });
    await expect(readdir(to)).rejects.toThrow("ENOENT");
    expect(await copyTrees([[join(from, "none"), to]], LIMITS)).toEqual({ ok: true, files: 0, bytes: 0 });
    expect(await readdir(to)).toEqual([]);
  });
});
