/**
 * Files and folders → a gzipped tar. Runs in the child process, and reads
 * synchronously: what waits for the disk there keeps nobody waiting. It promises
 * to follow no link, to pack what it was told and nothing else, and to refuse a
 * file that is of another size than it should be. node-tar's own writer is not
 * used: it waits for ever on some trees (node-tar#295), and compresses on one
 * core. It does not know manifests.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Header, Pax } from "tar";
import { gzipMembers } from "./gzip-writer.ts";
import { faultOf, Refusal } from "./types.ts";

/** What is to be packed; `path` lies below the root. A file whose size is known must still have it. */
export interface Packed {
  readonly type: "file" | "directory";
  readonly path: string;
  readonly size?: number;
}

const BLOCK = 512;
const CHUNK_BYTES = 256 * 1024;
/** Two empty blocks end a tar. */
const END = Buffer.alloc(2 * BLOCK);

/**
 * Packs `entries` below `root`, in this order and nothing else, into a new file `part`, which is
 * durable afterwards. Throws a Refusal; `disk_full` also when it would grow beyond `maxBytes`.
 */
export async function writeTar(
  root: string,
  entries: readonly Packed[],
  part: string,
  maxBytes: number,
): Promise<void> {
  let written = 0;
  try {
    const file = await open(part, "wx", 0o600);
    try {
      for await (const member of gzipMembers(tarBytes(root, entries))) {
        written += member.length;
        if (written > maxBytes) throw new Refusal({ kind: "disk_full" });
        await file.writeFile(member);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Refusal(faultOf(error, ""));
  }
}

/** Throws a Refusal. */
function* tarBytes(root: string, entries: Iterable<Packed>): Generator<Buffer> {
  for (const entry of entries) {
    try {
      yield* entryBytes(root, entry);
    } catch (error) {
      throw new Refusal(faultOf(error, entry.path));
    }
  }
  yield END;
}

function* entryBytes(root: string, { type, path, size }: Packed): Generator<Buffer> {
  // O_NONBLOCK: were it a FIFO by now, opening it would wait for a writer for ever.
  const file = openSync(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (type === "file" ? !stats.isFile() : !stats.isDirectory()) throw changed(path);
    if (size !== undefined && size !== stats.size) throw changed(path);
    yield headerOf(type, path, stats);
    if (type === "file") yield* contentOf(file, path, stats.size);
  } finally {
    closeSync(file);
  }
}

function* contentOf(file: number, path: string, size: number): Generator<Buffer> {
  for (let left = size; left > 0;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, left));
    const count = readSync(file, chunk);
    if (count === 0) throw changed(path);
    left -= count;
    yield chunk.subarray(0, count);
  }
  yield END.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}

/** The header; before it an extended one where the name does not fit. Nothing in it says whose the file is. */
function headerOf(type: Packed["type"], path: string, { mode, size, mtime }: Stats): Buffer {
  const isFile = type === "file";
  const facts = { path: isFile ? `./${path}` : `./${path}/`, size: isFile ? size : 0, mtime };
  const header = new Header({
    ...facts,
    type: isFile ? "File" : "Directory",
    mode: (mode & 0o755) | (isFile ? 0o600 : 0o700),
  });
  const needsMore = header.encode();
  const block = header.block ?? Buffer.alloc(0);
  return needsMore ? Buffer.concat([new Pax(facts).encode(), block]) : block;
}

function changed(path: string): Refusal {
  return new Refusal({ kind: "changed", path });
}
