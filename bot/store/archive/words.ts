/**
 * The words of an archived session, as its `transcript.md` has them: kept beside
 * the tarball, so that a search opens none. Only a copy, known by the tarball's
 * sum; where it is missing it is made anew from the tarball, in the child process.
 */
import { join } from "node:path";
import { type ArchiveContext, OWN_NAMES } from "./context.ts";
import type { Worker } from "./process.ts";
import type { ArchiveInfo } from "./types.ts";
import { readKept, writeKept } from "./words-file.ts";

/** What is longer is searched so far. */
export const MAX_WORDS_BYTES = 4 * 1024 * 1024;

/** Keeps the words of a session whose frozen folder is still there. Never fails: it is only a copy. */
export async function saveWords(
  { paths, limits }: ArchiveContext,
  worker: Worker,
  { folder, sha256 }: ArchiveInfo,
): Promise<void> {
  const from = join(paths.archiving(folder).root, OWN_NAMES.transcript);
  const to = paths.archive(folder).words;
  await worker.run("keepWords", { from, to, sha256, maxBytes: MAX_WORDS_BYTES, limits });
}

/** The words of an archived session; undefined where its tarball does not give them. */
export async function readWords(context: ArchiveContext, archive: ArchiveInfo): Promise<string | undefined> {
  const { tarball, words } = context.paths.archive(archive.folder);
  const kept = await readKept(words, archive.sha256, MAX_WORDS_BYTES);
  if (kept !== undefined) return kept;
  const worker = context.startWorker();
  try {
    const read = await worker.run("words", { tarball, maxBytes: MAX_WORDS_BYTES, limits: context.limits });
    if (!read.ok) return undefined;
    await writeKept(words, archive.sha256, read.value.text).catch(() => {});
    return read.value.text;
  } finally {
    await worker.end();
  }
}
