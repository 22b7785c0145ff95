import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { publishFile } from "../../bot/store/publish-file.ts";
import { runProgram, tempFolder } from "./room.ts";

const LEFT = ".to.txt.0123456789ab.tmp";

async function makeSource(text = "all of it") {
  const folder = await tempFolder();
  const from = join(folder, "from.txt");
  await writeFile(from, text, { mode: 0o600 });
  return { from, folder, to: join(folder, "a", "b", "to.txt") };
}

describe("a published file", () => {
  it("is the whole copy, in folders made for it, with nothing beside it", async () => {
    const { from, to, folder } = await makeSource();
    expect(await publishFile(from, to)).toBe(true);
    expect(await readFile(to, "utf8")).toBe("all of it");
    expect((await stat(to)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "a"))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, "a", "b"))).toEqual(["to.txt"]);
  });

  it("leaves what is there alone", async () => {
    const { from, to, folder } = await makeSource();
    await publishFile(from, to);
    await writeFile(to, "newer");
    expect(await publishFile(from, to)).toBe(false);
    expect(await readFile(to, "utf8")).toBe("newer");
    expect(await readdir(join(folder, "a", "b"))).toEqual(["to.txt"]);
  });

  it("leaves nothing where the source cannot be read", async () => {
    const { to, folder } = await makeSource();
    await expect(publishFile(join(folder, "none"), to)).rejects.toThrow("ENOENT");
    expect(await readdir(join(folder, "a", "b"))).toEqual([]);
  });

  it("removes what a copy left that was killed, and nothing of another's", async () => {
    const { from, to, folder } = await makeSource();
    await publishFile(from, to);
    await writeFile(join(folder, "a", "b", LEFT), "al");
    await writeFile(join(folder, "a", "b", LEFT.replace("to", "other")), "al");
    await publishFile(from, to);
    expect((await readdir(join(folder, "a", "b"))).sort()).toEqual([LEFT.replace("to", "other"), "to.txt"]);
  });

  it("is whole or not there under SIGKILL, and the next try makes it whole", async () => {
    const { from, to } = await makeSource("x".repeat(8 * 1024 * 1024));
    for (const afterMs of [0, 1, 2, 4, 8, 16]) {
      const program = runProgram("publisher.ts", [from, to]);
      for (let round = 0; round < 3; round += 1) await program.line();
      await delay(afterMs);
      await program.kill();
      const size = await stat(to).then(
        (stats) => stats.size,
        () => "none",
      );
      expect(["none", 8 * 1024 * 1024]).toContain(size);
      await publishFile(from, to);
      expect(await readdir(join(to, ".."))).toEqual(["to.txt"]);
      expect((await stat(to)).size).toBe(8 * 1024 * 1024);
    }
  });
});
