/**
 * The invariants that hold after every fault, once the bot runs again and its
 * queue is empty (see the project's README). I2 (one run an update) is not
 * visible from outside: ask the scripted Messages API how often it was asked.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkChats } from "./chat-invariants.ts";
import { checkDisk, tokenForms } from "./disk-invariants.ts";
import type { WorldFolders } from "./folders.ts";
import { readJournal, unsettled } from "./journal-file.ts";
import { processesOf } from "./processes.ts";
import type { World } from "./world.ts";

/** What is checked. */
export type Checked = Pick<World, "api" | "folders" | "allowed" | "bots">;

/** What a check may overlook. */
export interface InvariantOptions {
  /** Texts that may stand twice in a chat. */
  readonly repeatable?: readonly RegExp[];
  /** How long the journal may take to settle and processes to end. Default 20 s. */
  readonly settleMs?: number;
}

const maxRssMb = 300;

/** Waits until nothing is left to do, then checks everything; the broken rules, as sentences, the invariant's number first. */
export async function checkInvariants(world: Checked, options: InvariantOptions = {}): Promise<string[]> {
  await settle(world, options.settleMs ?? 20_000);
  const journal = await readJournal(world.folders.sessions);
  const { api, folders } = world;
  const faults = [
    ...checkChats(api, journal, world.allowed, options.repeatable),
    ...(await checkDisk(folders, api.token, journal)),
  ];
  for (const { pid, turn, command } of await turnProcesses(folders))
    faults.push(`I5 process ${pid} of turn ${turn} is left: ${command}`);
  for (const bot of world.bots) {
    const forms = tokenForms(api.token);
    if (bot.lines.some((line) => forms.some((form) => line.includes(form))))
      faults.push(`I7 the token is in the log of bot ${bot.pid}`);
    if (bot.ended?.code === 0 && !bot.wasAskedToEnd)
      faults.push(`I9 bot ${bot.pid} ended by itself with code 0`);
    const rss = bot.ended === undefined ? await rssMb(bot.pid) : 0;
    if (rss > maxRssMb) faults.push(`I9 bot ${bot.pid} took ${rss} MB`);
  }
  return faults;
}

/** Like `checkInvariants`, but throws what is broken, with the log's end. */
export async function expectSound(world: Checked, options: InvariantOptions = {}): Promise<void> {
  const faults = await checkInvariants(world, options);
  if (faults.length === 0) return;
  const log = world.bots.at(-1)?.logTail() ?? "";
  throw new Error(`${faults.length} invariants are broken:\n- ${faults.join("\n- ")}\n${log}`);
}

/** The journal is another process's file, so this one wait looks again and again. */
async function settle(world: Checked, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const journal = await readJournal(world.folders.sessions);
    const isQuiet = (await turnProcesses(world.folders)).length === 0;
    const { pending } = world.api.model.updates;
    if (isQuiet && unsettled(journal).length === 0 && pending.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The processes of turns. One that waits for its message is none: its output is not a turn's yet. */
async function turnProcesses(folders: WorldFolders) {
  const waiting = await readdir(join(folders.sessions, ".standby")).catch(() => []);
  const isWaiting = async (turn: string): Promise<boolean> => {
    const id = waiting.find((one) => turn.endsWith(`/standby-${one}`));
    const output =
      id === undefined ? [] : await readdir(join(folders.sessions, ".standby", id)).catch(() => []);
    return output.includes("out.ndjson");
  };
  const found = await processesOf(folders.home);
  const judged = await Promise.all(
    found.map(async (one) => (one.turn === undefined || (await isWaiting(one.turn)) ? [] : [one])),
  );
  return judged.flat();
}

async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
}
