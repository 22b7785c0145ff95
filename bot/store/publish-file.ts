/**
 * A file copied to where another program looks for it. It promises that the name
 * holds the whole copy or what was there before, whatever dies in between, and
 * that what it reports survives the power. It does not know what the file means.
 */
import { constants } from "node:fs";
import { copyFile, link, mkdir, readdir, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../error-code.ts";
import { isTemporaryOf, syncFile, syncFolder, temporaryBeside } from "./json-file.ts";

/**
 * Copies `from` to `to` durably and makes the folders above it; gives false, and leaves it alone,
 * where something stands there already. Removes what a copy to `to` left that was killed: one at a time.
 */
export async function publishFile(from: string, to: string): Promise<boolean> {
  const folder = dirname(to);
  await makeFolders(folder);
  for (const name of await readdir(folder)) {
    if (isTemporaryOf(name, basename(to))) await unlink(join(folder, name));
  }
  const temporary = temporaryBeside(to);
  try {
    await copyFile(from, temporary, constants.COPYFILE_EXCL);
    await syncFile(temporary);
    // Not a rename: that one would replace what came there meanwhile.
    await link(temporary, to);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
  await syncFolder(folder);
  return true;
}

/** A folder's own name is lost with the power like a file's. */
async function makeFolders(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}
