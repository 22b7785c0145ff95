/**
 * A file that only grows, a JSON line at a time. It promises that an append that
 * resolved is on the disk, that appends keep their order, and that no record is
 * ever glued to a torn one. It does not know what the lines mean, and relies on
 * being the file's only writer (`lock.ts`).
 */
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../error-code.ts";
import { syncFolder } from "./json-file.ts";

export interface AppendFile {
  /** Bytes of a torn last line that opening cut off; 0 after a clean end. */
  readonly cutBytes: number;
  /**
   * Writes `lines` (whole JSON texts, no line ends) and resolves once they are durable. Calls made while one is
   * syncing share the next sync. Rejects with the system's error if the disk refuses: then none of them is in the file.
   */
  append(lines: readonly string[]): Promise<void>;
  /**
   * All lines that are durable, in order. Where `onBroken` is given, a line that is not UTF-8 or not JSON goes there
   * instead, byte for byte, with its number counted from 1: the caller puts it aside.
   */
  readLines(onBroken?: (line: Uint8Array, number: number) => void): Promise<string[]>;
  /** Waits for what is under way and closes; the second call does nothing. */
  close(): Promise<void>;
}

/** What is not ours but the system's, as an argument so that a test can make it fail. */
export interface AppendFileOptions {
  readonly sync?: (file: FileHandle) => Promise<void>;
}

interface Waiting {
  readonly data: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const LINE_END = 0x0a;
const CHUNK_BYTES = 64 * 1024;

/** Opens `path`, made with mode 0600 if it is not there, and cuts what follows its last line end. */
export async function openAppendFile(path: string, options: AppendFileOptions = {}): Promise<AppendFile> {
  const sync = options.sync ?? ((file) => file.datasync());
  const file = await openOrCreate(path);
  try {
    const { size } = await file.stat();
    const whole = await endOfLastLine(file, size);
    if (whole < size) {
      await file.truncate(whole);
      await sync(file);
    }
    return appendTo(file, whole, size - whole, sync);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function appendTo(
  file: FileHandle,
  startSize: number,
  cutBytes: number,
  sync: (file: FileHandle) => Promise<void>,
): AppendFile {
  let size = startSize;
  let waiting: Waiting[] = [];
  let pump: Promise<void> | undefined;
  let unusable: unknown;
  let isClosed = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const error = await writeBatch(Buffer.concat(batch.map(({ data }) => data)));
      for (const { resolve, reject } of batch) {
        if (error === undefined) resolve();
        else reject(error);
      }
      if (unusable !== undefined) {
        for (const { reject } of waiting) reject(unusable);
        waiting = [];
      }
    }
    pump = undefined;
  }

  /** Gives the error instead of throwing it: a batch has many owners. */
  async function writeBatch(data: Buffer): Promise<unknown> {
    try {
      await writeAll(file, data, size);
    } catch (error) {
      // What was written of the batch must go, or the next record is glued to half a line.
      await file.truncate(size).catch((reason: unknown) => (unusable = reason));
      return error;
    }
    try {
      await sync(file);
    } catch (error) {
      // The kernel marks the pages clean after a failed sync: a second one would succeed and lie.
      unusable = error;
      return error;
    }
    size += data.length;
    return undefined;
  }

  return {
    cutBytes,
    async append(lines) {
      if (unusable !== undefined) throw unusable;
      if (isClosed) throw new Error("the file is closed");
      if (lines.some((line) => line === "" || line.includes("\n"))) throw new TypeError("not a line");
      if (lines.length === 0) return;
      const data = Buffer.from(`${lines.join("\n")}\n`);
      await new Promise<void>((resolve, reject) => {
        waiting.push({ data, resolve, reject });
        pump ??= run();
      });
    },
    async readLines(onBroken) {
      const data = Buffer.alloc(size);
      const length = await readAll(file, data, 0);
      return wholeLines(data.subarray(0, length), onBroken);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await pump;
      await file.close();
    },
  };
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  const file = await open(path, "wx+", 0o600);
  await syncFolder(dirname(path));
  return file;
}

/** Where the last line ends, looking backwards from `size`. */
async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const length = await readAll(file, chunk.subarray(0, end - start), start);
    const found = chunk.subarray(0, length).lastIndexOf(LINE_END);
    if (found !== -1) return start + found + 1;
    end = start;
  }
  return 0;
}

async function readAll(file: FileHandle, into: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < into.length) {
    const { bytesRead } = await file.read(into, length, into.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

/** A full disk takes a part and says so only at the next call, so one call is never enough. */
async function writeAll(file: FileHandle, data: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < data.length) {
    const { bytesWritten } = await file.write(data, written, data.length - written, position + written);
    written += bytesWritten;
  }
}

function wholeLines(
  data: Buffer,
  onBroken: ((line: Uint8Array, number: number) => void) | undefined,
): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let number = 1; start < data.length; number += 1) {
    const found = data.indexOf(LINE_END, start);
    const end = found === -1 ? data.length : found;
    const line = data.subarray(start, end);
    if (onBroken !== undefined && !isJson(line)) onBroken(Uint8Array.from(line), number);
    else lines.push(line.toString("utf8"));
    start = end + 1;
  }
  return lines;
}

function isJson(line: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
    return true;
  } catch {
    return false;
  }
}
