/**
 * Bytes → gzip, compressed on all cores: block by block, each a gzip member of
 * its own, which every reader takes for one file, and which says how long it is.
 * It promises that the members come in order, and that no more of them are in
 * memory than are worked on. It does not know what the bytes are.
 */
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { gzip, type ZlibOptions } from "node:zlib";
import { withLength } from "./gzip-index.ts";
import { looksCompressed } from "./randomness.ts";

/** Larger ones pack hardly tighter; smaller ones lose what they could refer to. */
export const BLOCK_BYTES = 1024 * 1024;
/** What does not compress grows a little; else the last bytes would be a second job of the thread pool. */
export const MAX_MEMBER_BYTES = BLOCK_BYTES + BLOCK_BYTES / 256;

const AS_IT_IS = 0;
const LEVEL = 6;

const compress = promisify<Buffer, ZlibOptions, Buffer>(gzip);

/**
 * The members of one gzip file. Some more than there are cores are under way: a block of many small files takes as long
 * to be read as to be compressed, and no core must wait for it (with one more, packing took 4 and 11 % longer in two
 * runs). A piece of `bytes` is used up before the next is asked for, and may then be written over.
 */
export async function* gzipMembers(
  bytes: Iterable<Buffer>,
  { blockBytes = BLOCK_BYTES, atOnce = availableParallelism() + 3 } = {},
): AsyncGenerator<Buffer> {
  const underWay: Promise<Buffer>[] = [];
  // Used again and again: what is made anew is what the garbage collector looks after.
  const blocks = Array.from({ length: atOnce }, () => Buffer.allocUnsafeSlow(blockBytes));
  for (const block of blocksOf(bytes, blocks)) {
    const level = looksCompressed(block) ? AS_IT_IS : LEVEL;
    const member = compress(block, { level, chunkSize: MAX_MEMBER_BYTES });
    // Awaited in its turn; until then its failure is nobody's surprise.
    member.catch(() => {});
    underWay.push(member);
    if (underWay.length < atOnce) continue;
    const first = await underWay.shift();
    if (first !== undefined) yield withLength(first);
  }
  for (const member of underWay) yield withLength(await member);
}

/** The same bytes in `blocks`, each filled in its turn and, when all were, filled again; the last one is shorter. */
function* blocksOf(bytes: Iterable<Buffer>, blocks: readonly Buffer[]): Generator<Buffer> {
  let count = 0;
  let filled = 0;
  for (const chunk of bytes) {
    for (let at = 0; at < chunk.length;) {
      const block = blocks[count % blocks.length] as Buffer;
      const copied = chunk.copy(block, filled, at);
      at += copied;
      filled += copied;
      if (filled < block.length) continue;
      yield block;
      count += 1;
      filled = 0;
    }
  }
  if (filled > 0) yield (blocks[count % blocks.length] as Buffer).subarray(0, filled);
}
