/**
 * One header of a tar, written and read. Nearly all are plain, and those are done
 * here: node-tar's way, which the others still go, costs more than the file. It
 * promises that both ways write the same bytes and read the same facts.
 */
import { Header } from "tar/header";
import { Pax } from "tar/pax";

export const BLOCK = 512;

/** What a header says of a file or folder; `path` as it stands there. */
export interface HeaderFacts {
  readonly path: string;
  /** Not given to folders. */
  readonly size: number;
  readonly mode: number;
  readonly mtime: Date;
}

/** A header as it was read. `type` is node-tar's word for it. */
export interface ReadHeader {
  readonly type: string;
  readonly path: string;
  readonly size: number | undefined;
  readonly mtime: Date | undefined;
}

const SUM_AT = 148;
const TYPE_AT = 156;
const MAGIC_AT = 257;
const PREFIX_AT = 345;
const NAME_BYTES = 100;
const MAX_OCTAL = 0o77777777777;
const MAGIC = Buffer.from("ustar\u000000", "latin1");
/** What every plain header of ours has in common: no owner, and device 0. */
const PLAIN = Buffer.alloc(BLOCK);
MAGIC.copy(PLAIN, MAGIC_AT);
for (const at of [329, 337]) PLAIN.write("000000 ", at, "latin1");
/** Of all bytes; those of the sum itself count as spaces. */
const PLAIN_SUM = PLAIN.reduce((sum, byte) => sum + byte, 8 * 0x20);

const FILE = 0x30;
const DIRECTORY = 0x35;

/** The header of a file or folder; before it an extended one where the name or a number does not fit. Times to the second. */
export function encodeHeader(type: "File" | "Directory", facts: HeaderFacts): Buffer {
  // node-tar has no way to write a fraction of one before 1970.
  const mtime = new Date(Math.floor(facts.mtime.getTime() / 1000) * 1000);
  return encodePlain(type, { ...facts, mtime }) ?? encodeAny(type, { ...facts, mtime });
}

function encodePlain(
  type: "File" | "Directory",
  { path, size, mode, mtime }: HeaderFacts,
): Buffer | undefined {
  const seconds = mtime.getTime() / 1000;
  if (path.length >= NAME_BYTES || size > MAX_OCTAL || !(seconds >= 0 && seconds <= MAX_OCTAL))
    return undefined;
  const block = Buffer.from(PLAIN);
  let sum = PLAIN_SUM;
  for (let at = 0; at < path.length; at += 1) {
    const unit = path.charCodeAt(at);
    if (unit > 0x7e) return undefined;
    block[at] = unit;
    sum += unit;
  }
  sum += putOctal(block, 100, 8, mode);
  sum += putOctal(block, 124, 12, size);
  sum += putOctal(block, 136, 12, seconds);
  const code = type === "File" ? FILE : DIRECTORY;
  block[TYPE_AT] = code;
  sum += code;
  putOctal(block, SUM_AT, 8, sum);
  return block;
}

/** Octal digits, a space and a NUL, as node-tar has them; a number of all digits has no space. Gives the sum of the bytes. */
function putOctal(block: Buffer, from: number, bytes: number, value: number): number {
  const digits = bytes - 2;
  const isFull = value >= 8 ** digits;
  let sum = 0;
  let left = value;
  for (let at = from + (isFull ? digits : digits - 1); at >= from; at -= 1) {
    const byte = 0x30 + (left % 8);
    block[at] = byte;
    sum += byte;
    left = Math.floor(left / 8);
  }
  if (isFull) return sum;
  block[from + digits] = 0x20;
  return sum + 0x20;
}

function encodeAny(type: "File" | "Directory", { mode, ...facts }: HeaderFacts): Buffer {
  const header = new Header({ ...facts, type, mode });
  const needsMore = header.encode();
  const block = header.block ?? Buffer.alloc(0);
  return needsMore ? Buffer.concat([new Pax(facts).encode(), block]) : block;
}

/** Reads a header; undefined where its sum is wrong. */
export function decodeHeader(block: Buffer): ReadHeader | undefined {
  return decodePlain(block) ?? decodeAny(block);
}

function decodePlain(block: Buffer): ReadHeader | undefined {
  const code = block[TYPE_AT];
  if ((code !== FILE && code !== DIRECTORY) || block[PREFIX_AT] !== 0 || block[PREFIX_AT + 130] !== 0)
    return undefined;
  for (let at = 0; at < MAGIC.length; at += 1) if (block[MAGIC_AT + at] !== MAGIC[at]) return undefined;
  const end = block.indexOf(0);
  // A path that ends in a slash makes even a file a folder: that is the other way's to say.
  if (end <= 0 || end >= NAME_BYTES || (code === FILE && block[end - 1] === 0x2f)) return undefined;
  let sum = 8 * 0x20;
  for (let at = 0; at < SUM_AT; at += 1) sum += block[at] ?? 0;
  for (let at = TYPE_AT; at < BLOCK; at += 1) sum += block[at] ?? 0;
  const [size, seconds] = [octalIn(block, 124, 12), octalIn(block, 136, 12)];
  if (octalIn(block, SUM_AT, 8) !== sum || size === undefined || seconds === undefined) return undefined;
  const isFile = code === FILE;
  return {
    type: isFile ? "File" : "Directory",
    path: block.toString("utf8", 0, end),
    size: isFile ? size : 0,
    mtime: new Date(seconds * 1000),
  };
}

/** A number of octal digits, with nothing behind it but spaces and NULs; undefined for any other. */
function octalIn(block: Buffer, from: number, bytes: number): number | undefined {
  let value = 0;
  let at = from;
  for (; at < from + bytes; at += 1) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  if (at === from) return undefined;
  for (; at < from + bytes; at += 1) if (block[at] !== 0x20 && block[at] !== 0) return undefined;
  return value;
}

function decodeAny(block: Buffer): ReadHeader | undefined {
  try {
    const { cksumValid, type, path, size, mtime } = new Header(block);
    return cksumValid ? { type, path: path ?? "", size, mtime } : undefined;
  } catch {
    // A number that is none: node-tar throws before it has looked at the sum.
    return undefined;
  }
}
