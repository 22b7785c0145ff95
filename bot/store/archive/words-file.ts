/**
 * The file in which the words of an archive lie beside its tarball: the tarball's
 * sum on the first line, then the words, gzipped. A copy, so it is replaced in one
 * go, but not made durable: torn, it does not unpack, and is made anew. It does not
 * know where the words come from.
 */
import { open, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { temporaryBeside } from "../json-file.ts";

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** The words kept in `path` of the tarball with this sum, at most `maxBytes` of them; undefined where there are none, or another's. */
export async function readKept(path: string, sha256: string, maxBytes: number): Promise<string | undefined> {
  const kept = await readFile(path)
    .then((bytes) => unpack(bytes, { maxOutputLength: maxBytes + 200 }))
    .then((bytes) => bytes.toString("utf8"))
    .catch(() => "");
  return kept.startsWith(`${sha256}\n`) ? kept.slice(sha256.length + 1) : undefined;
}

/** Keeps `words` in `path`. */
export async function writeKept(path: string, sha256: string, words: string | Buffer): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const bytes = await pack(Buffer.concat([Buffer.from(`${sha256}\n`), Buffer.from(words)]));
    await writeFile(temporary, bytes, { mode: 0o600, flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Keeps the first `maxBytes` of the file `from` in `to`. */
export async function keepWords(from: string, to: string, sha256: string, maxBytes: number): Promise<void> {
  const file = await open(from);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    await writeKept(to, sha256, buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
