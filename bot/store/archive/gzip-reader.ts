/**
 * A gzip file → the bytes in it. One whose members say how long they are, as ours
 * do, is unpacked on all cores, any other on one. It promises to give what every
 * reader would, or to throw; that the gzip is checked as far as it was read; and
 * that a lie about a length costs no more memory than a block. Runs in the child process.
 */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createGunzip, gunzip } from "node:zlib";
import { codeOf } from "../../error-code.ts";
import { HEAD_BYTES, lengthIn } from "./gzip-index.ts";
import { BLOCK_BYTES, MAX_MEMBER_BYTES } from "./gzip-writer.ts";
import { damaged } from "./manifest.ts";

const CHUNK_BYTES = 256 * 1024;
/** A full block in one piece: with not a byte to spare, zlib would ask for a second. */
const PIECE_BYTES = BLOCK_BYTES + 64;

/** The bytes in the gzip file `path`, in pieces. `onBytes` is given the file's own, in order. Throws a Refusal or an error of zlib's. */
export async function* gunzipped(
  path: string,
  onBytes: (bytes: Buffer) => void = () => {},
): AsyncGenerator<Buffer> {
  const file = openSync(path, "r");
  try {
    const isOurs = lengthIn(readAt(file, 0, HEAD_BYTES)) !== undefined;
    yield* isOurs ? membersUnpacked(file, onBytes) : allUnpacked(path, onBytes);
  } catch (error) {
    const code = codeOf(error) ?? "";
    throw code.startsWith("Z_") || code === "ERR_BUFFER_TOO_LARGE" ? damaged(`gzip: ${code}`) : error;
  } finally {
    closeSync(file);
  }
}

async function* allUnpacked(path: string, onBytes: (bytes: Buffer) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const bytes = createGunzip({ chunkSize: CHUNK_BYTES });
  file.on("data", (chunk) => onBytes(chunk as Buffer));
  file.once("error", (error) => bytes.destroy(error));
  file.pipe(bytes);
  try {
    for await (const piece of bytes) yield piece as Buffer;
  } finally {
    file.destroy();
    bytes.destroy();
  }
}

async function* membersUnpacked(file: number, onBytes: (bytes: Buffer) => void): AsyncGenerator<Buffer> {
  const atOnce = availableParallelism() + 1;
  const underWay: Promise<Buffer>[] = [];
  for (const member of membersIn(file)) {
    onBytes(member);
    const bytes = unpack(member);
    // Awaited in its turn; until then its failure is nobody's surprise.
    bytes.catch(() => {});
    underWay.push(bytes);
    if (underWay.length < atOnce) continue;
    const first = await underWay.shift();
    if (first !== undefined) yield first;
  }
  for (const bytes of underWay) yield await bytes;
}

function* membersIn(file: number): Generator<Buffer> {
  for (let at = 0; ;) {
    const head = readAt(file, at, HEAD_BYTES);
    if (head.length === 0) return;
    const length = lengthIn(head) ?? 0;
    if (length <= HEAD_BYTES || length > MAX_MEMBER_BYTES) throw damaged("a block's length");
    const member = readAt(file, at, length);
    if (member.length < length) throw damaged("it ends inside a block");
    yield member;
    at += length;
  }
}

/** What a member holds, if it is exactly one and no larger than those we write. */
function unpack(member: Buffer): Promise<Buffer> {
  const options = { info: true, chunkSize: PIECE_BYTES, maxOutputLength: BLOCK_BYTES };
  return new Promise((resolve, reject) => {
    gunzip(member, options, (error, result) => {
      if (error !== null) return reject(error);
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      // Zeros behind it are passed over in silence.
      if (engine.bytesWritten !== member.length) return reject(damaged("something behind a block"));
      resolve(buffer);
    });
  });
}

/** `count` bytes, or as many as there are. */
function readAt(file: number, position: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  let filled = 0;
  while (filled < count) {
    const read = readSync(file, bytes, filled, count - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
