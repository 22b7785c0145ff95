/**
 * Files and folders → the bytes of a tar. Runs in the child process, and reads
 * synchronously: what waits for the disk there keeps nobody waiting. It promises
 * to follow no link, to give what it was told and nothing else, and to refuse a
 * file that is of another size than it should be. node-tar's own writer is not
 * used: it waits for ever on some trees (node-tar#295), and compresses on one
 * core. It does not know manifests.
 */
import { closeSync, fstatSync, readSync } from "node:fs";
import { createFileSum } from "./file-sum.ts";
import { openToRead } from "./open-to-read.ts";
import { BLOCK, encodeHeader } from "./tar-header.ts";
import { faultOf, Refusal } from "./types.ts";

/** What is to be packed; `path` lies below the root. */
export type Packed =
  | { readonly type: "directory"; readonly path: string }
  | { readonly type: "file"; readonly path: string; readonly size: number };

const CHUNK_BYTES = 256 * 1024;
/** Two empty blocks end a tar. */
const END = Buffer.alloc(2 * BLOCK);

/**
 * The bytes of `entries` below `root`, in this order, and of the tar's end. `onFile` is given the sha256 of each file, in
 * their order. A piece is written over by the next. Throws a Refusal.
 */
export function* tarBytes(
  root: string,
  entries: Iterable<Packed>,
  onFile: (sha256: string) => void,
): Generator<Buffer> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (const entry of entries) {
    try {
      yield* entryBytes(root, entry, chunk, onFile);
    } catch (error) {
      throw new Refusal(faultOf(error, entry.path));
    }
  }
  yield END;
}

/** A file that lies nowhere, as the bytes of a tar. */
export function textBytes(path: string, text: Buffer, mtime: Date): Buffer[] {
  const { length: size } = text;
  return [headerOf("file", path, { mode: 0o600, size, mtime }), text, fillOf(size)];
}

function* entryBytes(
  root: string,
  entry: Packed,
  chunk: Buffer,
  onFile: (sha256: string) => void,
): Generator<Buffer> {
  const { type, path } = entry;
  const file = openToRead(`${root}/${path}`);
  try {
    const stats = fstatSync(file);
    if (type === "file" ? !stats.isFile() : !stats.isDirectory()) throw changed(path);
    if (type === "file" && entry.size !== stats.size) throw changed(path);
    yield headerOf(type, path, stats);
    if (type === "file") onFile(yield* contentOf(file, path, stats.size, chunk));
  } finally {
    closeSync(file);
  }
}

/** Gives the sha256 of what it read. */
function* contentOf(file: number, path: string, size: number, chunk: Buffer): Generator<Buffer, string> {
  const sum = createFileSum(size);
  for (let left = size; left > 0;) {
    const count = readSync(file, chunk, 0, Math.min(CHUNK_BYTES, left), null);
    if (count === 0) throw changed(path);
    const piece = chunk.subarray(0, count);
    sum.add(piece);
    left -= count;
    yield piece;
  }
  yield fillOf(size);
  return sum.sha256();
}

/** What fills the last block of a file. */
function fillOf(size: number): Buffer {
  return END.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}

/** Nothing in it says whose the file is. */
function headerOf(
  type: Packed["type"],
  path: string,
  { mode, size, mtime }: { mode: number; size: number; mtime: Date },
): Buffer {
  return type === "file"
    ? encodeHeader("File", { path: `./${path}`, size, mtime, mode: (mode & 0o755) | 0o600 })
    : encodeHeader("Directory", { path: `./${path}/`, size: 0, mtime, mode: (mode & 0o755) | 0o700 });
}

function changed(path: string): Refusal {
  return new Refusal({ kind: "changed", path });
}
