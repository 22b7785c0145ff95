/**
 * Parts of a transcript, which may be large: its beginning, its end, what came
 * behind a place in it, a copy up to a line. Promises bounded reading and never
 * to change what it reads. It does not know what the lines mean.
 */
import { open, stat, type FileHandle } from "node:fs/promises";
import { linesIn } from "./lines.ts";
import { parseObject } from "./loose-json.ts";

/** How large the file is; undefined where there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

/** The whole lines from byte `from` on, but at most the last `maxBytes` of the file. */
export async function readFrom(path: string, from: number, maxBytes: number): Promise<readonly string[]> {
  const size = (await sizeOf(path)) ?? 0;
  const start = Math.max(from, size - maxBytes);
  const text = await readBytes(path, start, size - start);
  // In the middle of a line: that one is left out.
  return wholeLines(start > from ? text.slice(text.indexOf("\n") + 1) : text);
}

/** The whole lines at the beginning, at most `maxBytes`. */
export async function readHead(path: string, maxBytes: number): Promise<readonly string[]> {
  return wholeLines(await readBytes(path, 0, maxBytes));
}

/** What follows the last newline may be half a line. */
function wholeLines(text: string): readonly string[] {
  return text
    .slice(0, Math.max(text.lastIndexOf("\n"), 0))
    .split("\n")
    .filter((line) => line !== "");
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

/** So much is written at a time. */
const BATCH_UNITS = 1_000_000;

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
  const source = await open(path, "r");
  try {
    const target = await open(to, "wx", 0o600);
    try {
      return await copy(source, target, { cut, maxBytes });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copy(
  source: FileHandle,
  target: FileHandle,
  { cut, maxBytes }: { cut: string | undefined; maxBytes: number },
): Promise<CopyResult> {
  let bytes = 0;
  let batch = "";
  for await (const line of linesIn(source, maxBytes)) {
    if (line.kind === "too_long") return { ok: false, kind: "too_big" };
    const { text } = line;
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > maxBytes) return { ok: false, kind: "too_big" };
    // The end of a file that is being written to may be half a line.
    if (isJson(text)) batch += `${text}\n`;
    const isCut = cut !== undefined && isCalled(text, cut);
    if (batch.length > BATCH_UNITS || isCut) {
      await target.writeFile(batch);
      batch = "";
    }
    if (isCut) return synced(target);
  }
  if (cut !== undefined) return { ok: false, kind: "cut_missing" };
  await target.writeFile(batch);
  return synced(target);
}

async function synced(file: FileHandle): Promise<CopyResult> {
  await file.sync();
  return { ok: true };
}

/** A line's own uuid, not that of the line before it, nor one that someone wrote of. */
function isCalled(line: string, uuid: string): boolean {
  return line.includes(`"uuid":"${uuid}"`) && parseObject(line)?.["uuid"] === uuid;
}

function isJson(line: string): boolean {
  return line.startsWith("{") && line.endsWith("}");
}
