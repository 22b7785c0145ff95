/**
 * How much room the disk has. It promises facts and no judgement: the floor below
 * which no turn starts is the caller's.
 */
import { statfs } from "node:fs/promises";

/** Bytes that may still be written to the disk of `folder`, and its size. */
export async function readFreeSpace(folder: string): Promise<{ freeBytes: number; totalBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** No room: an expected failure, told to the person. Every other error of the disk is a broken machine. */
export interface DiskFull {
  readonly ok: false;
  readonly kind: "disk_full";
  readonly code: string;
}

const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Runs `work`; an error that means "no room" becomes a value, every other is thrown. */
export async function orDiskFull<T>(work: () => Promise<T>): Promise<T | DiskFull> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (NO_ROOM.has(code)) return { ok: false, kind: "disk_full", code };
    throw error;
  }
}
