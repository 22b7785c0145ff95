/**
 * A full disk, told from a broken one, and how full one is. It does not know what
 * was to be written.
 */
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../error-code.ts";

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
    const code = codeOf(error) ?? "";
    if (NO_ROOM.has(code)) return { ok: false, kind: "disk_full", code };
    throw error;
  }
}

/** What an ordinary user may still write where `path` lies, or the nearest folder above it that is there; undefined where that cannot be asked. */
export async function freeBytes(path: string): Promise<number | undefined> {
  const stats = await statfs(path).catch(() => undefined);
  if (stats !== undefined) return stats.bavail * stats.bsize;
  const parent = dirname(path);
  return parent === path ? undefined : freeBytes(parent);
}

/** The disk that a folder lies on, in bytes; `device` tells disks apart. */
export interface DiskSpace {
  readonly device: number;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** How much room the disk of `path` has; undefined where that cannot be asked. Cheap: nothing is counted file by file. */
export async function diskSpace(path: string): Promise<DiskSpace | undefined> {
  try {
    const [{ bavail, blocks, bsize }, { dev }] = await Promise.all([statfs(path), stat(path)]);
    return { device: dev, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}
