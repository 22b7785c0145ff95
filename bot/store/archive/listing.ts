/**
 * A tree that is looked at bit by bit, while what was seen of it is packed already.
 * Runs in the child process. It reads no file.
 */
import { createBreath, createTally, type Survey, type TreeEntry, walk } from "./tree.ts";
import type { Limits } from "./types.ts";

/** All of it throws a Refusal where the tree cannot be packed. */
export interface Listing {
  /** The entries in their order; it looks at no more of the tree than the next of them needs. */
  entries(): Generator<TreeEntry>;
  /** Looks at so many more of them. */
  lookAhead(count: number): void;
  /** Looks at all that is left. */
  whole(): Promise<Survey<TreeEntry>>;
  /** What all of it adds up to, once all was looked at. */
  readonly survey: Survey<TreeEntry> | undefined;
}

/** Nothing is looked at before it is asked for. */
export function createListing(root: string, limits: Limits): Listing {
  const found = walk(root, limits);
  const tally = createTally(root, limits);
  let survey: Survey<TreeEntry> | undefined;

  /** The next step; false at the end. */
  function look(): boolean {
    const next = found.next();
    if (next.done === true) survey ??= tally.survey();
    else tally.add(next.value);
    return next.done !== true;
  }

  return {
    *entries() {
      for (let at = 0; ; at += 1) {
        // What is neither a file nor a folder is seen, and is no entry.
        while (at >= tally.entries.length) if (!look()) return;
        yield tally.entries[at] as TreeEntry;
      }
    },
    lookAhead(count) {
      for (let left = count; left > 0 && look();) left -= 1;
    },
    async whole() {
      const breath = createBreath();
      while (look()) await breath();
      return survey ?? tally.survey();
    },
    get survey() {
      return survey;
    },
  };
}
