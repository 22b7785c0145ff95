/**
 * The words of an archived session, as its `transcript.md` has them: kept beside
 * the tarball, so that a search opens none. Only a copy, known by the tarball's
 * sum; where it is missing it is made anew from the tarball, in the child process.
 */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { type ArchiveContext, OWN_NAMES } from "./context.ts";
import type { ArchiveInfo } from "./types.ts";
import { writeFileDurably } from "../json-file.ts";

/** What is longer is searched so far. */
export const MAX_WORDS_BYTES = 4 * 1024 * 1024;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Keeps the words of a session whose frozen folder is still there. Never fails: it is only a copy. */
export async function saveWords({ paths }: ArchiveContext, archive: ArchiveInfo): Promise<void> {
  const { root } = paths.archiving(archive.folder);
  const text = await beginning(join(root, OWN_NAMES.transcript)).catch(() => undefined);
  if (text !== undefined) await keep(paths.archive(archive.folder).words, archive, text);
}

/** The words of an archived session; undefined where its tarball does not give them. */
export async function readWords(context: ArchiveContext, archive: ArchiveInfo): Promise<string | undefined> {
  const { tarball, words } = context.paths.archive(archive.folder);
  const kept = await readFile(words)
    .then((bytes) => unpack(bytes, { maxOutputLength: MAX_WORDS_BYTES + 200 }))
    .then((bytes) => bytes.toString("utf8"))
    .catch(() => "");
  if (kept.startsWith(`${archive.sha256}\n`)) return kept.slice(archive.sha256.length + 1);
  const worker = context.startWorker();
  try {
    const read = await worker.run("words", { tarball, maxBytes: MAX_WORDS_BYTES, limits: context.limits });
    if (!read.ok) return undefined;
    await keep(words, archive, read.value.text);
    return read.value.text;
  } finally {
    await worker.end();
  }
}

async function keep(path: string, { sha256 }: ArchiveInfo, text: string): Promise<void> {
  await writeFileDurably(path, await pack(`${sha256}\n${text}`)).catch(() => {});
}

async function beginning(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_WORDS_BYTES), 0, MAX_WORDS_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
