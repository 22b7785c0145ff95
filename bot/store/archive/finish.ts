/**
 * What a start does with archiving that was cut off. Reads only names and files on
 * disk, so it can itself be cut off and run again. It promises to delete a folder
 * only against a verified tarball with the same bytes.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ArchiveContext, exists, OWN_NAMES, removeTree } from "./context.ts";
import { sweepPages } from "./make-page.ts";
import { orderSchema, orFailure, packFrozen, putBack, settle } from "./pack.ts";
import type { Worker } from "./process.ts";
import { mendSidecars } from "./mend.ts";
import { archivedFolders, describeArchive } from "./sidecar.ts";
import type { ArchiveInfo, FinishReport, PackFailure } from "./types.ts";
import { readJson, sweepTemporary } from "../json-file.ts";
import { isFolderName } from "../paths.ts";

/** See `createArchives`. */
export async function finishAll(context: ArchiveContext): Promise<FinishReport> {
  const { paths } = context;
  const archived: ArchiveInfo[] = [];
  const back: { folder: string; failure?: PackFailure }[] = [];
  const dropped: string[] = [];
  const stuck: string[] = [];

  await removeParts(context);
  await sweepPages(context);
  for (const folder of await foldersNamed(context, ".deleting-"))
    // What is another user's, such as a container's, stays in the way of nothing: no start fails for it.
    await removeTree(paths.deleting(folder).root).catch(() => {});
  for (const folder of await foldersNamed(context, ".restoring-")) {
    await removeTree(paths.restoring(folder).root);
    dropped.push(folder);
  }
  for (const folder of await foldersNamed(context, ".archiving-")) {
    if (await exists(paths.session(folder).root)) {
      stuck.push(folder);
      continue;
    }
    const end = await finishFrozen(context, folder);
    if ("archive" in end) archived.push(end.archive);
    else back.push({ folder, ...end });
  }
  await mendSidecars(context, await archivedFolders(paths));
  return { archived, putBack: back, dropped, stuck };
}

type End = { archive: ArchiveInfo } | { failure?: PackFailure };

async function finishFrozen(context: ArchiveContext, folder: string): Promise<End> {
  const found = await withWorker(context, async (worker) => {
    const published = await publishedCopy(context, worker, folder);
    if (published !== undefined) await settle(context, worker, published);
    return published;
  });
  if (found !== undefined) return { archive: found };
  const order = await readJson(join(context.paths.archiving(folder).root, OWN_NAMES.order), orderSchema);
  // No order: it died right after the freeze, and nothing was done yet.
  const result = order.ok
    ? await withWorker(context, (worker) => orFailure(() => packFrozen(context, worker, folder, order.value)))
    : undefined;
  if (result?.ok === true) return { archive: result.archive };
  await putBack(context, folder);
  return result === undefined ? {} : { failure: result.failure };
}

/** What hung or died in one child is nothing to the next. */
async function withWorker<T>(context: ArchiveContext, work: (worker: Worker) => Promise<T>): Promise<T> {
  const worker = context.startWorker();
  try {
    return await work(worker);
  } finally {
    await worker.end();
  }
}

/** The archive made from this very folder, if it is there and whole and the folder was not touched since. */
async function publishedCopy(
  context: ArchiveContext,
  worker: Worker,
  folder: string,
): Promise<ArchiveInfo | undefined> {
  const { limits, paths } = context;
  const root = paths.archiving(folder).root;
  const { tarball } = paths.archive(folder);
  if (!(await exists(tarball)) || !(await exists(join(root, OWN_NAMES.manifest)))) return undefined;
  const verified = await worker.run("verify", { tarball, limits });
  if (!verified.ok) return undefined;
  // An older archive of the session has another manifest: it must not stand for this folder.
  const compared = await worker.run("compare", { root, limits });
  if (!compared.ok || compared.value.difference !== undefined) return undefined;
  if (compared.value.manifestSha256 !== verified.value.contents.manifestSha256) return undefined;
  return describeArchive(verified.value.contents, verified.value);
}

async function removeParts({ paths }: ArchiveContext): Promise<void> {
  await sweepTemporary(paths.folders.archive);
  for (const name of await readdir(paths.folders.archive)) {
    const folder = /^\.(.+)\.tar\.gz\.part$/.exec(name)?.[1];
    if (folder !== undefined && isFolderName(folder)) await rm(paths.archive(folder).part, { force: true });
  }
}

async function foldersNamed({ paths }: ArchiveContext, prefix: string): Promise<string[]> {
  const names = await readdir(paths.folders.sessions);
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter(isFolderName)
    .sort();
}
