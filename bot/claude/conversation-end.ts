/**
 * Where a conversation ended when a process read it, and whether anything was
 * said since. Its file's age says nothing: each start makes it new. Nor does a few
 * bytes' growth: 2.1.329 notes now and then, after a turn, a word for itself. It
 * promises to take for nothing only what cannot be part of a conversation.
 */
import { type FileHandle, open } from "node:fs/promises";
import { parseObject } from "./loose-json.ts";

/** The file, how long it was, and what it ended with. */
export interface ConversationEnd {
  readonly ino: number;
  readonly size: number;
  readonly end: string;
}

const END_BYTES = 1_024;
/** What is noted beside a conversation is short. */
const MOST_NOTED_BYTES = 16 * 1_024;

/** Looks where it ends now; undefined where there is none. */
export function readEnd(path: string | undefined): Promise<ConversationEnd | undefined> {
  return withFile(path, async (file) => {
    const { ino, size } = await file.stat();
    return { ino, size, end: await endBefore(file, size) };
  });
}

/** Whether who read it up to `then` knows all that was said. A conversation only grows: what ended the same is the same. */
export async function knowsAll(
  then: ConversationEnd | undefined,
  path: string | undefined,
): Promise<boolean> {
  const isSame = await withFile(path, async (file) => {
    const { ino, size } = await file.stat();
    if (then === undefined || ino !== then.ino || size < then.size) return false;
    if ((await endBefore(file, then.size)) !== then.end) return false;
    const grown = size - then.size;
    return grown === 0 || (grown <= MOST_NOTED_BYTES && isNoted(await read(file, then.size, grown)));
  });
  return isSame ?? then === undefined;
}

/** Whether these are whole lines of which none is anybody's word: each of those has a uuid. */
function isNoted(bytes: Buffer): boolean {
  const lines = bytes.toString("utf8").split("\n");
  return (
    lines.pop() === "" &&
    lines.every((line) => {
      const noted = parseObject(line);
      return typeof noted?.["type"] === "string" && !("uuid" in noted) && !("message" in noted);
    })
  );
}

async function endBefore(file: FileHandle, size: number): Promise<string> {
  const from = Math.max(0, size - END_BYTES);
  return (await read(file, from, size - from)).toString("base64");
}

async function read(file: FileHandle, from: number, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, from);
  return buffer.subarray(0, bytesRead);
}

async function withFile<T>(
  path: string | undefined,
  look: (file: FileHandle) => Promise<T>,
): Promise<T | undefined> {
  const file = path === undefined ? undefined : await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    return await look(file);
  } finally {
    await file.close();
  }
}
