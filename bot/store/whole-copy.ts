/**
 * A copy of an open file as it is now. Promises a whole copy under the name or
 * none, durable when it is reported, and never more than the bytes allowed,
 * however the file grows. It does not know where the file lies.
 */
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { type DiskFull, orDiskFull } from "./disk.ts";
import { syncFolder, temporaryBeside } from "./json-file.ts";

/** How many bytes were copied, or why none. */
export type WholeCopy =
  | { readonly ok: true; readonly bytes: number }
  | { readonly ok: false; readonly kind: "too_big" }
  | DiskFull;

const CHUNK_BYTES = 256 * 1024;

/** Copies `file` to `to`, in place of what is there; its folder must exist. Throws only if the machine is broken. */
export async function copyWhole(file: FileHandle, to: string, maxBytes: number): Promise<WholeCopy> {
  const temporary = temporaryBeside(to);
  try {
    return await orDiskFull(async (): Promise<WholeCopy> => {
      const bytes = await copy(file, temporary, maxBytes);
      if (bytes > maxBytes) return { ok: false, kind: "too_big" };
      await rename(temporary, to);
      await syncFolder(dirname(to));
      return { ok: true, bytes };
    });
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

/** Gives how many bytes it wrote; more than `maxBytes` says that there are more. */
async function copy(from: FileHandle, to: string, maxBytes: number): Promise<number> {
  const target = await open(to, "wx", 0o600);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    let total = 0;
    for (;;) {
      const { bytesRead } = await from.read(buffer, 0, CHUNK_BYTES, total);
      if (bytesRead === 0) break;
      total += bytesRead;
      if (total > maxBytes) return total;
      await target.writeFile(buffer.subarray(0, bytesRead));
    }
    await target.sync();
    return total;
  } finally {
    await target.close();
  }
}
