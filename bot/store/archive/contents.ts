/**
 * A tarball held against the manifest inside it, and written out if asked.
 * It promises that what it accepts is exactly what the manifest names: nothing
 * missing, nothing more, nothing twice, every byte. Runs in the child process.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  createReadStream,
  fchmodSync,
  futimesSync,
  mkdirSync,
  openSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { OWN_NAMES } from "./context.ts";
import { createFileSum } from "./file-sum.ts";
import { syncPaths } from "./sync.ts";
import { readFirst, readTar, type TarEntry } from "./tar-reader.ts";
import { faultOf, type Limits, Refusal, type SessionSummary, type Skipped } from "./types.ts";
import { damaged, isManifestOfOurs, type Manifest, type ManifestEntry, parseManifest } from "./manifest.ts";

const MAX_SUMMARY_UNITS = 16 * 1024;

/** What a whole archive says of itself. */
export interface Contents {
  readonly folder: string;
  readonly session: SessionSummary;
  readonly archivedAt: string;
  readonly turns: number;
  readonly entries: number;
  readonly bytes: number;
  readonly manifestSha256: string;
  readonly skipped: readonly Skipped[];
}

/** A whole archive, and the tarball that it was read from. */
export interface ReadArchive {
  readonly contents: Contents;
  readonly sha256: string;
  readonly archiveBytes: number;
}

/** Reads a tarball to its end and checks all of it; with `into`, an empty folder, also writes it out there, durably. Throws a Refusal. */
export async function readContents(tarball: string, limits: Limits, into?: string): Promise<ReadArchive> {
  const hash = createHash("sha256");
  let archiveBytes = 0;
  const onBytes = (bytes: Buffer): void => {
    hash.update(bytes);
    archiveBytes += bytes.length;
  };
  const contents = await readTar(tarball, (entries) => checkEntries(entries, limits, into), onBytes);
  return { contents, sha256: hash.digest("hex"), archiveBytes };
}

/** What a tarball says of itself, in its manifest alone: nothing of it is checked. Throws a Refusal. */
export async function readClaims(tarball: string, limits: Limits): Promise<Contents> {
  const read = await readFirst(tarball, async (entry) => {
    const bytes = await readManifest(entry, limits);
    if (!isManifestOfOurs(bytes.toString("utf8"))) throw damaged("another program's manifest");
    const { contents } = contentsOf(bytes, limits);
    const { session, archivedAt } = contents;
    // It is kept and shown before anything is checked: no name of ours is so long.
    if (JSON.stringify(session).length > MAX_SUMMARY_UNITS || Number.isNaN(Date.parse(archivedAt)))
      throw damaged("what no session of ours is");
    return { ...contents, skipped: [] };
  });
  if (read === undefined) throw damaged("it is empty");
  return read;
}

async function checkEntries(
  entries: AsyncIterable<TarEntry>,
  limits: Limits,
  into: string | undefined,
): Promise<Contents> {
  const open = new Map<string, ManifestEntry>();
  let claimed: Claimed | undefined;
  for await (const entry of entries) {
    if (claimed === undefined) {
      const bytes = await readManifest(entry, limits);
      claimed = contentsOf(bytes, limits);
      for (const expected of claimed.manifest.entries) open.set(expected.path, expected);
      if (into !== undefined) makeFolders(into, claimed.manifest, bytes);
      continue;
    }
    const expected = open.get(entry.path);
    if (expected === undefined) throw damaged("an entry too many");
    open.delete(entry.path);
    if (entry.type !== expected.type) throw damaged("an entry of another type");
    if (expected.type === "file") await readFile(entry, expected, into);
  }
  if (claimed === undefined) throw damaged("it is empty");
  if (open.size > 0) throw damaged(`${open.size} entries are missing`);
  if (into !== undefined) {
    await syncPaths(into, [OWN_NAMES.manifest, ...claimed.manifest.entries.map((entry) => entry.path)]);
  }
  return claimed.contents;
}

interface Claimed {
  readonly manifest: Manifest;
  readonly contents: Contents;
}

function contentsOf(text: Buffer, limits: Limits): Claimed {
  const manifest = parseManifest(text.toString("utf8"), limits);
  const { folder, session, archivedAt, turns, bytes, skipped } = manifest;
  const manifestSha256 = createHash("sha256").update(text).digest("hex");
  const entries = manifest.entries.length;
  return {
    manifest,
    contents: { folder, session, archivedAt, turns, bytes, skipped, manifestSha256, entries },
  };
}

/** The beginning of a file in a tarball, as text. */
export async function readText({ body }: TarEntry, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(Buffer.from(chunk.subarray(0, maxBytes - bytes)));
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The sha256 of a whole file. */
export async function hashWhole(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function readManifest(entry: TarEntry, limits: Limits): Promise<Buffer> {
  if (entry.path !== OWN_NAMES.manifest || entry.type !== "file")
    throw damaged("the manifest does not come first");
  if (entry.size > limits.manifestBytes) throw new Refusal({ kind: "too_big", what: "manifest" });
  const chunks: Buffer[] = [];
  for await (const chunk of entry.body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function readFile(
  entry: TarEntry,
  expected: ManifestEntry & { type: "file" },
  into: string | undefined,
): Promise<void> {
  if (entry.size !== expected.size) throw damaged("a file of another size");
  const file = into === undefined ? undefined : createFile(into, expected);
  const sum = createFileSum(entry.size);
  try {
    for await (const chunk of entry.body) {
      sum.add(chunk);
      if (file !== undefined) writeAll(file, chunk, expected.path);
    }
    if (sum.sha256() !== expected.sha256) throw damaged("a file of other bytes");
    if (file !== undefined) settle(file, entry, expected.path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function makeFolders(into: string, manifest: Manifest, bytes: Buffer): void {
  const at = (path: string, action: () => void) => {
    try {
      action();
    } catch (error) {
      throw new Refusal(writingFault(error, path));
    }
  };
  at(OWN_NAMES.manifest, () =>
    writeFileSync(join(into, OWN_NAMES.manifest), bytes, { mode: 0o600, flag: "wx" }),
  );
  for (const entry of manifest.entries) {
    if (entry.type === "directory") at(entry.path, () => mkdirSync(join(into, entry.path), 0o700));
  }
}

function createFile(into: string, expected: ManifestEntry): number {
  // Of the mode only "the owner may run it" comes back: no setuid, nothing for others.
  const mode = 0o600 | (expected.mode & 0o100);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    const file = openSync(join(into, expected.path), flags, mode);
    fchmodSync(file, mode);
    return file;
  } catch (error) {
    throw new Refusal(writingFault(error, expected.path));
  }
}

function writeAll(file: number, chunk: Buffer, path: string): void {
  try {
    for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
  } catch (error) {
    throw new Refusal(writingFault(error, path));
  }
}

function settle(file: number, entry: TarEntry, path: string): void {
  try {
    if (entry.mtime !== undefined && Number.isFinite(entry.mtime.getTime())) {
      futimesSync(file, entry.mtime, entry.mtime);
    }
  } catch (error) {
    throw new Refusal(writingFault(error, path));
  }
}

function writingFault(error: unknown, path: string) {
  const fault = faultOf(error, path);
  // While restoring, nothing "changes" or is "unreadable": the disk or the tarball is at fault.
  if (fault.kind === "changed" || fault.kind === "unreadable") {
    return { kind: "worker_failed", detail: `writing: ${String(error)}` } as const;
  }
  return fault;
}
