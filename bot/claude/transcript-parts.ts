/**
 * Parts of a transcript, which may be large: its beginning, its end, what came
 * behind a place in it, a copy up to a line. Promises bounded reading and never
 * to change what it reads. It does not know what the lines mean.
 */
import { open, stat } from "node:fs/promises";

/** Whole lines of a file, from byte `from` on; `end` is where the last of them ends. */
export interface Lines {
  readonly lines: readonly string[];
  readonly end: number;
}

/** How large the file is; undefined where there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

/** The whole lines from `from` on, but at most the last `maxBytes` of the file. */
export async function readFrom(path: string, from: number, maxBytes: number): Promise<Lines> {
  const size = (await sizeOf(path)) ?? 0;
  const start = Math.max(from, size - maxBytes);
  const text = await readBytes(path, start, size - start);
  // In the middle of a line: that one is left out.
  const cut = start > from ? text.indexOf("\n") + 1 : 0;
  return wholeLines(text.slice(cut), size);
}

/** The whole lines at the beginning, at most `maxBytes`. */
export async function readHead(path: string, maxBytes: number): Promise<readonly string[]> {
  return wholeLines(await readBytes(path, 0, maxBytes), maxBytes).lines;
}

function wholeLines(text: string, end: number): Lines {
  const last = text.lastIndexOf("\n");
  const torn = text.slice(last + 1);
  const lines = text
    .slice(0, Math.max(last, 0))
    .split("\n")
    .filter((line) => line !== "");
  return { lines, end: end - Buffer.byteLength(torn) };
}

async function readBytes(path: string, start: number, length: number): Promise<string> {
  if (length <= 0) return "";
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, start);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** `cut_missing`: no line is called so. */
export type CopyResult = { ok: true } | { ok: false; kind: "too_big" | "cut_missing" };

/**
 * Writes the lines of `path` to `to` (which must not be there), up to and with the one whose uuid is
 * `cut`, or all. Throws where the disk refuses.
 */
export async function copyLines(
  path: string,
  to: string,
  { cut, maxBytes }: { cut?: string | undefined; maxBytes: number },
): Promise<CopyResult> {
  const target = await open(to, "wx", 0o600);
  const source = await open(path, "r");
  let bytes = 0;
  let batch = "";
  try {
    for await (const line of source.readLines({ encoding: "utf8", autoClose: false })) {
      bytes += Buffer.byteLength(line) + 1;
      if (bytes > maxBytes) return { ok: false, kind: "too_big" };
      // The end of a file that is being written to may be half a line.
      if (line !== "" && isJson(line)) batch += `${line}\n`;
      const isCut = cut !== undefined && isCalled(line, cut);
      if (batch.length > 1_000_000 || isCut) {
        await target.writeFile(batch);
        batch = "";
      }
      if (isCut) return await synced(target);
    }
    if (cut !== undefined) return { ok: false, kind: "cut_missing" };
    await target.writeFile(batch);
    return await synced(target);
  } finally {
    await source.close();
    await target.close();
  }
}

async function synced(file: { sync(): Promise<void> }): Promise<CopyResult> {
  await file.sync();
  return { ok: true };
}

/** A line's own uuid, not that of the line before it, nor one that someone wrote of. */
function isCalled(line: string, uuid: string): boolean {
  if (!line.includes(`"uuid":"${uuid}"`)) return false;
  const entry: unknown = JSON.parse(line);
  return typeof entry === "object" && entry !== null && "uuid" in entry && entry.uuid === uuid;
}

function isJson(line: string): boolean {
  return line.startsWith("{") && line.endsWith("}");
}
