/**
 * A length in the header of a gzip member: whoever knows it finds the next member
 * without unpacking this one, and can unpack many at once. It is an extra field,
 * as RFC 1952 has it, which every other reader passes over. Pure.
 */

/** What must be read of a member to know its length. */
export const HEAD_BYTES = 20;
/** The least that a padding is. */
export const MIN_PADDING_BYTES = 34;

const FLAGS_AT = 3;
const HAS_EXTRA = 0x04;
const EXTRA_AT = 10;
const OUR_FIELD = "PL";
const FILLING = "PF";
/** One member can hold twice that. */
const MAX_PADDING_BYTES = 32 * 1024;

/** The same member with its length in it. `member` is what zlib makes: without any extra field. */
export function withLength(member: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(member.length + HEAD_BYTES - EXTRA_AT);
  member.copy(whole, HEAD_BYTES, EXTRA_AT);
  writeHead(whole, member, HEAD_BYTES - EXTRA_AT - 2);
  return whole;
}

/** How long the member is that begins with `head`; undefined where it does not say. What it says may be a lie. */
export function lengthIn(head: Buffer): number | undefined {
  if (head.length < HEAD_BYTES || head[0] !== 0x1f || head[1] !== 0x8b || head[FLAGS_AT] !== HAS_EXTRA)
    return undefined;
  if (head.toString("latin1", 12, 14) !== OUR_FIELD || head.readUInt16LE(14) !== 4) return undefined;
  return head.readUInt32LE(16);
}

/** Members that hold nothing, `bytes` long together: none, or at least MIN_PADDING_BYTES. */
export function padding(bytes: number): Buffer {
  const members: Buffer[] = [];
  const count = Math.ceil(bytes / MAX_PADDING_BYTES);
  for (let at = 0; at < count; at += 1) {
    const end = Math.floor((bytes * (at + 1)) / count);
    members.push(emptyMember(end - Math.floor((bytes * at) / count)));
  }
  return Buffer.concat(members);
}

function emptyMember(bytes: number): Buffer {
  const member = Buffer.alloc(bytes);
  const deflatedAt = bytes - 10;
  writeHead(member, Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), deflatedAt - EXTRA_AT - 2);
  member.write(FILLING, HEAD_BYTES, "latin1");
  member.writeUInt16LE(deflatedAt - HEAD_BYTES - 4, HEAD_BYTES + 2);
  // An empty deflate; behind it the sum and the length of nothing, eight zeros.
  member[deflatedAt] = 0x03;
  return member;
}

function writeHead(to: Buffer, header: Buffer, extraBytes: number): void {
  header.copy(to, 0, 0, EXTRA_AT);
  to[FLAGS_AT] = HAS_EXTRA;
  to.writeUInt16LE(extraBytes, EXTRA_AT);
  to.write(OUR_FIELD, 12, "latin1");
  to.writeUInt16LE(4, 14);
  to.writeUInt32LE(to.length, 16);
}
