/**
 * The processes of this machine, as far as we may see them, and which turn's
 * marker each carries. Reads only. It does not know which of them should end.
 */
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { MARKER_VARIABLE } from "./args.ts";
import { hasEnded, identify, readStat, type Identity, type ProcessStat } from "./identity.ts";

/** All running processes but those that have ended and wait to be collected. */
export async function listProcesses(): Promise<ProcessStat[]> {
  const names = await readdir("/proc").catch(() => undefined);
  if (names === undefined) return listByPs();
  const stats = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((name) => readStat(Number(name))),
  );
  return stats.filter((stat): stat is ProcessStat => stat !== undefined && !hasEnded(stat.state));
}

/**
 * The turn that started `pid`, by the variable every child inherits; undefined if it has none,
 * cleared its environment, is another user's, or the system has no `/proc`.
 */
export async function readMarker(pid: number): Promise<string | undefined> {
  const environ = await readFile(`/proc/${pid}/environ`).catch(() => undefined);
  if (environ === undefined) return undefined;
  const wanted = `${MARKER_VARIABLE}=`;
  // The first bytes have no NUL before them; a marker is ASCII, the rest may be any bytes.
  const text = `\0${environ.toString("latin1")}`;
  const at = text.indexOf(`\0${wanted}`);
  if (at === -1) return undefined;
  const start = at + 1 + wanted.length;
  const end = text.indexOf("\0", start);
  return text.slice(start, end === -1 ? undefined : end);
}

/** Every running process that some turn started, with its turn: what a start finds of an earlier life. */
export async function listMarked(): Promise<{ marker: string; identity: Identity }[]> {
  const found = await Promise.all(
    (await listProcesses()).map(async ({ pid }) => {
      const marker = pid === process.pid ? undefined : await readMarker(pid);
      const identity = marker === undefined ? undefined : await identify(pid);
      return marker === undefined || identity === undefined ? [] : [{ marker, identity }];
    }),
  );
  return found.flat();
}

/** The running processes of the turn `marker`, the oldest first: if the CLI still runs, it is that one. */
export async function findMarked(marker: string): Promise<Identity[]> {
  const found = (await listMarked()).filter((one) => one.marker === marker).map((one) => one.identity);
  return found.sort((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid);
}

/** Where there is no `/proc`: no sessions, no markers; parents and groups must do. */
async function listByPs(): Promise<ProcessStat[]> {
  const listed = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="]).catch(
    () => undefined,
  );
  return (listed?.stdout ?? "").split("\n").flatMap((line) => {
    const [pid, parent, group, state] = line.trim().split(/\s+/);
    if (pid === undefined || state === undefined || hasEnded(state.charAt(0))) return [];
    const ids = { pid: Number(pid), parent: Number(parent), group: Number(group), session: Number(group) };
    return [{ ...ids, state, startTicks: 0 }];
  });
}
