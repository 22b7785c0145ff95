/**
 * A folder on disk, every file of it hashed. Runs in the child process. Promises to
 * refuse what changes while it is read. It does not write.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, readSync } from "node:fs";
import type { ManifestEntry } from "./manifest.ts";
import { openToRead } from "./open-to-read.ts";
import {
  attempt,
  type Breath,
  createBreath,
  createTally,
  type Found,
  printOf,
  type Survey,
  walk,
} from "./tree.ts";
import { type Limits, Refusal } from "./types.ts";

/** Lists and hashes everything below `root`. Throws a Refusal. */
export async function hashTree(root: string, limits: Limits): Promise<Survey> {
  const tally = createTally(root, limits);
  const entries: ManifestEntry[] = [];
  const breath = createBreath();
  for (const found of walk(root, limits)) {
    const entry = tally.add(found);
    if (entry?.type === "directory") entries.push(entry);
    else if (entry) entries.push({ ...entry, sha256: await hashFile(root, found, breath) });
    await breath();
  }
  return { ...tally.survey(), entries };
}

/** The sha256 of a file, read to exactly the size it was found with. */
async function hashFile(root: string, found: Found, breath: Breath): Promise<string> {
  const { path, stats } = found;
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(1024 * 1024, stats.size + 1)));
  const file = attempt(path, () => openToRead(`${root}/${path}`));
  try {
    let total = 0;
    for (;;) {
      const count = attempt(path, () => readSync(file, chunk));
      if (count === 0) break;
      total += count;
      if (total > stats.size) break;
      hash.update(chunk.subarray(0, count));
      await breath();
    }
    const after = fstatSync(file);
    if (total !== stats.size || printOf({ path, stats: after }) !== printOf(found)) {
      throw new Refusal({ kind: "changed", path });
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
