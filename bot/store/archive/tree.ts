/**
 * A folder on disk, looked at without trusting it: walked without following
 * links, hashed file by file. Runs in the child process, so it reads
 * synchronously, and breathes between reads so that a dead parent is noticed.
 * It promises to refuse what changes while it looks. It does not write.
 */
import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { OWN_NAMES } from "./context.ts";
import { faultOf, type Limits, Refusal, type Skipped } from "./types.ts";
import { depthOf, isSafePath, type ManifestEntry } from "./manifest.ts";

/** A tree as it was found. `fingerprint` changes when anything in it is written, made, renamed or removed. */
export interface Survey {
  readonly entries: ManifestEntry[];
  readonly skipped: Skipped[];
  readonly bytes: number;
  readonly fingerprint: string;
}

interface Found {
  readonly path: string;
  readonly stats: BigIntStats;
}

// The first two say what is packed; none of these is part of it.
const UNLISTED: ReadonlySet<string> = new Set([
  OWN_NAMES.manifest,
  OWN_NAMES.order,
  // The way back of the last turns ends with the archive: it may be larger than all the rest.
  "snapshots.git",
]);

/** Lists and hashes everything below `root`. Throws a Refusal. */
export async function surveyTree(root: string, limits: Limits): Promise<Survey> {
  const entries: ManifestEntry[] = [];
  const skipped: Skipped[] = [];
  const print = createHash("sha256");
  let bytes = 0;
  const breath = createBreath();
  for await (const found of walk(root, limits, breath)) {
    const { path, stats } = found;
    print.update(printOf(found));
    const mode = Number(stats.mode & 0o7777n);
    if (stats.isDirectory()) {
      entries.push({ type: "directory", path, mode });
    } else if (stats.isFile()) {
      bytes += Number(stats.size);
      if (stats.size > limits.fileBytes) throw new Refusal({ kind: "too_big", what: "file", path });
      if (bytes > limits.bytes) throw new Refusal({ kind: "too_big", what: "bytes" });
      const sha256 = await hashFile(root, found, breath);
      entries.push({ type: "file", path, mode, size: Number(stats.size), sha256 });
    } else {
      skipped.push(skip(root, found));
    }
  }
  return { entries, skipped, bytes, fingerprint: print.digest("hex") };
}

/** The fingerprint of a tree without reading its files. Throws a Refusal. */
export async function fingerprintTree(root: string, limits: Limits): Promise<string> {
  const print = createHash("sha256");
  for await (const found of walk(root, limits, createBreath())) print.update(printOf(found));
  return print.digest("hex");
}

/** Everything below `root` in a fixed order, folders before what is in them. */
async function* walk(root: string, limits: Limits, breath: Breath): AsyncGenerator<Found> {
  const open: string[] = [""];
  let count = 0;
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    await breath();
    const below: string[] = [];
    for (const name of namesIn(root, folder)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (UNLISTED.has(path)) continue;
      if (!isSafePath(path)) throw new Refusal({ kind: "unreadable", path });
      if (++count > limits.entries) throw new Refusal({ kind: "too_big", what: "entries" });
      if (depthOf(path) > limits.depth) throw new Refusal({ kind: "too_big", what: "depth", path });
      const stats = attempt(path, () => lstatSync(join(root, path), { bigint: true }));
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
  const names = attempt(folder, () => readdirSync(join(root, folder), { encoding: "buffer" }));
  return names
    .map((bytes) => {
      const name = bytes.toString("utf8");
      // A name that is not UTF-8 cannot be opened by its text, nor restored by it.
      if (!Buffer.from(name).equals(bytes))
        throw new Refusal({ kind: "unreadable", path: join(folder, name) });
      return name;
    })
    .sort();
}

/** The sha256 of a file, read to exactly the size it was found with. */
async function hashFile(root: string, found: Found, breath: Breath): Promise<string> {
  const { path, stats } = found;
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(1024 * 1024, Number(stats.size) + 1)));
  // O_NONBLOCK: were it a FIFO by now, opening it would wait for a writer for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = attempt(path, () => openSync(join(root, path), flags));
  try {
    let total = 0n;
    for (;;) {
      const count = attempt(path, () => readSync(file, chunk));
      if (count === 0) break;
      total += BigInt(count);
      if (total > stats.size) break;
      hash.update(chunk.subarray(0, count));
      await breath();
    }
    const after = fstatSync(file, { bigint: true });
    if (total !== stats.size || printOf({ path, stats: after }) !== printOf(found)) {
      throw new Refusal({ kind: "changed", path });
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

function printOf({ path, stats }: Found): string {
  const facts = [stats.mode, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" ");
  return `${path}\0${facts}\0`;
}

function skip(root: string, { path, stats }: Found): Skipped {
  if (stats.isSymbolicLink()) {
    return { path, kind: "symlink", target: attempt(path, () => readlinkSync(join(root, path))) };
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
