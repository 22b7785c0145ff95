/**
 * Who holds a lock of `lock.ts`, without touching it: taking it to see whether it
 * is free would turn away a bot that starts in that moment.
 */
import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../error-code.ts";

/** The pid of the process that holds the lock at `path`; undefined if none does. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  });
  const pid = Number.parseInt(text, 10);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return (await hasOpen(pid, path)) ? pid : undefined;
}

/** The number in the file may be another process's by now; whoever holds the lock has the file open. */
async function hasOpen(pid: number, path: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch((error: unknown) => codeOf(error) ?? "");
  if (typeof files === "string") return files === "EACCES" || (await isWithoutProc(pid));
  const real = await realpath(path);
  const targets = await Promise.all(files.map((name) => readlink(join(folder, name)).catch(() => "")));
  return targets.includes(real);
}

/** Where there is no `/proc` (macOS), that a process of this number runs is all there is to see. */
async function isWithoutProc(pid: number): Promise<boolean> {
  if (process.platform === "linux") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
