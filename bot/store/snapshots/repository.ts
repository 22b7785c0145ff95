/**
 * The person's git repository around a folder, found by its names alone: git
 * itself is never run in it, so nothing of its configuration is ever obeyed. It
 * promises to change nothing there.
 */
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";

/** A repository with files: `gitDir` holds its index, `commonDir` its objects. All absolute. */
export interface Repository {
  readonly top: string;
  readonly gitDir: string;
  readonly commonDir: string;
}

/** The repository that `folder` lies in; those above a folder of `ceilings` are not looked for. */
export async function findRepository(
  folder: string,
  ceilings: readonly string[],
): Promise<Repository | undefined> {
  const ends = new Set(await Promise.all(ceilings.map((each) => realpath(each).catch(() => each))));
  let top = await realpath(folder).catch(() => undefined);
  while (top !== undefined && !ends.has(top)) {
    const gitDir = await gitDirOf(top);
    if (gitDir !== undefined) return { top, gitDir, commonDir: await commonDirOf(gitDir) };
    top = dirname(top) === top ? undefined : dirname(top);
  }
  return undefined;
}

/** `.git`, or what it points to: in a further work tree and in a submodule it is a file. */
async function gitDirOf(top: string): Promise<string | undefined> {
  const path = join(top, ".git");
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return (await isThere(join(path, "HEAD"))) ? path : undefined;
  if (!stats?.isFile() || stats.size > 4_096) return undefined;
  const [, target] = /^gitdir: (.+?)\s*$/.exec(await readFile(path, "utf8").catch(() => "")) ?? [];
  const gitDir = target === undefined ? undefined : resolve(top, target);
  return gitDir !== undefined && (await isThere(join(gitDir, "HEAD"))) ? gitDir : undefined;
}

async function commonDirOf(gitDir: string): Promise<string> {
  const named = (await readFile(join(gitDir, "commondir"), "utf8").catch(() => "")).trim();
  if (named === "") return gitDir;
  return isAbsolute(named) ? named : resolve(gitDir, named);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
