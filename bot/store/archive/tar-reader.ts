/**
 * A gzipped tar → its entries. Runs in the child process. Reading is pulled block
 * by block and so bounded by its reader; anything but plain files and folders is
 * refused. It does not know manifests.
 *
 * It is ours: node-tar's ignores what follows the end, splits a newline out of a
 * long name, and settles in its own time.
 */
import { gunzipped } from "./gzip-reader.ts";
import { damaged, isSafePath } from "./manifest.ts";
import { BLOCK, decodeHeader, type ReadHeader } from "./tar-header.ts";

/** What a tar header says. `path` has no `./` before it and no `/` behind it. */
export interface TarEntry {
  readonly type: "file" | "directory";
  readonly path: string;
  readonly size: number;
  readonly mtime: Date | undefined;
  /** The content, to be read before the next entry is asked for; what is left is skipped. */
  readonly body: AsyncIterable<Buffer>;
}

const MAX_EXTENDED_BYTES = 64 * 1024;
const MAX_PADDING_BYTES = 1024 * 1024;

/**
 * Reads the tarball `path` and hands its entries to `read`, whose result it returns; the gzip is checked as far as `read`
 * reads, to its end with the last entry. `onBytes` is given the tarball's own bytes as they are read, in order. Throws a Refusal.
 */
export async function readTar<T>(
  path: string,
  read: (entries: AsyncIterable<TarEntry>) => Promise<T>,
  onBytes?: (bytes: Buffer) => void,
): Promise<T> {
  const chunks = gunzipped(path, onBytes);
  try {
    return await read(entriesIn(new Blocks(chunks)));
  } finally {
    await chunks.return(undefined);
  }
}

/** Reads the first entry of the tarball `path` and nothing behind it; undefined if there is none. */
export function readFirst<T>(path: string, read: (entry: TarEntry) => Promise<T>): Promise<T | undefined> {
  return readUpTo(path, () => true, read);
}

/** Reads the file `name` in the tarball `path` and nothing behind it; undefined if there is none. */
export function readNamed<T>(
  path: string,
  name: string,
  read: (entry: TarEntry) => Promise<T>,
): Promise<T | undefined> {
  return readUpTo(path, (entry) => entry.type === "file" && entry.path === name, read);
}

function readUpTo<T>(
  path: string,
  isIt: (entry: TarEntry) => boolean,
  read: (entry: TarEntry) => Promise<T>,
): Promise<T | undefined> {
  return readTar(path, async (entries) => {
    for await (const entry of entries) if (isIt(entry)) return await read(entry);
    return undefined;
  });
}

/** Bytes by the number asked for, whatever pieces they come in. */
class Blocks {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Exactly `count` bytes if they are here already: nearly always, and a wait for nothing costs more than all else. */
  ready(count: number): Buffer | undefined {
    if (this.#rest.length < count) return undefined;
    const piece = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return piece;
  }

  /** At least one byte and at most `count`; undefined at the end. */
  async some(count: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** Exactly `count` bytes, or a Refusal. */
  async exactly(count: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let missing = count; missing > 0;) {
      const piece = await this.some(missing);
      if (piece === undefined) throw damaged("it ends too early");
      pieces.push(piece);
      missing -= piece.length;
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }
}

async function* entriesIn(blocks: Blocks): AsyncGenerator<TarEntry> {
  let extended = new Map<string, string>();
  for (;;) {
    const block = blocks.ready(BLOCK) ?? (await blocks.exactly(BLOCK));
    if (isZero(block)) return await checkEnd(blocks);
    const header = decodeHeader(block);
    if (header === undefined) throw damaged("a header's checksum");
    const size = sizeOf(header, extended);
    if (header.type === "ExtendedHeader") {
      if (size > MAX_EXTENDED_BYTES) throw damaged("an extended header of a size that names never need");
      extended = parseExtended((await blocks.exactly(padded(size))).subarray(0, size));
      continue;
    }
    const type = typeOf(header);
    const path = nameOf(extended.get("path") ?? header.path, type);
    const mtime = extended.has("mtime") ? new Date(Number(extended.get("mtime")) * 1000) : header.mtime;
    if (extended.size > 0) extended = new Map();
    let left = size;
    async function* body(): AsyncGenerator<Buffer> {
      while (left > 0) {
        const piece = blocks.ready(left) ?? (await blocks.some(left));
        if (piece === undefined) throw damaged("it ends inside a file");
        left -= piece.length;
        yield piece;
      }
    }
    yield { type, path, size, mtime, body: body() };
    if (left > 0) for await (const _ of body());
    const filling = padded(size) - size;
    if (blocks.ready(filling) === undefined) await blocks.exactly(filling);
  }
}

/** After the first empty block come only zeros: what hides behind the end would be seen by no reader. */
async function checkEnd(blocks: Blocks): Promise<void> {
  if (!isZero(await blocks.exactly(BLOCK))) throw damaged("a lone empty block");
  let seen = 0;
  for (
    let piece = await blocks.some(BLOCK * 128);
    piece !== undefined;
    piece = await blocks.some(BLOCK * 128)
  ) {
    seen += piece.length;
    if (!isZero(piece) || seen > MAX_PADDING_BYTES) throw damaged("something behind its end");
  }
}

function typeOf(header: ReadHeader): TarEntry["type"] {
  if (header.type === "File" || header.type === "OldFile") return "file";
  if (header.type === "Directory") return "directory";
  throw damaged(`an entry of type ${header.type}`);
}

function nameOf(name: string, type: TarEntry["type"]): string {
  const path = name.slice(2, type === "directory" && name.endsWith("/") ? -1 : undefined);
  if (!name.startsWith("./") || !isSafePath(path)) throw damaged("a name that leaves the session");
  return path;
}

function sizeOf(header: ReadHeader, extended: ReadonlyMap<string, string>): number {
  if (header.type === "Directory") return 0;
  const text = header.type === "ExtendedHeader" ? undefined : extended.get("size");
  const size = text === undefined ? header.size : Number(text);
  if (size === undefined || !Number.isSafeInteger(size) || size < 0) throw damaged("a size");
  return size;
}

/** Records of an extended header: `<length> <key>=<value>\n`, counted in bytes, so that a value may hold newlines. */
function parseExtended(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString("latin1", at, space));
    const end = at + length;
    if (!Number.isSafeInteger(length) || end <= space || end > bytes.length || bytes[end - 1] !== 0x0a) {
      throw damaged("an extended header");
    }
    const text = bytes.toString("utf8", space + 1, end - 1);
    const equals = text.indexOf("=");
    if (equals < 1) throw damaged("an extended header");
    records.set(text.slice(0, equals), text.slice(equals + 1));
    at = end;
  }
  return records;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
