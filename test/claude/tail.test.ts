import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tailFile } from "../../bot/claude/tail.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parley-tail-"));
  path = join(folder, "out");
  await writeFile(path, "");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readAll(
  chunks: AsyncIterable<Buffer>,
  onChunk: (text: string) => void = () => {},
): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) {
    parts.push(chunk);
    onChunk(chunk.toString());
  }
  return Buffer.concat(parts).toString();
}

test("a file that is finished is read to its end", async () => {
  const text = "x".repeat(200_000);
  await writeFile(path, text);
  const tail = tailFile(path);
  tail.finish();
  expect(await readAll(tail.chunks)).toBe(text);
});

test("what is written later is read, and what is written last before the finish too", async () => {
  const tail = tailFile(path);
  const reading = readAll(tail.chunks, (text) => {
    if (text === "one") void appendFile(path, "two");
    if (text === "two") void appendFile(path, "three").then(() => tail.finish());
  });
  await appendFile(path, "one");
  expect(await reading).toBe("onetwothree");
});

test("writes are seen by the poll alone, where a watch tells nothing", async () => {
  const tail = tailFile(path, { pollMs: 10 });
  const reading = readAll(tail.chunks, () => tail.finish());
  await appendFile(path, "seen");
  expect(await reading).toBe("seen");
});

test("a file that is not there has no bytes", async () => {
  const tail = tailFile(join(folder, "nothing"));
  expect(await readAll(tail.chunks)).toBe("");
});

test("every byte comes once and in order, however it is written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ maxLength: 50 }), { maxLength: 20 }), async (pieces) => {
      await writeFile(path, "");
      const tail = tailFile(path, { pollMs: 5 });
      const reading = readAll(tail.chunks);
      for (const piece of pieces) await appendFile(path, piece);
      tail.finish();
      expect(await reading).toBe(Buffer.from(pieces.join("")).toString());
    }),
    { numRuns: 30 },
  );
});
