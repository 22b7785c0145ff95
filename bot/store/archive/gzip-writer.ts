/**
 * Bytes → gzip, compressed on all cores: block by block, each a gzip member of
 * its own, which every reader takes for one file. It promises that the members
 * come in order, and that no more of them are in memory than are worked on. It
 * does not know what the bytes are.
 */
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Larger ones pack hardly tighter; smaller ones lose what they could refer to. */
const BLOCK_BYTES = 1024 * 1024;
/** What does not compress grows a little; else the last bytes would be a second job of the thread pool. */
const MEMBER_BYTES = BLOCK_BYTES + BLOCK_BYTES / 256;

const compress = promisify<Buffer, { chunkSize: number }, Buffer>(gzip);

/** The members of one gzip file. One more than there are cores is under way: the next must not wait for the last to be written. */
export async function* gzipMembers(
  bytes: Iterable<Buffer>,
  { blockBytes = BLOCK_BYTES, atOnce = availableParallelism() + 1 } = {},
): AsyncGenerator<Buffer> {
  const underWay: Promise<Buffer>[] = [];
  for (const block of blocksOf(bytes, blockBytes)) {
    const member = compress(block, { chunkSize: MEMBER_BYTES });
    // Awaited in its turn; until then its failure is nobody's surprise.
    member.catch(() => {});
    underWay.push(member);
    if (underWay.length < atOnce) continue;
    const first = await underWay.shift();
    if (first !== undefined) yield first;
  }
  for (const member of underWay) yield await member;
}

/** The same bytes in blocks of one size, the last one shorter. */
function* blocksOf(bytes: Iterable<Buffer>, size: number): Generator<Buffer> {
  let block = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  for (const chunk of bytes) {
    for (let at = 0; at < chunk.length;) {
      const count = chunk.copy(block, filled, at);
      at += count;
      filled += count;
      if (filled < size) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(size);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
