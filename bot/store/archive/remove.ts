/**
 * Deletes a tree as fast as it goes. Runs in the child process, synchronously: for
 * thousands of small files each way through the thread pool costs more than the
 * file. It follows no link, and leaves what refuses to who can open folders.
 */
import { readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { removeTree } from "./context.ts";

const SLASH = Buffer.from("/");

/** Deletes `root` with everything in it; nothing if it is not there. */
export async function removeFast(root: string): Promise<void> {
  try {
    removeBelow(Buffer.from(root));
  } catch {
    // What is closed, or was gone first: the rest is looked at one by one.
    await removeTree(root);
  }
}

/** Names as bytes: not every one is UTF-8. */
function removeBelow(folder: Buffer): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: "buffer" })) {
    const path = Buffer.concat([folder, SLASH, entry.name]);
    if (entry.isDirectory()) removeBelow(path);
    else unlinkSync(path);
  }
  rmdirSync(folder);
}
