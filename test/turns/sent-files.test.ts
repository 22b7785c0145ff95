import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPaths } from "../../bot/store/paths.ts";
import { openSentFiles, type SentFiles } from "../../bot/turns/chat-tools/sent-files.ts";

let root: string;
const turn = () => createPaths({ sessions: root, archive: root, personas: root }).turn("home-0a1b2c3d", 5);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "parley-sent-"));
  await mkdir(turn().root, { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function keep(sent: SentFiles, key: string, text: string, maxBytes = 100) {
  const path = join(root, key);
  await writeFile(path, text);
  const file = await open(path);
  const kept = await sent.keep({
    key,
    file,
    source: path,
    name: `${key}.txt`,
    isPhoto: false,
    caption: "",
    maxBytes,
  });
  await file.close();
  return kept;
}

describe("the files that a turn sent", () => {
  it("are copies under numbers of ours, and found again by their request in the next life", async () => {
    const sent = await openSentFiles(turn());
    expect(sent.find("one")).toBeUndefined();
    await Promise.all([keep(sent, "one", "1"), keep(sent, "two", "22")]);
    await writeFile(join(root, "one"), "changed");
    const next = await openSentFiles(turn());
    const { id, file } = next.find("one") ?? {};
    expect(file).toMatchObject({ name: "one.txt", bytes: 1, isPhoto: false, caption: "" });
    expect(await readFile(file?.path ?? "", "utf8")).toBe("1");
    expect(next.find("two")?.id).not.toBe(id);
    expect(await keep(next, "three", "3")).toMatchObject({ ok: true, id: "file-3" });
  });

  it("are at most twenty, and each within its limit; what is refused leaves nothing behind", async () => {
    const sent = await openSentFiles(turn());
    expect(await keep(sent, "big", "x".repeat(101))).toEqual({ ok: false, kind: "too_big" });
    for (let number = 1; number <= 20; number += 1) await keep(sent, `file${number}`, "x");
    expect(await keep(sent, "last", "x")).toEqual({ ok: false, kind: "too_many" });
    expect(await readdir(turn().sent.root)).toHaveLength(21);
  });
});
