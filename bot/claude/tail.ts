/**
 * Follows a file that another process writes. Promises every byte once, in
 * order, as soon as it is there, and an end only when the writer is gone and
 * the file was read to its end. It does not know what the bytes mean.
 */
import { watch, type FSWatcher } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

/** A file being followed. A file that is not there has no bytes. */
export interface Tail {
  /** Can be iterated once; the chunks are the caller's to keep. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Tells that nothing more will be written: the chunks end where the file ends. */
  finish(): void;
}

const CHUNK_BYTES = 64 * 1024;
/** A watch can be lost (network file systems) or refused (no inotify left): the poll is what is sure. */
const POLL_MS = 100;

/** Follows `path` from the byte `from`, by default its first. */
export function tailFile(
  path: string,
  { from = 0, pollMs = POLL_MS }: { readonly from?: number; readonly pollMs?: number } = {},
): Tail {
  let isFinished = false;
  let isChanged = true;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    isChanged = true;
    wake?.();
  };

  async function* follow(): AsyncGenerator<Buffer> {
    const file = await open(path, "r").catch(() => undefined);
    if (file === undefined) return;
    const into = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const watcher = watchQuietly(path, notify);
    const poll = setInterval(notify, pollMs);
    try {
      let offset = from;
      for (;;) {
        // Both are looked at before reading: what is written during the read is found by the next one.
        const isLast = isFinished;
        isChanged = false;
        for (let isMore = true; isMore;) {
          const chunk = await readAt(file, into, offset);
          offset += chunk.length;
          if (chunk.length > 0) yield chunk;
          // Less than was asked for is the end of the file, for now.
          isMore = chunk.length === CHUNK_BYTES;
        }
        if (isLast) return;
        if (!isChanged && !isFinished) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      clearInterval(poll);
      watcher?.close();
      await file.close();
    }
  }

  return {
    chunks: follow(),
    finish() {
      isFinished = true;
      notify();
    },
  };
}

async function readAt(file: FileHandle, into: Buffer, offset: number): Promise<Buffer> {
  const { bytesRead } = await file.read(into, 0, CHUNK_BYTES, offset);
  // Most reads find a line or two: a whole buffer for each would be most of what the bot ever allocates.
  return Buffer.from(into.subarray(0, bytesRead));
}

function watchQuietly(path: string, notify: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, notify);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
