/**
 * What every part of archiving is given, and the few moves on folders they share.
 * It does not know what a step is for.
 */
import { chmod, lstat, readdir, rename, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf } from "../../error-code.ts";
import type { Worker } from "./process.ts";
import type { Checkpoint, Limits } from "./types.ts";
import { syncFolder } from "../json-file.ts";
import type { Paths } from "../paths.ts";

export interface ArchiveContext {
  readonly paths: Paths;
  readonly now: () => Date;
  readonly checkpoint: (name: Checkpoint) => Promise<void>;
  readonly limits: Limits;
  readonly startWorker: () => Worker;
}

/** The names in a session's folder that are archiving's own: there while it is packed, gone when it is live. */
export const OWN_NAMES = {
  claude: "claude",
  transcript: "transcript.md",
  manifest: "manifest.json",
  /** What was asked for, so that a start can pack again. Not packed itself. */
  order: "archive-order.json",
} as const;

/** Whether something lies at `path`; a dangling link counts. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Renames a folder beside itself, durably. */
export async function moveFolder(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Deletes everything below `path`, or nothing if it is not there; folders that their owner may not write to, too. */
export async function removeTree(path: string): Promise<void> {
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove();
  } catch (error) {
    if (codeOf(error) !== "EACCES" && codeOf(error) !== "EPERM") throw error;
    // Tools make such folders, e.g. Go for its modules. What belongs to another user still refuses.
    await openFolders(path).catch(() => {});
    await remove();
  }
}

/** Lets the owner delete what is in `folder` and in all folders below it; follows no link. */
async function openFolders(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(folder, entry.name)).catch(() => {});
  }
}

/** Removes archiving's own names from a session's folder. */
export async function removeOwnNames(root: string): Promise<void> {
  for (const name of Object.values(OWN_NAMES)) await removeTree(join(root, name));
}

/** Bytes that may still be written below `path` with `keepFree` left over; below zero when there is less already. */
export async function spareBytes(path: string, keepFree: number): Promise<number> {
  const disk = await statfs(path);
  return disk.bavail * disk.bsize - keepFree;
}
