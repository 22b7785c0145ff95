/**
 * Where the playground keeps its things: one folder of its own, the owner's
 * alone, with a mark in it, so that `--fresh` can only ever remove a playground.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { repoRoot, type WorldFolders } from "../harness/folders.ts";

/** The folders of a playground, absolute; `root` is what the person is told. */
export interface PlaygroundFolders extends WorldFolders {
  /** The chat, as it was left. */
  readonly memory: string;
  readonly log: string;
}

const mark = "this-is-a-playground";

/** The folder where nothing else is said. */
export const usualFolder = join(homedir(), ".parley-playground");

/** Opens the folder, or says why not. With `isFresh` it is emptied first. */
export async function openFolder(
  path: string,
  isFresh: boolean,
): Promise<{ ok: true; folders: PlaygroundFolders } | { ok: false; sentence: string }> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const root = await realpath(path);
  const isOurs = existsSync(join(root, mark));
  if (!isOurs && (await readdir(root)).length > 0)
    return { ok: false, sentence: `${root} holds other things. Give the playground a folder of its own.` };
  if (isFresh)
    for (const name of await readdir(root))
      if (name !== mark) await rm(join(root, name), { recursive: true, force: true });
  await writeFile(join(root, mark), "npm run playground made this folder; --fresh empties it.\n", {
    mode: 0o600,
  });
  const at = (name: string): string => join(root, name);
  const folders = {
    root,
    home: at("home"),
    sessions: at("sessions"),
    archive: at("sessions_archive"),
    personas: join(repoRoot, "personas"),
    cwd: at("cwd"),
    memory: at("chat"),
    log: at("bot.log"),
  };
  for (const name of [folders.home, folders.sessions, folders.archive, folders.cwd, folders.memory])
    await mkdir(name, { recursive: true, mode: 0o700 });
  return { ok: true, folders };
}
