/**
 * The sha256 of a file that comes in pieces. Most are small and come in one: for
 * those no Hash is made, which would cost more than the sum. Pure.
 */
import { createHash, type Hash, hash } from "node:crypto";

/** Adds up the pieces of a file that is `size` bytes long; they may be written over afterwards. */
export function createFileSum(size: number): { add(piece: Buffer): void; sha256(): string } {
  let pieces: Hash | undefined;
  let whole: string | undefined;
  return {
    add(piece) {
      if (piece.length === size) whole = hash("sha256", piece);
      else (pieces ??= createHash("sha256")).update(piece);
    },
    sha256: () => whole ?? (pieces ?? createHash("sha256")).digest("hex"),
  };
}
