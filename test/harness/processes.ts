/**
 * The processes of a world, found by their environment in `/proc`: whatever the
 * bot started, however deep, has the world's HOME. Only Linux; elsewhere none.
 */
import { readdir, readFile } from "node:fs/promises";

/** A process that was found. */
export interface FoundProcess {
  readonly pid: number;
  /** Value of PARLEY_TURN, if it has one: the process of a turn. */
  readonly turn?: string;
  readonly command: string;
}

/** All processes, except this one, whose environment has `HOME=home`. */
export async function processesOf(home: string): Promise<FoundProcess[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(pids.map((pid) => inspect(pid, home)));
  return found.filter((one) => one !== undefined);
}

/** Ends all of them, by pid, until none is left; new ones may be born meanwhile. */
export async function endProcessesOf(home: string): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const found = await processesOf(home);
    if (found.length === 0) return;
    for (const { pid } of found) endOne(pid);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function endOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

async function inspect(pid: string, home: string): Promise<FoundProcess | undefined> {
  try {
    const env = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
    if (!env.includes(`HOME=${home}`)) return undefined;
    const turn = env.find((entry) => entry.startsWith("PARLEY_TURN="))?.slice("PARLEY_TURN=".length);
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ").slice(0, 200);
    return { pid: Number(pid), command, ...(turn === undefined ? {} : { turn }) };
  } catch {
    // Gone meanwhile, or another user's.
    return undefined;
  }
}
