/**
 * The folders one world lives in: data, home, personas, all below one temporary
 * root that nothing else uses.
 */
import { cp, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The repository. */
export const repoRoot = resolve(import.meta.dirname, "../..");

/** A world's folders, absolute. */
export interface WorldFolders {
  readonly root: string;
  /** HOME of the bot and of all it starts; also how its processes are found. */
  readonly home: string;
  readonly sessions: string;
  readonly archive: string;
  /** A copy of the shipped personas, to be changed freely. */
  readonly personas: string;
  /** The working directory of the bot: no `.env` of a developer is read. */
  readonly cwd: string;
}

/** Makes the folders, modes 0700, and copies the shipped personas. */
export async function makeFolders(): Promise<WorldFolders> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "parley-world-")));
  const at = (name: string): string => join(root, name);
  const folders = {
    root,
    home: at("home"),
    sessions: at("sessions"),
    archive: at("sessions_archive"),
    personas: at("personas"),
    cwd: at("cwd"),
  };
  for (const name of [folders.home, folders.sessions, folders.archive, folders.cwd])
    await mkdir(name, { mode: 0o700 });
  await cp(join(repoRoot, "personas"), folders.personas, { recursive: true });
  return folders;
}

/** Removes all of it; tries again while a dying process still writes. */
export async function removeFolders({ root }: WorldFolders): Promise<void> {
  await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
