/**
 * A snapshot: every file of a ground as it is now, tracked or not, but for what
 * is ignored, as a tree in our repository. It promises to read only what changed
 * since the last one, and to leave out what is too big, by name. It changes
 * nothing on the ground.
 */
import { constants } from "node:fs";
import { access, lstat } from "node:fs/promises";
import { join } from "node:path";
import { mapBounded } from "../lanes.ts";
import { type Git, type GitResult, namesOf } from "./git.ts";
import type { Ground } from "./ground.ts";

/** A file that is not in a snapshot: too big. */
export interface LeftOut {
  readonly path: string;
  readonly bytes: number;
  readonly changedAtMs: number;
}

/** `tree` names it in our repository. */
export interface Snapshot {
  readonly tree: string;
  readonly leftOut: readonly LeftOut[];
}

export type SnapshotFault = {
  readonly ok: false;
  readonly kind: "no_git" | "too_many" | "timed_out" | "failed";
  readonly detail: string;
};
export type SnapshotResult = { readonly ok: true; readonly snapshot: Snapshot } | SnapshotFault;

/** The most that is kept of one file, and of all that is new in one snapshot. */
export const MOST_FILE_BYTES = 16 * 1024 * 1024;
const MOST_NEW_BYTES = 512 * 1024 * 1024;
const MOST_NEW_FILES = 100_000;
const AT_ONCE = 16;

/** Takes one, within `timeoutMs` for each step. `last` is the tree of the one before, if the ground still holds it. */
export async function take(
  git: Git,
  { top }: Ground,
  { last, timeoutMs }: { readonly last?: string | undefined; readonly timeoutMs: number },
): Promise<SnapshotResult> {
  const [changed, fresh] = await Promise.all([
    git(["diff-files", "-z", "--name-only", "--ignore-submodules=all", "--no-ext-diff"], { timeoutMs }),
    git(["ls-files", "-z", "--others", "--exclude-standard"], { timeoutMs }),
  ]);
  if (!changed.ok) return faultOf(changed);
  if (!fresh.ok) return faultOf(fresh);
  // A repository within is listed as a folder: it is somebody's own.
  const names = [...new Set([...namesOf(changed.stdout), ...namesOf(fresh.stdout)])].filter(
    (name) => !name.endsWith("/"),
  );
  if (names.length > MOST_NEW_FILES) return { ok: false, kind: "too_many", detail: `${names.length} files` };
  const looked = await mapBounded(names, AT_ONCE, async (path) => ({
    path,
    stats: await look(join(top, path)),
  }));
  const leftOut: LeftOut[] = [];
  const taken: string[] = [];
  let bytes = 0;
  for (const { path, stats } of looked) {
    if (stats !== undefined && stats.size > MOST_FILE_BYTES)
      leftOut.push({ path, bytes: stats.size, changedAtMs: stats.mtimeMs });
    else {
      taken.push(path);
      bytes += stats?.size ?? 0;
    }
  }
  if (bytes > MOST_NEW_BYTES) return { ok: false, kind: "too_many", detail: `${bytes} bytes` };
  if (taken.length === 0 && last !== undefined) return { ok: true, snapshot: { tree: last, leftOut } };
  const noted = await note(git, top, taken, timeoutMs);
  if (!noted.ok) return faultOf(noted);
  // A repository that fetches as it goes lacks what it never needed.
  const tree = await git(["write-tree", "--missing-ok"], { timeoutMs });
  if (!tree.ok) return faultOf(tree);
  return { ok: true, snapshot: { tree: tree.stdout.toString("utf8").trim(), leftOut } };
}

/** Reads the named files into our index. One that cannot be read stays as it was known. */
async function note(git: Git, top: string, names: readonly string[], timeoutMs: number): Promise<GitResult> {
  const update = (paths: readonly string[]) =>
    git(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], {
      input: paths.map((path) => `${path}\0`).join(""),
      timeoutMs,
    });
  if (names.length === 0) return { ok: true, stdout: Buffer.alloc(0) };
  const noted = await update(names);
  if (noted.ok || noted.kind !== "failed") return noted;
  const readable = await mapBounded(names, AT_ONCE, async (path) => {
    const stats = await look(join(top, path));
    const isOpen = stats?.isFile() !== true || (await canRead(join(top, path)));
    return isOpen ? [path] : [];
  });
  return update(readable.flat());
}

const look = (path: string) => lstat(path).catch(() => undefined);

const canRead = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

function faultOf({ kind, detail }: GitResult & { ok: false }): SnapshotFault {
  return { ok: false, kind: kind === "too_big" ? "too_many" : kind, detail };
}
