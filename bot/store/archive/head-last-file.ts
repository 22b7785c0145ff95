/**
 * A new file whose beginning is known last: what comes behind it is kept in memory
 * until there is room for it. It promises never to be longer than it may be. It
 * does not know what is in it, nor make it durable.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { Refusal } from "./types.ts";

export interface HeadLastFile {
  /** Adds bytes behind all others. Throws a Refusal, or what the disk says. */
  add(bytes: Buffer): void;
  /** How much waits for room before it. */
  readonly heldBytes: number;
  /** Leaves so much room for the head, once; what waited is written. */
  leaveRoom(bytes: number): void;
  /** Writes the head, which fills its room. */
  writeHead(head: Buffer): void;
  /** What comes later is not written any more. */
  close(): void;
}

/** Makes the file `path`, readable by its owner alone. */
export function createHeadLastFile(path: string, maxBytes: number): HeadLastFile {
  const file = openSync(path, "wx", 0o600);
  let end: number | undefined;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isClosed = false;

  function put(bytes: Buffer, position: number): void {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, position + at);
  }

  function add(bytes: Buffer): void {
    if ((end ?? heldBytes) + bytes.length > maxBytes) throw new Refusal({ kind: "disk_full" });
    if (end === undefined) {
      held.push(bytes);
      heldBytes += bytes.length;
    } else {
      put(bytes, end);
      end += bytes.length;
    }
  }

  return {
    add,
    get heldBytes() {
      return heldBytes;
    },
    leaveRoom(bytes) {
      // By now its descriptor may be another file's.
      if (isClosed) return;
      end = bytes;
      const waited = held;
      held = [];
      heldBytes = 0;
      for (const each of waited) add(each);
    },
    writeHead: (head) => put(head, 0),
    close() {
      isClosed = true;
      closeSync(file);
    },
  };
}
