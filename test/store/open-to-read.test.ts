/** `store/archive/open-to-read.ts`: read, and not even the time of it is kept. */
import {
  chownSync,
  closeSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openToRead } from "../../bot/store/archive/open-to-read.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-to-read-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(path: string): string {
  const file = openToRead(path);
  try {
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

it.runIf(process.platform === "linux")("leaves the time of the last reading as it was", () => {
  const path = join(folder, "a");
  writeFileSync(path, "a");
  const long = new Date("2020-02-02T02:02:02.000Z");
  utimesSync(path, long, new Date());
  expect(read(path)).toBe("a");
  expect(statSync(path).atime).toEqual(long);
});

it.runIf(process.geteuid?.() === 0)("reads what is another user's all the same", () => {
  const path = join(folder, "b");
  writeFileSync(path, "b", { mode: 0o644 });
  chownSync(folder, 65_534, 65_534);
  const { seteuid } = process;
  seteuid?.(65_534);
  try {
    expect(read(path)).toBe("b");
  } finally {
    seteuid?.(0);
  }
});
