/**
 * Can the bot write its data folders, and can nobody else read them?
 */
import { access, constants, readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { bad, type Check, ok, type Verdict, warn } from "../finding.ts";
import { list } from "../words.ts";

/** Absolute paths; undefined where the setting cannot be used. Sessions and archives are private, personas need only be read. */
export interface DataFolders {
  readonly sessions: string | undefined;
  readonly archive: string | undefined;
  readonly personas: string | undefined;
}

/** The first fault there is. */
export function foldersCheck({ folders }: { folders: DataFolders }): Check {
  return {
    name: "Folders",
    async look() {
      const { sessions, archive, personas } = folders;
      const ours = [sessions, archive].filter((path) => path !== undefined);
      const faults = [
        ...(await Promise.all(ours.map(ownFolder))),
        personas === undefined ? undefined : await readable(personas),
      ];
      const worst =
        faults.find((fault) => fault?.state === "bad") ?? faults.find((fault) => fault !== undefined);
      return (
        worst ??
        ok(`${list([...ours, ...(personas === undefined ? [] : [personas])])}: all as they should be.`)
      );
    },
  };
}

async function ownFolder(path: string): Promise<Verdict | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) {
    // The start makes it, if it may.
    const parent = await canUse(dirname(path), constants.W_OK | constants.X_OK);
    return parent
      ? undefined
      : bad(
          `${path} is not there and cannot be made.`,
          `\`mkdir -m 700 -p ${path}\`, as the user who runs the bot.`,
        );
  }
  if (!stats.isDirectory()) return bad(`${path} is not a folder.`, "Move it away, or set another path.");
  if (!(await canUse(path, constants.R_OK | constants.W_OK | constants.X_OK)))
    return bad(`${path} cannot be written by this user.`, `\`sudo chown -R "$USER" ${path}\``);
  const mode = stats.mode & 0o777;
  // One that nothing of ours is in yet is closed by the start.
  if ((mode & 0o077) === 0 || !(await isUsed(path))) return undefined;
  return warn(
    `others on this machine can look into ${path} (mode ${mode.toString(8).padStart(4, "0")}): your conversations are in it.`,
    `\`chmod 700 ${path}\``,
  );
}

async function isUsed(path: string): Promise<boolean> {
  return (await readdir(path)).some((name) => name !== "README.md");
}

async function readable(path: string): Promise<Verdict | undefined> {
  if (await canUse(path, constants.R_OK | constants.X_OK)) return undefined;
  return bad(
    `${path} cannot be read: no session can be made without a persona.`,
    "Set PERSONAS_DIR to the folder of personas, or bring it back from the repository.",
  );
}

async function canUse(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
