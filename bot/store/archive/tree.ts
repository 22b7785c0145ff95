/**
 * A folder on disk, looked at without trusting it: walked without following
 * links, and hashed file by file where that is asked for. Runs in the child process, so it reads
 * synchronously, and breathes between reads so that a dead parent is noticed.
 * It promises to refuse what changes while it looks. It does not write.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, lstatSync, readdirSync, readlinkSync, readSync, type Stats } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { OWN_NAMES } from "./context.ts";
import { openToRead } from "./open-to-read.ts";
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

interface Found {
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

/** Lists everything below `root` and reads no file. Throws a Refusal. */
export function listTree(root: string, limits: Limits): Promise<Survey<TreeEntry>> {
  return look(root, limits, async (entry) => entry);
}

/** Lists and hashes everything below `root`. Throws a Refusal. */
export function surveyTree(root: string, limits: Limits): Promise<Survey> {
  return look(root, limits, async (entry, found, breath) =>
    entry.type === "directory" ? entry : { ...entry, sha256: await hashFile(root, found, breath) },
  );
}

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

async function look<Entry>(
  root: string,
  limits: Limits,
  read: (entry: TreeEntry, found: Found, breath: Breath) => Promise<Entry>,
): Promise<Survey<Entry>> {
  const entries: Entry[] = [];
  const skipped: Skipped[] = [];
  const print = createHash("sha256");
  let bytes = 0;
  const breath = createBreath();
  for (const found of walk(root, limits)) {
    const { path, stats } = found;
    print.update(printOf(found));
    const mode = stats.mode & 0o7777;
    if (stats.isDirectory()) {
      entries.push(await read({ type: "directory", path, mode }, found, breath));
    } else if (stats.isFile()) {
      const { size } = stats;
      bytes += size;
      if (size > limits.fileBytes) throw new Refusal({ kind: "too_big", what: "file", path });
      if (bytes > limits.bytes) throw new Refusal({ kind: "too_big", what: "bytes" });
      entries.push(await read({ type: "file", path, mode, size }, found, breath));
    } else {
      skipped.push(skip(root, found));
    }
    await breath();
  }
  return { entries, skipped, bytes, fingerprint: print.digest("hex") };
}

/** Everything below `root` in a fixed order, folders before what is in them. */
function* walk(root: string, limits: Limits): Generator<Found> {
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
type Breath = () => Promise<void>;

const BREATH_MS = 20;

/** A breath now and then: one for each of many small files would cost as much as the file. */
function createBreath(): Breath {
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

/** The sha256 of a file, read to exactly the size it was found with. */
async function hashFile(root: string, found: Found, breath: Breath): Promise<string> {
  const { path, stats } = found;
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(1024 * 1024, stats.size + 1)));
  const file = attempt(path, () => openToRead(`${root}/${path}`));
  try {
    let total = 0;
    for (;;) {
      const count = attempt(path, () => readSync(file, chunk));
      if (count === 0) break;
      total += count;
      if (total > stats.size) break;
      hash.update(chunk.subarray(0, count));
      await breath();
    }
    const after = fstatSync(file);
    if (total !== stats.size || printOf({ path, stats: after }) !== printOf(found)) {
      throw new Refusal({ kind: "changed", path });
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

function printOf({ path, stats }: Found): string {
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

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Refusal(faultOf(error, path));
  }
}
