/**
 * Pages on the disk: made in the child process, and gone when they were sent. It
 * promises that one that was not sent is not kept for long.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PageSession } from "../pages/conversation.ts";
import type { ArchiveContext } from "./context.ts";
import type { PageFormat } from "./page.ts";
import type { Fault } from "./types.ts";

/** Which page: of the live session or of the archive in `folder`; `updateId` is who asked, and names the file. */
export interface PageWish {
  readonly updateId: number;
  readonly folder: string;
  readonly isArchived: boolean;
  readonly session: PageSession;
  readonly format: PageFormat;
}

/** Where it lies, to be sent and then removed. */
export type PageResult =
  | { readonly ok: true; readonly path: string; readonly turns: number; readonly bytes: number }
  | { readonly ok: false; readonly failure: Fault };

const KEPT_MS = 24 * 3_600_000;

/** See `createArchives`. */
export async function makePage(context: ArchiveContext, wish: PageWish): Promise<PageResult> {
  const { paths, limits } = context;
  await sweepPages(context);
  const { folder, format } = wish;
  const { id, name, persona, createdAt } = wish.session;
  const path = paths.page(wish.updateId, format);
  const from = wish.isArchived
    ? { tarball: paths.archive(folder).tarball }
    : { turns: paths.session(folder).turns };
  const worker = context.startWorker();
  try {
    const session = { id, name, persona, createdAt };
    const made = await worker.run("page", { from, session, format, to: path, limits });
    return made.ok ? { ok: true, path, ...made.value } : { ok: false, failure: made.failure };
  } finally {
    await worker.end();
  }
}

/** Removes what was made long ago and never sent. */
export async function sweepPages({ paths, now }: Pick<ArchiveContext, "paths" | "now">): Promise<void> {
  for (const name of await readdir(paths.folders.archive)) {
    if (!/^\.page-\d{1,15}\.(?:md|html)$/.test(name)) continue;
    const path = join(paths.folders.archive, name);
    const made = await stat(path).catch(() => undefined);
    if (made !== undefined && now().getTime() - made.mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}
