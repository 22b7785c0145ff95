/**
 * Parcels: tarballs that were sent in, each kept under a name of ours until the
 * person has said what becomes of it. It promises that one is found again whole
 * after a restart, or not at all, and that they never fill the disk. It does not
 * unpack them, and believes nothing that they say.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { constants, gunzipSync } from "node:zlib";
import { z } from "zod";
import { OWN_NAMES } from "./context.ts";
import { sessionSummary } from "./types.ts";
import { readJson, writeFileDurably, writeJson } from "../json-file.ts";
import type { Paths } from "../paths.ts";

const noteSchema = z.object({
  version: z.literal(1),
  /** The update that it came with. */
  updateId: z.int(),
  chatId: z.int(),
  /** Who sent it. */
  userId: z.int(),
  sha256: z.string(),
  archiveBytes: z.int(),
  /** What it says of itself. */
  folder: z.string(),
  session: sessionSummary,
  archivedAt: z.string(),
  turns: z.int(),
  /** What the message that it came with asked; the caller's. */
  order: z.unknown(),
});

/** What is known of a parcel. */
export type Parcel = Omit<z.infer<typeof noteSchema>, "version">;

const FIRST_NAME = `./${OWN_NAMES.manifest}\0`;
/** The most that some kB can unpack to. */
const MAX_HEAD_BYTES = 16 * 1024 * 1024;

/** The oldest beyond these make room. */
const MOST = 5;

/** Whether a file that begins with `head` (some kB of it) may be an archive of ours: a gzip, and in it first of all our manifest. */
export function beginsLikeArchive(head: Buffer): boolean {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return false;
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_HEAD_BYTES };
    const text = gunzipSync(head, options).toString("latin1", 0, FIRST_NAME.length);
    return text === FIRST_NAME;
  } catch {
    return false;
  }
}

/** Puts down the tarball of an update, to be looked into; gives where it lies. */
export async function putParcel(paths: Paths, updateId: number, bytes: Buffer): Promise<string> {
  const ids = await parcelIds(paths);
  for (const old of ids.slice(0, Math.max(0, ids.length - MOST + 1))) await dropParcel(paths, old);
  const { tarball } = paths.parcel(updateId);
  await writeFileDurably(tarball, bytes);
  return tarball;
}

/** Keeps what is known of it: from now on it is found. */
export async function keepParcel(paths: Paths, parcel: Parcel): Promise<void> {
  await writeJson(paths.parcel(parcel.updateId).note, { version: 1, ...parcel });
}

/** The parcel of an update; undefined where there is none any more. */
export async function readParcel(paths: Paths, updateId: number): Promise<Parcel | undefined> {
  const read = await readJson(paths.parcel(updateId).note, noteSchema);
  if (!read.ok || read.value.updateId !== updateId) return undefined;
  const { version: _, ...parcel } = read.value;
  return parcel;
}

/** Removes a parcel; one that is not there is no fault. */
export async function dropParcel(paths: Paths, updateId: number): Promise<void> {
  const { note, tarball } = paths.parcel(updateId);
  // The note first: without it nobody finds the other.
  for (const path of [note, tarball]) await rm(path, { force: true });
}

/** The updates that parcels came with, the first first: by the clock, since after a quiet week Telegram's numbers go on from anywhere. */
async function parcelIds(paths: Paths): Promise<number[]> {
  const names = await readdir(paths.folders.archive);
  const ids = names.flatMap((name) => /^\.parcel-(\d{1,15})\.(?:tar\.gz|json)$/.exec(name)?.[1] ?? []);
  const parcels = await Promise.all(
    [...new Set(ids.map(Number))].map(async (id) => {
      // Without its tarball it is what a crash has left.
      const stats = await stat(paths.parcel(id).tarball).catch(() => undefined);
      return { id, cameAtMs: stats?.mtimeMs ?? 0 };
    }),
  );
  return parcels.sort((a, b) => a.cameAtMs - b.cameAtMs || a.id - b.id).map(({ id }) => id);
}
