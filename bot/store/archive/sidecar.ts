/**
 * The side file of an archive: what `/restore` shows without opening the tarball.
 * It can be made anew from the tarball, so it is never the proof of anything but
 * the tarball's hash. It does not open tarballs.
 */
import { readdir, stat } from "node:fs/promises";
import { z } from "zod";
import { codeOf } from "../../error-code.ts";
import { exists } from "./context.ts";
import type { Contents } from "./contents.ts";
import { type ArchiveInfo, type ListEntry, sessionSummary } from "./types.ts";
import { readJson, type ReadResult, writeJson } from "../json-file.ts";
import { mapBounded } from "../lanes.ts";
import { isFolderName, type Paths } from "../paths.ts";

const SIDECAR_VERSION = 1;
const AT_ONCE = 16;

const count = z.number().int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const sidecarSchema = z.object({
  version: z.literal(SIDECAR_VERSION),
  folder: z.string(),
  session: sessionSummary,
  archivedAt: z.string(),
  turns: count,
  entries: count,
  originalBytes: count,
  archiveBytes: count,
  sha256: hash,
  manifestSha256: hash,
  skippedCount: count,
});

/** The facts of a verified tarball, as its side file keeps them. */
export function describeArchive(
  contents: Contents,
  tarball: { sha256: string; archiveBytes: number },
): ArchiveInfo {
  const { folder, session, archivedAt, turns, entries, bytes, manifestSha256, skipped } = contents;
  return {
    folder,
    session,
    archivedAt,
    turns,
    entries,
    originalBytes: bytes,
    archiveBytes: tarball.archiveBytes,
    sha256: tarball.sha256,
    manifestSha256,
    skippedCount: skipped.length,
  };
}

/** Saves the side file, durably. */
export async function saveSidecar(paths: Paths, archive: ArchiveInfo): Promise<void> {
  await writeJson(paths.archive(archive.folder).sidecar, { version: SIDECAR_VERSION, ...archive });
}

/** Reads the side file of `folder`; one that names another folder is broken. */
export async function readSidecar(paths: Paths, folder: string): Promise<ReadResult<ArchiveInfo>> {
  const read = await readJson(paths.archive(folder).sidecar, sidecarSchema);
  if (!read.ok) return read;
  if (read.value.folder !== folder) return { ok: false, kind: "broken", detail: "another folder's" };
  const { version: _, ...archive } = read.value;
  return { ok: true, value: archive };
}

/** The folders that have a tarball or a side file. */
export async function archivedFolders(paths: Paths): Promise<string[]> {
  const folders = new Set<string>();
  for (const name of await readdir(paths.folders.archive)) {
    const folder = name.replace(/\.(?:tar\.gz|json)$/, "");
    if (folder !== name && isFolderName(folder)) folders.add(folder);
  }
  return [...folders].sort();
}

/** Every archive, newest first; what needs a look comes last. */
export async function listArchives(paths: Paths): Promise<ListEntry[]> {
  const archives: (ListEntry & { kind: "archive" })[] = [];
  const odd: ListEntry[] = [];
  const entries = await mapBounded(await archivedFolders(paths), AT_ONCE, (folder) => listOne(paths, folder));
  for (const entry of entries) {
    if (entry.kind === "archive") archives.push(entry);
    else odd.push(entry);
  }
  archives.sort((a, b) => b.archive.archivedAt.localeCompare(a.archive.archivedAt));
  return [...archives, ...odd];
}

async function listOne(paths: Paths, folder: string): Promise<ListEntry> {
  const size = await sizeOf(paths.archive(folder).tarball);
  if (size === undefined) return { kind: "needs_look", folder, why: "no_tarball" };
  const read = await readSidecar(paths, folder);
  if (!read.ok) {
    const why = ({ absent: "no_side_file", broken: "broken_side_file", newer: "newer" } as const)[read.kind];
    return { kind: "needs_look", folder, why };
  }
  if (size !== read.value.archiveBytes) return { kind: "needs_look", folder, why: "other_size" };
  return { kind: "archive", isLive: await exists(paths.session(folder).file), archive: read.value };
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
