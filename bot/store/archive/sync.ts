/**
 * Makes a tree that was just written durable. Runs in the child process. All files
 * at once, after the last was written: 2,000 small files took 8.8 s when each was
 * synced as it was closed, and 1.6 s this way. It does not know what they are.
 */
import { join } from "node:path";
import { syncFile } from "../json-file.ts";

const AT_ONCE = 16;

/** Syncs `paths` below `root`, and `root` itself; files and folders alike. */
export async function syncPaths(root: string, paths: readonly string[]): Promise<void> {
  const left = [...paths, ""].values();
  const lane = async (): Promise<void> => {
    // One iterator for all lanes: each takes the next path that nobody has.
    for (const path of left) await syncFile(join(root, path));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
