/**
 * How much memory is left, as the machine or the container sees it.
 */
import { freemem } from "node:os";

/** What can be taken without harm, in MB: what the system could free is counted as free. */
export function freeMb(): number {
  // Where the process is confined to less than the machine has, that counts. Unknown to older versions of Node.
  const { availableMemory } = process as { availableMemory?: () => number };
  const confined = availableMemory?.() ?? Number.POSITIVE_INFINITY;
  return Math.floor(Math.min(freemem(), confined > 0 ? confined : Number.POSITIVE_INFINITY) / (1024 * 1024));
}
