/**
 * A folder copied with all that is in it. Promises to look first, so that
 * nothing is begun that is too much; never to follow a link; and that what is
 * neither file, folder nor link is left out. It does not know what the files are.
 */
import { constants } from "node:fs";
import { copyFile, lstat, mkdir, readdir, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../error-code.ts";
import { type DiskFull, orDiskFull } from "./disk.ts";

/** The most that may be copied. */
export interface CopyLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** What was copied, or why nothing. */
export type TreeCopy =
  | { readonly ok: true; readonly files: number; readonly bytes: number }
  | { readonly ok: false; readonly kind: "too_big" }
  | DiskFull;

interface Entry {
  readonly path: string;
  readonly kind: "folder" | "file" | "link";
  readonly bytes: number;
}

/** Copies the folders `pairs` (from, to), in place of what is at `to`; one that is not there is an empty one. */
export async function copyTrees(
  pairs: readonly (readonly [from: string, to: string])[],
  limits: CopyLimits,
): Promise<TreeCopy> {
  const found: { from: string; to: string; entries: Entry[] }[] = [];
  let files = 0;
  let bytes = 0;
  let left = limits.maxEntries;
  for (const [from, to] of pairs) {
    const entries = await list(from, left);
    if (entries === undefined) return { ok: false, kind: "too_big" };
    left -= entries.length;
    for (const entry of entries) {
      if (entry.kind === "file") files += 1;
      bytes += entry.bytes;
    }
    found.push({ from, to, entries });
  }
  if (bytes > limits.maxBytes) return { ok: false, kind: "too_big" };
  return orDiskFull(async () => {
    for (const { from, to, entries } of found) await copy(from, to, entries);
    return { ok: true, files, bytes } as const;
  });
}

/** All below `root`, folders before what is in them; undefined for more than `most`. */
async function list(root: string, most: number): Promise<Entry[] | undefined> {
  const entries: Entry[] = [];
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const names = await readdir(join(root, folder)).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    });
    if (entries.length + names.length > most) return undefined;
    for (const name of names) {
      const path = join(folder, name);
      // It may be gone by now.
      const stats = await lstat(join(root, path)).catch(() => undefined);
      if (stats?.isDirectory()) {
        entries.push({ path, kind: "folder", bytes: 0 });
        folders.push(path);
      } else if (stats?.isSymbolicLink()) entries.push({ path, kind: "link", bytes: 0 });
      else if (stats?.isFile()) entries.push({ path, kind: "file", bytes: stats.size });
    }
  }
  return entries;
}

async function copy(from: string, to: string, entries: readonly Entry[]): Promise<void> {
  // What an earlier try left that was killed.
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const { path, kind } of entries) {
    const [source, target] = [join(from, path), join(to, path)];
    try {
      if (kind === "folder") await mkdir(target);
      else if (kind === "link") await symlink(await readlink(source), target);
      // Where the file system can, the two share what neither changes.
      else await copyFile(source, target, constants.COPYFILE_FICLONE);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}
