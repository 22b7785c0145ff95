/**
 * Files of the ground brought from one snapshot's state to another's. It promises
 * to touch only files that are still as the first snapshot has them, to write
 * through no link, to exchange each file whole, and to do nothing twice: what is
 * done already counts as done. It does not know which way is back.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileState } from "./changes.ts";
import type { Git } from "./git.ts";
import { MOST_FILE_BYTES } from "./take.ts";

/** One file to bring from a state to another; no state: it is not there. */
export interface Step {
  readonly path: string;
  readonly from?: FileState | undefined;
  readonly to?: FileState | undefined;
}

/** Whether a step can be done: it is done already; its file has become something else; or what it was is lost. */
export type StepState = "ready" | "done" | "changed";

/** What became of the steps, by path. */
export interface PutBack {
  readonly done: readonly string[];
  readonly changed: readonly string[];
  /** The system refused, or our copy is gone. */
  readonly failed: readonly string[];
}

const LINK = "120000";
const RUNS = "100755";

/** Looks which steps can be done. */
export async function lookAt(top: string, step: Step): Promise<StepState> {
  const now = await stateOf(top, step.path);
  if (isSame(now, step.to)) return "done";
  return isSame(now, step.from) ? "ready" : "changed";
}

/** How to put back: folders made since `sinceMs` go when they are empty; `umask` is what is made with. */
export interface PutBackOptions {
  readonly sinceMs: number;
  readonly umask: number;
}

/** Does the steps that can be done: what goes first, so that there is room for what comes. */
export async function putBack(
  git: Git,
  top: string,
  steps: readonly Step[],
  options: PutBackOptions,
): Promise<PutBack> {
  const result = { done: [] as string[], changed: [] as string[], failed: [] as string[] };
  const going = steps.filter(({ to }) => to === undefined).toReversed();
  const coming = steps.filter(({ to }) => to !== undefined);
  for (const step of [...going, ...coming]) {
    const { path } = step;
    const state = await lookAt(top, step);
    if (state === "ready") {
      const isDone = await carryOut(git, top, step, options).catch(() => false);
      result[isDone ? "done" : "failed"].push(path);
    } else result[state].push(path);
  }
  return result;
}

async function carryOut(
  git: Git,
  top: string,
  { path, to }: Step,
  { sinceMs, umask }: PutBackOptions,
): Promise<boolean> {
  const target = join(top, path);
  if (to === undefined) {
    await unlink(target);
    await removeEmpty(top, dirname(path), sinceMs);
    return true;
  }
  const blob = await git(["cat-file", "blob", to.blob], { maxBytes: MOST_FILE_BYTES + 1024 });
  if (!blob.ok || !(await makeFolders(top, dirname(path), umask))) return false;
  const old = await lstat(target).catch(() => undefined);
  if (old?.isDirectory()) await rmdir(target);
  const beside = join(dirname(target), `.parley-${randomBytes(6).toString("hex")}.tmp`);
  try {
    if (to.mode === LINK) await symlink(blob.stdout, beside);
    else {
      await writeFile(beside, blob.stdout, { flag: "wx" });
      await chmod(beside, modeOf(to.mode === RUNS, old?.isFile() ? old.mode : 0o666 & ~umask));
    }
    await rename(beside, target);
    return true;
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw error;
  }
}

/** The rights that a file has, or would be given here, and who may read it may run it. */
function modeOf(runs: boolean, mode: number): number {
  const rights = mode & 0o666;
  return runs ? rights | ((rights & 0o444) >> 2) : rights;
}

/** The folders down to `path`; false where something else is in the way. */
async function makeFolders(top: string, path: string, umask: number): Promise<boolean> {
  for (const folder of foldersOf(path)) {
    const stats = await lstat(join(top, folder)).catch(() => undefined);
    if (stats === undefined) {
      await mkdir(join(top, folder));
      // What the bot makes for itself is its owner's alone; this is not for itself.
      await chmod(join(top, folder), 0o777 & ~umask);
    } else if (!stats.isDirectory()) return false;
  }
  return true;
}

async function removeEmpty(top: string, path: string, sinceMs: number): Promise<void> {
  for (const folder of foldersOf(path).toReversed()) {
    const stats = await lstat(join(top, folder)).catch(() => undefined);
    if (!stats?.isDirectory() || stats.birthtimeMs < sinceMs) return;
    const isGone = await rmdir(join(top, folder)).then(
      () => true,
      () => false,
    );
    if (!isGone) return;
  }
}

/** "a/b/c" → "a", "a/b", "a/b/c". */
function foldersOf(path: string): string[] {
  if (path === ".") return [];
  const parts = path.split("/");
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** What lies at `path` now: nothing where a folder or a link stands in its way. `other`: no file that a snapshot has. */
async function stateOf(top: string, path: string): Promise<FileState | "other" | undefined> {
  for (const folder of foldersOf(dirname(path))) {
    const stats = await lstat(join(top, folder)).catch(() => undefined);
    if (!stats?.isDirectory()) return undefined;
  }
  const stats = await lstat(join(top, path)).catch(() => undefined);
  if (stats === undefined || stats.isDirectory()) return undefined;
  if (stats.isSymbolicLink())
    return { mode: LINK, blob: blobOf(await readlink(join(top, path), { encoding: "buffer" })) };
  if (!stats.isFile() || stats.size > MOST_FILE_BYTES) return "other";
  const bytes = await readFile(join(top, path)).catch(() => undefined);
  if (bytes === undefined) return "other";
  return { mode: (stats.mode & 0o100) === 0 ? "100644" : RUNS, blob: blobOf(bytes) };
}

/** The name that git has for these bytes. */
function blobOf(bytes: Buffer): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function isSame(now: FileState | "other" | undefined, kept: FileState | undefined): boolean {
  if (now === "other") return false;
  return now?.mode === kept?.mode && now?.blob === kept?.blob;
}
