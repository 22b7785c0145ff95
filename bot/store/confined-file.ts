/**
 * A file of a person's or of Claude's, opened for reading only if it lies where
 * it may be taken from. Promises that what is read is a regular file, and the
 * very one that was checked: a link, or a folder exchanged meanwhile, leads
 * nowhere. It does not know what the file is for.
 */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { codeOf } from "../error-code.ts";
import { isWithin } from "./within.ts";

/** Where files may be taken from; a folder that is not there allows nothing. */
export interface Bounds {
  /** Folders of which all may be taken, wherever they lie. */
  readonly own: readonly string[];
  /** Folders of which all may be taken, but for what lies in `closed`. */
  readonly open: readonly string[];
  readonly closed: readonly string[];
}

/** An open file, the caller's to close, or why there is none. */
export type ConfinedFile =
  | { readonly ok: true; readonly file: FileHandle; readonly stats: Stats }
  | { readonly ok: false; readonly kind: "absent" | "outside" | "not_a_file" | "unreadable" };

/** Opens the absolute `path`. Never waits for a pipe, and never follows a link out of `bounds`. */
export async function openConfined(path: string, bounds: Bounds): Promise<ConfinedFile> {
  let file: FileHandle | undefined;
  try {
    const real = await realpath(path);
    if (!(await isInside(real, bounds))) return { ok: false, kind: "outside" };
    // Looked at before it is opened: to open a device can already do something.
    if (!(await stat(real)).isFile()) return { ok: false, kind: "not_a_file" };
    file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat();
    const isSame = (await realpath(path)) === real && isSameFile(await stat(real), stats);
    if (isSame && stats.isFile()) return { ok: true, file, stats };
    await file.close();
    return { ok: false, kind: isSame ? "not_a_file" : "outside" };
  } catch (error) {
    await file?.close();
    return { ok: false, kind: ABSENT.includes(codeOf(error) ?? "") ? "absent" : "unreadable" };
  }
}

/** The last: a name with a NUL in it. */
const ABSENT = ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"];

async function isInside(real: string, { own, open, closed }: Bounds): Promise<boolean> {
  const isIn = async (folders: readonly string[]): Promise<boolean> => {
    for (const folder of folders) {
      const root = await realpath(folder).catch(() => undefined);
      if (root !== undefined && isWithin(real, root)) return true;
    }
    return false;
  };
  return (await isIn(own)) || ((await isIn(open)) && !(await isIn(closed)));
}

function isSameFile(one: Stats, other: Stats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
