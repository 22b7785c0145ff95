/** `store/archive/head-last-file.ts`: what comes first is written last. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHeadLastFile } from "../../bot/store/archive/head-last-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "head-last-"));
  path = join(folder, "file");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Buffer => Buffer.from(text);
const FULL = { fault: { kind: "disk_full" } };
const thrownBy = (act: () => void): unknown => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("a file whose head is known last", () => {
  it("has it first, then all that was added, before and after there was room", () => {
    const file = createHeadLastFile(path, 100);
    file.add(bytes("two "));
    file.add(bytes("three "));
    expect(file.heldBytes).toBe(10);
    file.leaveRoom(4);
    expect([file.heldBytes, statSync(path).size]).toEqual([0, 14]);
    file.add(bytes("four"));
    file.writeHead(bytes("one "));
    file.close();
    expect(readFileSync(path, "utf8")).toBe("one two three four");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is never longer than it may be, whether that shows before there is room, by it, or after", () => {
    const before = createHeadLastFile(path, 8);
    before.add(bytes("12345678"));
    expect(thrownBy(() => before.add(bytes("9")))).toMatchObject(FULL);
    expect(thrownBy(() => before.leaveRoom(1))).toMatchObject(FULL);
    before.close();
    rmSync(path);
    const after = createHeadLastFile(path, 8);
    after.leaveRoom(4);
    after.add(bytes("5678"));
    expect(thrownBy(() => after.add(bytes("9")))).toMatchObject(FULL);
    after.close();
    expect(statSync(path).size).toBe(8);
  });

  it("writes nothing once it is closed: its descriptor may be another's", () => {
    const file = createHeadLastFile(path, 100);
    file.add(bytes("two"));
    file.close();
    file.leaveRoom(4);
    expect(statSync(path).size).toBe(0);
  });

  it("takes the place of no other", () => {
    createHeadLastFile(path, 100).close();
    expect(thrownBy(() => createHeadLastFile(path, 100))).toMatchObject({ code: "EEXIST" });
  });
});
