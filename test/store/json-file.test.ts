import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  parseJson,
  readJson,
  sweepTemporary,
  writeFileDurably,
  writeJson,
} from "../../bot/store/json-file.ts";
import { runProgram, tempFolder } from "./room.ts";

const schema = z.looseObject({ version: z.literal(1), word: z.string() });

describe("a JSON file", () => {
  it("comes back as it was saved, with mode 0600, for people to read", async () => {
    const path = join(await tempFolder(), "file.json");
    await writeJson(path, { version: 1, word: "naïve 🚀", more: [1] });
    expect(await readJson(path, schema)).toEqual({
      ok: true,
      value: { version: 1, word: "naïve 🚀", more: [1] },
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).toContain('\n  "word"');
  });

  it.each([
    ["", "broken"],
    ["{", "broken"],
    ["null", "broken"],
    ["[1]", "broken"],
    ['{"version":1}', "broken"],
    ['{"version":1,"word":7}', "broken"],
    ['{"version":0,"word":"x"}', "broken"],
    ['{"version":"2","word":"x"}', "broken"],
    ['{"version":2}', "newer"],
    ['{"version":2,"word":"x"}', "newer"],
  ])("%j is %s", (text, kind) => {
    expect(parseJson(text, schema)).toMatchObject({ ok: false, kind });
  });

  it("that is not there is a value, not an exception", async () => {
    expect(await readJson(join(await tempFolder(), "none.json"), schema)).toMatchObject({
      ok: false,
      kind: "absent",
    });
  });

  it("is whole whenever it is read, while it is saved a thousand times", async () => {
    const path = join(await tempFolder(), "file.json");
    await writeJson(path, { version: 1, word: "start" });
    const saving = { isDone: false };
    let reads = 0;
    const reader = (async () => {
      while (!saving.isDone) {
        expect(await readJson(path, schema)).toMatchObject({ ok: true });
        reads += 1;
      }
    })();
    for (let number = 0; number < 1000; number += 1) {
      await writeJson(path, { version: 1, word: "w".repeat((number * 37) % 9000), number });
    }
    saving.isDone = true;
    await reader;
    expect(reads).toBeGreaterThan(100);
    expect(await readJson(path, schema)).toMatchObject({ ok: true, value: { number: 999 } });
  });

  it("stays whole under SIGKILL, and the next start sweeps what the save left", async () => {
    const folder = await tempFolder();
    const path = join(folder, "file.json");
    for (const rounds of [1, 5, 12, 30]) {
      const program = runProgram("saver.ts", [path]);
      let saved = 0;
      for (let seen = 0; seen < rounds; seen += 1) saved = Number(await program.line());
      await program.kill();
      const { number, end } = JSON.parse(await readFile(path, "utf8")) as { number: number; end: number };
      expect(number).toBeGreaterThanOrEqual(saved);
      expect(end).toBe(number);
    }
    await writeFile(join(folder, ".file.json.0123456789ab.tmp"), "half");
    await writeFile(join(folder, ".mine.tmp"), "not ours");
    await sweepTemporary(folder);
    expect((await readdir(folder)).sort()).toEqual([".mine.tmp", "file.json"]);
  });

  it("leaves nothing behind when it cannot be put in place", async () => {
    const folder = await tempFolder();
    await writeJson(join(folder, "a"), 1);
    await expect(writeFileDurably(join(folder, "a", "b.json"), "x")).rejects.toThrow("ENOTDIR");
    expect(await readdir(folder)).toEqual(["a"]);
  });
});
