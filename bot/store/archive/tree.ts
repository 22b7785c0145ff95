/**
 * A folder on disk, looked at without trusting it: walked without following links,
 * and added up. Runs in the child process, so it looks synchronously; who looks at
 * all of it breathes now and then, so that a dead parent is noticed. It reads no
 * file, and writes nothing.
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { OWN_NAMES } from "./context.ts";
import { faultOf, type Limits, Refusal, type Skipped } from "./types.ts";
import { depthOf, isSafePath, type ManifestEntry } from "./manifest.ts";

/** A tree as it was found. `fingerprint` changes when anything in it is written, made, renamed or removed. */
export interface Survey<Entry = ManifestEntry> {
  readonly entries: Entry[];
  readonly skipped: Skipped[];
  /** Sizes of the files, added up. */
  readonly bytes: number;
  readonly fingerprint: string;
}

/** What is known of a file or folder before it is read. */
export type TreeEntry =
  | Extract<ManifestEntry, { type: "directory" }>
  | Omit<Extract<ManifestEntry, { type: "file" }>, "sha256">;

/** What stands at a path. */
export interface Found {
  readonly path: string;
  readonly stats: Stats;
}

// The first two say what is packed; none of these is part of it.
const UNLISTED: ReadonlySet<string> = new Set([
  OWN_NAMES.manifest,
  OWN_NAMES.order,
  // The way back of the last turns ends with the archive: it may be larger than all the rest.
  "snapshots.git",
]);

/** The fingerprint of a tree without reading its files. Throws a Refusal. */
export async function fingerprintTree(root: string, limits: Limits): Promise<string> {
  const print = createHash("sha256");
  const breath = createBreath();
  for (const found of walk(root, limits)) {
    print.update(printOf(found));
    await breath();
  }
  return print.digest("hex");
}

/** Adds up what is found. */
export function createTally(root: string, limits: Limits) {
  const entries: TreeEntry[] = [];
  const skipped: Skipped[] = [];
  const print = createHash("sha256");
  let bytes = 0;
  return {
    entries: entries as readonly TreeEntry[],
    /** Gives what it is packed as, if at all. */
    add(found: Found): TreeEntry | undefined {
      const { path, stats } = found;
      print.update(printOf(found));
      const entry = entryOf(found);
      if (entry === undefined) {
        skipped.push(skip(root, found));
        return undefined;
      }
      if (entry.type === "file") {
        bytes += stats.size;
        if (stats.size > limits.fileBytes) throw new Refusal({ kind: "too_big", what: "file", path });
        if (bytes > limits.bytes) throw new Refusal({ kind: "too_big", what: "bytes" });
      }
      entries.push(entry);
      return entry;
    },
    /** Once, when all was added. */
    survey: (): Survey<TreeEntry> => ({ entries, skipped, bytes, fingerprint: print.digest("hex") }),
  };
}

function entryOf({ path, stats }: Found): TreeEntry | undefined {
  const mode = stats.mode & 0o7777;
  if (stats.isDirectory()) return { type: "directory", path, mode };
  return stats.isFile() ? { type: "file", path, mode, size: stats.size } : undefined;
}

/** Everything below `root` in a fixed order, folders before what is in them. */
export function* walk(root: string, limits: Limits): Generator<Found> {
  const open: string[] = [""];
  let count = 0;
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const below: string[] = [];
    for (const name of namesIn(root, folder)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (UNLISTED.has(path)) continue;
      if (!isSafePath(path)) throw new Refusal({ kind: "unreadable", path });
      if (++count > limits.entries) throw new Refusal({ kind: "too_big", what: "entries" });
      if (depthOf(path) > limits.depth) throw new Refusal({ kind: "too_big", what: "depth", path });
      const stats = attempt(path, () => lstatSync(`${root}/${path}`));
      if (stats.isDirectory()) below.push(path);
      yield { path, stats };
    }
    open.push(...below.toReversed());
  }
}

/** Lets what came meanwhile be heard. */
export type Breath = () => Promise<void>;

const BREATH_MS = 20;

/** A breath now and then: one for each of many small files would cost as much as the file. */
export function createBreath(): Breath {
  let lastAt = 0;
  return async () => {
    if (performance.now() - lastAt < BREATH_MS) return;
    await breathe();
    lastAt = performance.now();
  };
}

function namesIn(root: string, folder: string): string[] {
  const names = attempt(folder, () => readdirSync(`${root}/${folder}`));
  // What a byte that is no UTF-8 becomes. A name that has one cannot be opened by its text, nor restored by it.
  if (names.some((name) => name.includes("\ufffd"))) {
    for (const bytes of attempt(folder, () => readdirSync(`${root}/${folder}`, { encoding: "buffer" }))) {
      const name = bytes.toString("utf8");
      if (Buffer.from(name).equals(bytes)) continue;
      throw new Refusal({ kind: "unreadable", path: folder === "" ? name : `${folder}/${name}` });
    }
  }
  return names.sort();
}

export function printOf({ path, stats }: Found): string {
  // Times as fractions of a ms, true to a quarter of a microsecond.
  const { mode, ino, size, mtimeMs, ctimeMs } = stats;
  return `${path}\0${mode} ${ino} ${size} ${mtimeMs} ${ctimeMs}\0`;
}

function skip(root: string, { path, stats }: Found): Skipped {
  if (stats.isSymbolicLink()) {
    return { path, kind: "symlink", target: attempt(path, () => readlinkSync(`${root}/${path}`)) };
  }
  if (stats.isFIFO()) return { path, kind: "fifo" };
  if (stats.isSocket()) return { path, kind: "socket" };
  if (stats.isBlockDevice() || stats.isCharacterDevice()) return { path, kind: "device" };
  return { path, kind: "other" };
}

export function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Refusal(faultOf(error, path));
  }
}
