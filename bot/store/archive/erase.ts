/**
 * The end of an archive. It promises that what is left after a crash on the way
 * is an archive that is whole, or none: a second time finds what is left.
 */
import { rm } from "node:fs/promises";
import type { ArchiveContext } from "./context.ts";
import { syncFolder } from "../json-file.ts";

/** See `createArchives`. */
export async function eraseArchive({ paths, checkpoint }: ArchiveContext, folder: string): Promise<void> {
  const { tarball, sidecar, words } = paths.archive(folder);
  await rm(words, { force: true });
  // The tarball first: a side file alone restores nothing, and says that something is missing.
  await rm(tarball, { force: true });
  await syncFolder(paths.folders.archive);
  await checkpoint("erase:tarball");
  await rm(sidecar, { force: true });
  await syncFolder(paths.folders.archive);
}
