/**
 * Writes what was chosen: `.env`, whole or not at all and for its owner only, and
 * the data folders, closed to others.
 */
import { chmod, mkdir, readFile, realpath } from "node:fs/promises";
import { codeOf } from "../error-code.ts";
import { writeFileDurably } from "../store/json-file.ts";
import { Abandoned } from "./asker.ts";
import { type EnvValues, updateEnv } from "./env-file.ts";

/** Saves `values` in the file at `envFile`; a first one is made from `template`, with all its comments. */
export async function saveEnv(envFile: string, template: string, values: EnvValues): Promise<void> {
  const old = await readFile(envFile, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw cannot("read", envFile, error);
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
  await writeFileDurably(path, updated.text).catch((error: unknown) => {
    throw cannot("written", envFile, error);
  });
}

function cannot(be: "read" | "written", path: string, error: unknown): Abandoned {
  return new Abandoned(`${path} cannot be ${be} (${codeOf(error) ?? "unknown"}). Nothing was changed.`);
}

/** Makes the folders, or closes those that are there to others; gives those with which that cannot be done. */
export async function closeFolders(folders: readonly string[]): Promise<{ path: string; code: string }[]> {
  const open: { path: string; code: string }[] = [];
  for (const path of folders) {
    await mkdir(path, { recursive: true, mode: 0o700 })
      .then(() => chmod(path, 0o700))
      .catch((error: unknown) => open.push({ path, code: codeOf(error) ?? "unknown" }));
  }
  return open;
}
