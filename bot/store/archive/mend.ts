/**
 * Side files made anew, from tarballs that prove to be whole: where one was lost,
 * and where somebody put a tarball into the folder by hand. It promises to touch
 * no tarball; one that is not whole stays to be looked at.
 */
import { rm, stat } from "node:fs/promises";
import type { ArchiveContext } from "./context.ts";
import { describeArchive, readSidecar, saveSidecar } from "./sidecar.ts";

/** Mends what is missing or broken of `folders`, each read to its end; gives how many. */
export async function mendSidecars(context: ArchiveContext, folders: readonly string[]): Promise<number> {
  let mended = 0;
  for (const folder of folders) if (await mendOne(context, folder)) mended += 1;
  return mended;
}

/** Makes the same, that looks at no tarball twice while it stays as it is: a large one takes a while. */
export function createMender(context: ArchiveContext): (folders: readonly string[]) => Promise<number> {
  const tried = new Map<string, string>();
  let underWay: Promise<unknown> = Promise.resolve();

  async function mend(folders: readonly string[]): Promise<number> {
    const fresh: string[] = [];
    for (const folder of folders) {
      const looks = await looksOf(context.paths.archive(folder).tarball);
      if (looks === undefined || tried.get(folder) === looks) continue;
      tried.set(folder, looks);
      fresh.push(folder);
    }
    return mendSidecars(context, fresh);
  }

  return async (folders) => {
    const mine = underWay.then(() => mend(folders));
    underWay = mine.catch(() => {});
    return mine;
  };
}

async function mendOne(context: ArchiveContext, folder: string): Promise<boolean> {
  const { limits, paths } = context;
  const { sidecar, tarball } = paths.archive(folder);
  const read = await readSidecar(paths, folder);
  if (read.ok || read.kind === "newer" || (await looksOf(tarball)) === undefined) return false;
  const worker = context.startWorker();
  try {
    const verified = await worker.run("verify", { tarball, limits });
    if (!verified.ok || verified.value.contents.folder !== folder) return false;
    await saveSidecar(paths, describeArchive(verified.value.contents, verified.value));
    // Deleted meanwhile: a side file alone would be asked about for ever.
    const isThere = (await looksOf(tarball)) !== undefined;
    if (!isThere) await rm(sidecar, { force: true });
    return isThere;
  } finally {
    await worker.end();
  }
}

/** What changes when the file does; undefined where there is none. */
async function looksOf(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
    () => undefined,
  );
}
