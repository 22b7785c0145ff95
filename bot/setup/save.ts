/**
 * Writes what was chosen: `.env`, whole or not at all and for its owner only, and
 * the data folders, closed to others.
 */
import { chmod, mkdir, readFile, realpath } from "node:fs/promises";
import { isErrno, writeFileDurably } from "../store/json-file.ts";
import { Abandoned } from "./asker.ts";
import { type EnvValues, updateEnv } from "./env-file.ts";

/** Saves `values` in the file at `envFile`; a first one is made from `template`, with all its comments. */
export async function saveEnv(envFile: string, template: string, values: EnvValues): Promise<void> {
  const old = await readFile(envFile, "utf8").catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  });
  const updated = updateEnv(old ?? template, values);
  if (!updated.ok)
    throw new Abandoned(
      updated.kind === "unquotable"
        ? `${updated.name ?? "A value"} cannot be written into a .env: it has quotes of every kind. Nothing was changed.`
        : `${envFile} has lines that this set-up does not understand and might harm. Edit it by hand, or move it away. Nothing was changed.`,
    );
  // Through a link: who keeps the file elsewhere goes on doing so.
  const path = await realpath(envFile).catch(() => envFile);
  await writeFileDurably(path, updated.text);
}

/** Makes the folders, or closes those that are there to others. */
export async function closeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  }
}
