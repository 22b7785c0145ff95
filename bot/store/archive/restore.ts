/**
 * A tarball → a live session. It promises that nothing is written before the whole
 * tarball was checked, nothing outside its own folder ever, and that the session
 * appears complete or not at all. The tarball is not touched.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type ArchiveContext,
  exists,
  moveFolder,
  OWN_NAMES,
  removeOwnNames,
  removeTree,
  spareBytes,
} from "./context.ts";
import type { Contents } from "./contents.ts";
import type { Worker } from "./process.ts";
import { readSidecar } from "./sidecar.ts";
import { type Fault, faultOf, type RestoreFailure, type RestoreResult } from "./types.ts";
import { syncFolder } from "../json-file.ts";

/**
 * Puts the CLI's own files back, durably, from `claude/` below `root`, the restored folder; gives why it could not. May
 * change `session.json`, which is where it will stay. May be called again for the same session.
 */
export type PlaceFiles = (root: string) => Promise<RestoreFailure | undefined | void>;

/** Which tarball, and what is known of it. */
export interface Source {
  readonly folder: string;
  readonly tarball: string;
  readonly sha256?: string;
}

// A folder entry and a last half-empty block for each file.
const ENTRY_BYTES = 4096;

/** See `createArchives`. */
export async function restoreSession(
  context: ArchiveContext,
  folder: string,
  place: PlaceFiles,
): Promise<RestoreResult> {
  const { paths } = context;
  const sidecar = await readSidecar(paths, folder);
  if (!sidecar.ok && sidecar.kind === "newer") {
    return { ok: false, failure: { kind: "newer", version: Number(/\d+/.exec(sidecar.detail)?.[0] ?? 0) } };
  }
  const { tarball } = paths.archive(folder);
  const known = sidecar.ok ? { sha256: sidecar.value.sha256 } : {};
  return restoreFrom(context, { folder, tarball, ...known }, place);
}

/** See `createArchives`. */
export async function restoreFrom(
  context: ArchiveContext,
  source: Source,
  place: PlaceFiles,
): Promise<RestoreResult> {
  const { paths } = context;
  const { folder } = source;
  if (!(await exists(source.tarball))) return { ok: false, failure: { kind: "absent" } };
  if (await isTaken(context, folder)) return { ok: false, failure: { kind: "exists" } };
  const worker = context.startWorker();
  const staging = paths.restoring(folder).root;
  try {
    const result = await unpack(context, worker, source);
    if (!result.ok) return result;
    const placed = await placeFiles(place, staging);
    if (placed !== undefined) return { ok: false, failure: placed };
    await context.checkpoint("restore:placed");
    await removeOwnNames(staging);
    await syncFolder(staging);
    await context.checkpoint("restore:cleared");
    if (await isTaken(context, folder)) return { ok: false, failure: { kind: "exists" } };
    await moveFolder(staging, paths.session(folder).root);
    await context.checkpoint("restore:published");
    return { ok: true, session: result.contents.session, skipped: result.contents.skipped };
  } catch (error) {
    return refused(faultOf(error, ""));
  } finally {
    await worker.end();
    await removeTree(staging);
  }
}

/** What a tarball says of itself, or why that is not known; `damaged` also where it is no archive of ours. */
export type Claims = { ok: true; contents: Contents } | { ok: false; failure: RestoreFailure };

/** See `createArchives`. */
export async function askForClaims(context: ArchiveContext, tarball: string): Promise<Claims> {
  const worker = context.startWorker();
  try {
    const read = await worker.run("claims", { tarball, limits: context.limits });
    return read.ok ? { ok: true, contents: read.value.contents } : refused(read.failure);
  } finally {
    await worker.end();
  }
}

type Unpacked = { ok: true; contents: Contents } | { ok: false; failure: RestoreFailure };

async function unpack(
  context: ArchiveContext,
  worker: Worker,
  { folder, tarball, sha256 }: Source,
): Promise<Unpacked> {
  const { limits, paths } = context;
  const into = paths.restoring(folder).root;

  const ask = { tarball, limits, ...(sha256 === undefined ? {} : { sha256 }) };
  const verified = await worker.run("verify", ask);
  if (!verified.ok) return refused(verified.failure);
  const { contents } = verified.value;
  if (contents.folder !== folder) return refused({ kind: "damaged", detail: "another session's archive" });
  await context.checkpoint("restore:inspected");

  const spare = await spareBytes(paths.folders.sessions, limits.freeBytes);
  if (contents.bytes + contents.entries * ENTRY_BYTES > spare) return refused({ kind: "disk_full" });
  await removeTree(into);
  await mkdir(into, { mode: 0o700 });
  const extracted = await worker.run("extract", { tarball, into, limits });
  if (!extracted.ok) return refused(extracted.failure);
  await context.checkpoint("restore:extracted");

  const compared = await worker.run("compare", { root: into, limits });
  if (!compared.ok) return refused(compared.failure);
  if (compared.value.difference !== undefined || compared.value.manifestSha256 !== contents.manifestSha256) {
    return refused({ kind: "damaged", detail: "what was written reads back differently" });
  }
  await context.checkpoint("restore:compared");
  return { ok: true, contents };
}

async function placeFiles(place: PlaceFiles, root: string): Promise<RestoreFailure | undefined> {
  try {
    await mkdir(join(root, OWN_NAMES.claude), { recursive: true, mode: 0o700 });
    return (await place(root)) ?? undefined;
  } catch (error) {
    return { kind: "place_failed", detail: error instanceof Error ? error.message : "thrown" };
  }
}

/** Live, or frozen halfway into an archive. */
async function isTaken({ paths }: ArchiveContext, folder: string): Promise<boolean> {
  return (await exists(paths.session(folder).root)) || (await exists(paths.archiving(folder).root));
}

function refused(fault: Fault): { ok: false; failure: RestoreFailure } {
  if (fault.kind === "changed" || fault.kind === "unreadable") {
    return { ok: false, failure: { kind: "worker_failed", detail: JSON.stringify(fault) } };
  }
  return { ok: false, failure: fault };
}
