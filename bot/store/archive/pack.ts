/**
 * A live session → a verified tarball. The steps are in order on one screen; after
 * each the process may die. It promises that the session's folder is deleted only
 * when a tarball with the same bytes is durable, and put back if there is none.
 */
import { link, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import {
  type ArchiveContext,
  exists,
  moveFolder,
  OWN_NAMES,
  removeOwnNames,
  removeTree,
  spareBytes,
} from "./context.ts";
import { saveWords } from "./words.ts";
import type { Worker } from "./process.ts";
import { describeArchive, readSidecar, saveSidecar } from "./sidecar.ts";
import {
  type ArchiveInfo,
  type ClaudeFile,
  type Fault,
  faultOf,
  type PackFailure,
  type PackResult,
  type SessionSummary,
  sessionSummary,
  type Skipped,
} from "./types.ts";
import { codeOf } from "../../error-code.ts";
import { sweepTemporary, syncFolder, writeJson } from "../json-file.ts";

/** A session as archiving needs it; every Session is one. */
export interface Packable extends SessionSummary {
  readonly folder: string;
}

/** What was asked for, kept in the frozen folder so that a start can pack again. */
export const orderSchema = z.object({
  version: z.literal(1),
  session: sessionSummary,
  claudeFiles: z.array(z.object({ from: z.string(), as: z.string() })),
});
export type Order = z.infer<typeof orderSchema>;

const ATTEMPTS = 3;

/** See `createArchives`. */
export async function packSession(
  context: ArchiveContext,
  packable: Packable,
  claudeFiles: readonly ClaudeFile[],
): Promise<PackResult> {
  const { folder } = packable;
  const live = context.paths.session(folder).root;
  const frozen = context.paths.archiving(folder).root;
  if (!(await exists(live)) || (await exists(frozen))) return { ok: false, failure: { kind: "absent" } };
  for (const name of Object.values(OWN_NAMES)) {
    if (await exists(join(live, name))) return { ok: false, failure: { kind: "reserved", name } };
  }
  const worker = context.startWorker();
  try {
    return await packLive(context, worker, packable, claudeFiles);
  } finally {
    await worker.end();
  }
}

/** The child starts meanwhile. */
async function packLive(
  context: ArchiveContext,
  worker: Worker,
  packable: Packable,
  claudeFiles: readonly ClaudeFile[],
): Promise<PackResult> {
  const { folder } = packable;
  await moveFolder(context.paths.session(folder).root, context.paths.archiving(folder).root);
  await context.checkpoint("archive:frozen");
  const order: Order = {
    version: 1,
    session: sessionSummary.parse(packable),
    claudeFiles: claudeFiles.map(({ from, as }) => ({ from, as })),
  };
  const result = await orFailure(() => packFrozen(context, worker, folder, order));
  if (!result.ok) await putBack(context, folder);
  return result;
}

/** Everything after the freeze, for the first time or again. A failure leaves the frozen folder, and no half tarball. */
export async function packFrozen(
  context: ArchiveContext,
  worker: Worker,
  folder: string,
  order: Order,
): Promise<PackResult> {
  const { paths } = context;
  const { part } = paths.archive(folder);
  const frozen = paths.archiving(folder).root;
  await writeJson(join(frozen, OWN_NAMES.order), order);
  try {
    let packed: Packed = { ok: false, failure: { kind: "changed", path: "" } };
    for (let tries = 0; tries < ATTEMPTS && !packed.ok && packed.failure.kind === "changed"; tries++) {
      packed = await packOnce(context, worker, folder, order);
    }
    if (!packed.ok) return packed;
    const failure = await publish(context, worker, packed.archive);
    if (failure !== undefined) return { ok: false, failure };
    await context.checkpoint("archive:published");
    await settle(context, worker, packed.archive);
    return packed;
  } finally {
    await rm(part, { force: true });
  }
}

type Packed =
  | { ok: true; archive: ArchiveInfo; skipped: readonly Skipped[] }
  | { ok: false; failure: PackFailure };

async function packOnce(
  context: ArchiveContext,
  worker: Worker,
  folder: string,
  order: Order,
): Promise<Packed> {
  const { limits, paths } = context;
  const { part } = paths.archive(folder);
  const root = paths.archiving(folder).root;
  await rm(part, { force: true });

  const gathered = await worker.run("gather", { root, ...order, limits });
  if (!gathered.ok) return refused(gathered.failure);
  await context.checkpoint("archive:gathered");

  const maxBytes = await spareBytes(paths.folders.archive, limits.freeBytes);
  if (maxBytes <= 0) return refused({ kind: "disk_full" });
  const { session } = order;
  const facts = { folder, session, turns: gathered.value.turns, archivedAt: context.now().toISOString() };
  const packed = await worker.run("pack", { root, part, maxBytes, facts, limits });
  if (!packed.ok) return refused(packed.failure);
  await context.checkpoint("archive:packed");

  const verified = await worker.run("verify", { tarball: part, isNew: true, limits });
  // What does not read back as it was hashed was written to in between, or the disk lies: once more.
  if (!verified.ok)
    return refused(verified.failure.kind === "damaged" ? { kind: "changed", path: "" } : verified.failure);
  const { contents } = verified.value;
  if (contents.manifestSha256 !== packed.value.manifestSha256)
    return refused({ kind: "changed", path: OWN_NAMES.manifest });
  // The tarball equals the manifest; does the folder still? What was written since would be deleted with it.
  const after = await worker.run("fingerprint", { root, limits });
  if (!after.ok) return refused(after.failure);
  if (after.value.fingerprint !== packed.value.fingerprint) return refused({ kind: "changed", path: "" });
  await context.checkpoint("archive:verified");
  return { ok: true, archive: describeArchive(contents, verified.value), skipped: contents.skipped };
}

/** Gives the verified part its name. An older archive of the same session is replaced; of another one, never. */
async function publish(
  context: ArchiveContext,
  worker: Worker,
  archive: ArchiveInfo,
): Promise<PackFailure | undefined> {
  const { part, tarball } = context.paths.archive(archive.folder);
  if (!(await exists(tarball))) {
    try {
      // link() never overwrites, whatever appeared since the question above.
      await link(part, tarball);
      await rm(part);
    } catch (error) {
      if (codeOf(error) === "EEXIST") return { kind: "exists" };
      if (!["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"].includes(codeOf(error) ?? "")) throw error;
      await rename(part, tarball);
    }
  } else if ((await sessionOf(context, worker, archive.folder)) === archive.session.id) {
    await rename(part, tarball);
  } else {
    return { kind: "exists" };
  }
  await syncFolder(dirname(tarball));
  return undefined;
}

/** Whose archive lies there; undefined if nobody can say. */
async function sessionOf(
  context: ArchiveContext,
  worker: Worker,
  folder: string,
): Promise<string | undefined> {
  const sidecar = await readSidecar(context.paths, folder);
  if (sidecar.ok) return sidecar.value.session.id;
  const { tarball } = context.paths.archive(folder);
  const read = await worker.run("verify", { tarball, limits: context.limits });
  return read.ok ? read.value.contents.session.id : undefined;
}

/** After the tarball is there: its side file, and then the end of the folder. */
export async function settle(context: ArchiveContext, worker: Worker, archive: ArchiveInfo): Promise<void> {
  const { paths } = context;
  await Promise.all([saveWords(context, worker, archive), saveSidecar(paths, archive)]);
  await context.checkpoint("archive:listed");
  // Renamed first: a folder that is half deleted must never be taken for a session again.
  const doomed = paths.deleting(archive.folder).root;
  await removeTree(doomed);
  await moveFolder(paths.archiving(archive.folder).root, doomed);
  await context.checkpoint("archive:doomed");
  // What cannot be deleted now is deleted by the next start.
  await worker.run("remove", { root: doomed, limits: context.limits });
  await context.checkpoint("archive:deleted");
}

/** Makes a frozen session live again. */
export async function putBack(context: ArchiveContext, folder: string): Promise<void> {
  const frozen = context.paths.archiving(folder).root;
  await removeOwnNames(frozen);
  await sweepTemporary(frozen);
  await moveFolder(frozen, context.paths.session(folder).root);
}

/** Runs `work`; an error of the disk becomes a failure, so that the session is put back. */
export async function orFailure(work: () => Promise<PackResult>): Promise<PackResult> {
  try {
    return await work();
  } catch (error) {
    return refused(faultOf(error, ""));
  }
}

function refused(fault: Fault): { ok: false; failure: PackFailure } {
  if (fault.kind === "newer" || fault.kind === "damaged") {
    return { ok: false, failure: { kind: "worker_failed", detail: JSON.stringify(fault) } };
  }
  return { ok: false, failure: fault };
}
