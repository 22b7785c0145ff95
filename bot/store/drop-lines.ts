/**
 * Takes lines out of a file that nobody writes to any more. It promises the old
 * file or the new one, whole, whenever the process dies, and every other byte as
 * it was. It does not know what the lines say.
 */
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder, temporaryBeside } from "./json-file.ts";

const CHUNK_BYTES = 256 * 1024;
const LINE_END = 0x0a;

/**
 * Removes the lines that begin with `prefix`, in bytes; gives how many bytes that were. Throws if the disk refuses; the
 * file is whole then. The new one grows in `folder`, of the same file system, where a start sweeps what a kill left.
 */
export async function dropLines(path: string, prefix: string, folder: string): Promise<number> {
  const temporary = temporaryBeside(join(folder, basename(path)));
  const from = await open(path, "r");
  try {
    const to = await open(temporary, "wx", 0o600);
    let dropped: number;
    try {
      dropped = await copyOthers(from, to, Buffer.from(prefix));
      if (dropped > 0) await to.sync();
    } finally {
      await to.close();
    }
    if (dropped > 0) {
      await rename(temporary, path);
      await syncFolder(dirname(path));
    }
    return dropped;
  } finally {
    await from.close();
    // Gone already where it took the file's place.
    await unlink(temporary).catch(() => {});
  }
}

async function copyOthers(from: FileHandle, to: FileHandle, prefix: Buffer): Promise<number> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let dropped = 0;
  /** Of a line whose beginning is not all here yet. */
  let rest = Buffer.alloc(0);
  /** What becomes of the line that we are in; undefined until enough of it is here. */
  let isKept: boolean | undefined;
  for (;;) {
    const { bytesRead } = await from.read(chunk, 0, CHUNK_BYTES);
    const isEnd = bytesRead === 0;
    const data = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const kept: Buffer[] = [];
    let at = 0;
    while (at < data.length) {
      const found = data.indexOf(LINE_END, at);
      const end = found === -1 ? data.length : found + 1;
      if (isKept === undefined && found === -1 && end - at < prefix.length && !isEnd) break;
      isKept ??= !data.subarray(at, at + prefix.length).equals(prefix);
      if (isKept) kept.push(data.subarray(at, end));
      else dropped += end - at;
      if (found !== -1) isKept = undefined;
      at = end;
    }
    rest = Buffer.from(data.subarray(at));
    // All of it, or it throws: a full disk takes a part first.
    if (kept.length > 0) await to.writeFile(Buffer.concat(kept));
    if (isEnd) return dropped;
  }
}
