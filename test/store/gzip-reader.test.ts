/** `store/archive/gzip-reader.ts`: unpacked on all cores or on one, the same bytes, and no lie believed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withLength } from "../../bot/store/archive/gzip-index.ts";
import { gunzipped } from "../../bot/store/archive/gzip-reader.ts";
import { gzipMembers } from "../../bot/store/archive/gzip-writer.ts";
import { noise } from "./archive-kit.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gzip-reader-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(bytes: Buffer): Promise<{ unpacked: Buffer; passed: Buffer }> {
  const path = join(folder, "a.gz");
  writeFileSync(path, bytes);
  const unpacked: Buffer[] = [];
  const passed: Buffer[] = [];
  for await (const piece of gunzipped(path, (own) => passed.push(own))) unpacked.push(piece);
  return { unpacked: Buffer.concat(unpacked), passed: Buffer.concat(passed) };
}

async function packed(bytes: Buffer): Promise<Buffer> {
  const members: Buffer[] = [];
  for await (const member of gzipMembers([bytes])) members.push(member);
  return Buffer.concat(members);
}

const content = Buffer.concat([Buffer.alloc(2_500_000, "all the same "), noise(1_500_000)]);
const damaged = { fault: { kind: "damaged" } };

describe("a gzip file", () => {
  it("of ours gives its bytes in order, and its own beside them", async () => {
    const ours = await packed(content);
    const { unpacked, passed } = await read(ours);
    expect(unpacked.equals(content)).toBe(true);
    expect(passed.equals(ours)).toBe(true);
  });

  it("of another program gives the same", async () => {
    const theirs = Buffer.concat([
      gzipSync(content.subarray(0, 3_000_000)),
      gzipSync(content.subarray(3_000_000)),
    ]);
    const { unpacked, passed } = await read(theirs);
    expect(unpacked.equals(content)).toBe(true);
    expect(passed.equals(theirs)).toBe(true);
  });

  it("of ours is refused where a length is a lie", async () => {
    const ours = await packed(content);
    for (const lie of [0, 19, 20, 21, ours.readUInt32LE(16) - 1, ours.readUInt32LE(16) + 1, 0xffffffff]) {
      const lying = Buffer.from(ours);
      lying.writeUInt32LE(lie, 16);
      await expect(read(lying), `length ${lie}`).rejects.toMatchObject(damaged);
    }
  });

  it("of ours is refused where something hides between its members", async () => {
    const member = withLength(gzipSync("one"));
    const hidden = withLength(Buffer.concat([gzipSync("one"), Buffer.alloc(10)]));
    expect(gunzipSync(hidden).toString()).toBe("one");
    await expect(read(Buffer.concat([hidden, member]))).rejects.toMatchObject(damaged);
    await expect(read(Buffer.concat([member, Buffer.from("hidden")]))).rejects.toMatchObject(damaged);
    await expect(read(Buffer.concat([member, gzipSync("two")]))).rejects.toMatchObject(damaged);
  });

  it("of ours is refused where a member holds more than ours do, before it is unpacked", async () => {
    const bomb = withLength(gzipSync(Buffer.alloc(30_000_000)));
    await expect(read(Buffer.concat([withLength(gzipSync("one")), bomb]))).rejects.toMatchObject(damaged);
  });

  it("is refused where it is cut short", async () => {
    const ours = await packed(content);
    const theirs = gzipSync(content);
    for (const whole of [ours, theirs])
      for (const length of [10, 25, 5_000, whole.length - 1])
        await expect(read(whole.subarray(0, length)), `${length}`).rejects.toMatchObject(damaged);
  });

  it("can be left in the middle", async () => {
    const path = join(folder, "b.gz");
    for (const whole of [await packed(content), gzipSync(content)]) {
      writeFileSync(path, whole);
      for await (const piece of gunzipped(path)) {
        expect(content.subarray(0, piece.length).equals(piece)).toBe(true);
        break;
      }
    }
  });
});
