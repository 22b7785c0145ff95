/**
 * Bytes → lines. Promises: the same lines for any chunking, never more than
 * `maxLineBytes` (twice, while it grows) held back, and a line that is longer
 * is dropped and reported while the ones after it are still read. It does not
 * know what a line says.
 */
import { isAscii } from "node:buffer";
import { open, type FileHandle } from "node:fs/promises";

const NEWLINE = 0x0a;
const DEFAULT_MAX_LINE_BYTES = 8 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 16 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** One line without its newline, or the length of one that was too long to keep. Invalid UTF-8 became U+FFFD. */
export type Line = { kind: "text"; text: string } | { kind: "too_long"; bytes: number };

/** A reader of lines. `end` gives the last line if it had no newline; nothing may be pushed after it. */
export interface LineReader {
  push(chunk: Uint8Array): Line[];
  end(): Line[];
}

/** Makes a reader that keeps lines up to `maxLineBytes` (default 8 MiB). */
export function createLineReader(maxLineBytes: number = DEFAULT_MAX_LINE_BYTES): LineReader {
  // One buffer that grows, not a list of pieces: a line that comes byte by byte
  // would cost a hundred times its size in small objects.
  let held = Buffer.allocUnsafe(Math.min(FIRST_BUFFER_BYTES, maxLineBytes));
  let heldBytes = 0;
  let droppedBytes = 0;

  const hold = (piece: Buffer): void => {
    if (droppedBytes > 0 || heldBytes + piece.length > maxLineBytes) {
      droppedBytes += heldBytes + piece.length;
      heldBytes = 0;
      return;
    }
    if (heldBytes + piece.length > held.length) {
      const larger = Math.min(maxLineBytes, Math.max(held.length * 2, heldBytes + piece.length));
      const grown = Buffer.allocUnsafe(larger);
      held.copy(grown, 0, 0, heldBytes);
      held = grown;
    }
    piece.copy(held, heldBytes);
    heldBytes += piece.length;
  };

  const take = (): Line => {
    const line: Line =
      droppedBytes > 0
        ? { kind: "too_long", bytes: droppedBytes }
        : { kind: "text", text: held.toString("utf8", 0, heldBytes) };
    heldBytes = 0;
    droppedBytes = 0;
    return line;
  };

  /** A piece is no longer than a line may be, so that a line is too long only if it began in another. */
  function pushPiece(piece: Buffer, lines: Line[]): void {
    let start = 0;
    if (heldBytes > 0 || droppedBytes > 0) {
      const end = piece.indexOf(NEWLINE);
      hold(piece.subarray(0, end === -1 ? piece.length : end));
      if (end === -1) return;
      lines.push(take());
      start = end + 1;
    }
    const last = piece.lastIndexOf(NEWLINE);
    if (last >= start) {
      for (const text of textsIn(piece.subarray(start, last))) lines.push({ kind: "text", text });
      start = last + 1;
    }
    if (start < piece.length) hold(piece.subarray(start));
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: Line[] = [];
      for (let at = 0; at < bytes.length; at += maxLineBytes)
        pushPiece(bytes.subarray(at, at + maxLineBytes), lines);
      return lines;
    },
    end: () => (heldBytes > 0 || droppedBytes > 0 ? [take()] : []),
  };
}

/** The lines of `bytes`, the last one without its newline. */
function textsIn(bytes: Buffer): string[] {
  // All at once: to make a string of bytes costs a call, as dear as to parse a short line. But one letter
  // beyond ASCII would make all of it twice as wide, and slower to parse than that saves.
  if (isAscii(bytes)) return bytes.toString("latin1").split("\n");
  const texts: string[] = [];
  let start = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
    texts.push(bytes.toString("utf8", start, at));
    start = at + 1;
  }
  texts.push(bytes.toString("utf8", start));
  return texts;
}

/**
 * The lines of an open file from its beginning on, each at most `maxLineBytes`. Node's own reader is not used: newer
 * ones also end a line at U+2028, which stands in JSON as it is.
 */
export async function* linesIn(file: FileHandle, maxLineBytes?: number): AsyncGenerator<Line> {
  const reader = createLineReader(maxLineBytes);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    yield* reader.push(chunk.subarray(0, bytesRead));
  }
  yield* reader.end();
}

/** The same of the file at `path`, as texts; none where it cannot be opened, and without those that are too long. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return;
  try {
    for await (const line of linesIn(file)) if (line.kind === "text") yield line.text;
  } finally {
    await file.close();
  }
}
