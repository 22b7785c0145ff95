import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dropLines } from "../../bot/store/drop-lines.ts";
import { tempFolder } from "./room.ts";

describe("taking lines out of a file", () => {
  it("leaves every other byte as it was, however long the lines are and wherever a piece of the file ends", async () => {
    const [folder, aside] = [await tempFolder(), await tempFolder()];
    const path = join(folder, "out.ndjson");
    const kept = fc.oneof(
      fc.string(),
      fc.constant('{"type":"x"'),
      fc.constant("{".repeat(300_000)),
      fc.constant(""),
    );
    const gone = fc.oneof(fc.string(), fc.constant("y".repeat(270_000))).map((text) => `{"gone",${text}`);
    const line = fc
      .tuple(fc.boolean(), kept, gone)
      .map(([isKept, one, other]) => (isKept ? one : other).replaceAll("\n", " "));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, hasEnd) => {
        const ended = lines.map((text, at) => (at < lines.length - 1 || hasEnd ? `${text}\n` : text));
        await writeFile(path, ended.join(""));
        const wanted = ended.filter((text) => !text.startsWith('{"gone",')).join("");
        const dropped = await dropLines(path, '{"gone",', aside);
        expect(await readFile(path, "utf8")).toBe(wanted);
        expect(dropped).toBe(Buffer.byteLength(ended.join("")) - Buffer.byteLength(wanted));
      }),
      { numRuns: 40 },
    );
    expect([await readdir(folder), await readdir(aside)]).toEqual([["out.ndjson"], []]);
  });

  it("refuses a file that is not there, and leaves nothing behind", async () => {
    const folder = await tempFolder();
    await expect(dropLines(join(folder, "none"), "x", folder)).rejects.toThrow("ENOENT");
    expect(await readdir(folder)).toEqual([]);
  });

  it("leaves nothing beside the file when it is killed in the middle: what it made so far is where a start sweeps", async () => {
    const [folder, aside] = [await tempFolder(), await tempFolder()];
    const path = join(folder, "out.ndjson");
    await writeFile(path, "kept\ngone\n".repeat(200_000));
    const dropping = dropLines(path, "gone", aside);
    await expect.poll(() => readdir(aside), { interval: 1 }).not.toEqual([]);
    expect(await readdir(folder)).toEqual(["out.ndjson"]);
    await dropping;
  });
});
