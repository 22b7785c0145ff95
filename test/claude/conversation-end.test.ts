import { appendFile, rename, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { knowsAll, readEnd } from "../../bot/claude/conversation-end.ts";
import { tempFolder } from "../store/room.ts";

const said = (text: string): string =>
  `${JSON.stringify({ type: "user", uuid: text, message: { content: text } })}\n`;
/** Seen: 2.1.329 writes such a line after some turns, while the next process waits already. */
const LATCH = `${JSON.stringify({ type: "atis-latch", sessionId: "d37868f0-d082-4629-a630-320028a13093" })}\n`;

async function conversation(): Promise<string> {
  const path = join(await tempFolder(), "c.jsonl");
  await writeFile(path, said("a".repeat(2_000)) + said("b"));
  return path;
}

describe("who read a conversation to its end", () => {
  it("knows all while nothing is written, or only what is nobody's word", async () => {
    const path = await conversation();
    const end = await readEnd(path);
    expect(await knowsAll(end, path)).toBe(true);
    await appendFile(path, LATCH);
    expect(await knowsAll(end, path)).toBe(true);
    await appendFile(path, LATCH);
    expect(await knowsAll(end, path)).toBe(true);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ["when more is said", (path) => appendFile(path, said("c"))],
    ["when more is said behind what is nobody's word", (path) => appendFile(path, LATCH + said("c"))],
    ["when half a line is there", (path) => appendFile(path, LATCH.slice(0, 20))],
    ["when it cannot be told what was written", (path) => appendFile(path, "{}\n")],
    ["when it cannot be read", (path) => appendFile(path, "{}}\n")],
    ["when very much was noted", (path) => appendFile(path, LATCH.repeat(1_000))],
    ["when it was cut", (path) => truncate(path, 2_000)],
    ["when its end was written over", (path) => writeFile(path, said("a".repeat(2_000)) + said("x") + LATCH)],
    [
      "when another lies in its place",
      async (path) => {
        await writeFile(`${path}.new`, said("a".repeat(2_000)) + said("b"));
        await rename(`${path}.new`, path);
      },
    ],
    ["when it is gone", (path) => rename(path, `${path}.old`)],
  ])("does not know all %s", async (_, change) => {
    const path = await conversation();
    const end = await readEnd(path);
    await change(path);
    expect(await knowsAll(end, path)).toBe(false);
  });

  it("knows all of one that is not there, until it is", async () => {
    const path = join(await tempFolder(), "c.jsonl");
    const end = await readEnd(path);
    expect(await knowsAll(end, path)).toBe(true);
    expect(await knowsAll(await readEnd(undefined), undefined)).toBe(true);
    await writeFile(path, said("a"));
    expect(await knowsAll(end, path)).toBe(false);
  });
});
