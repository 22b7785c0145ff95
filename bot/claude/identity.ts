/**
 * Which process is which. A pid comes again after a while and after a restart;
 * pid, start time and boot together do not. It does not know what a process is for.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** One process, for as long as the machine runs. Plain data: may be kept as JSON. */
export interface Identity {
  readonly pid: number;
  /** Field 22 of `/proc/PID/stat`, or what `ps` says where there is no `/proc`. */
  readonly startTime: string;
  /** Changes with every boot; empty where the system has none. */
  readonly bootId: string;
}

/** What `/proc/PID/stat` says. `startTicks` since the boot; `state` "Z" is a process that has ended. */
export interface ProcessStat {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTicks: number;
}

const HAS_PROC = process.platform === "linux";

/** The identity of the process that has `pid` now; undefined if none has. */
export async function identify(pid: number): Promise<Identity | undefined> {
  const startTime = await startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: await bootId() };
}

/** Whether exactly that process still runs. One that has ended but was not yet collected does not. */
export async function isAlive(identity: Identity): Promise<boolean> {
  if (identity.bootId !== (await bootId())) return false;
  return (await startTimeOf(identity.pid)) === identity.startTime;
}

/**
 * Reads `/proc/PID/stat`; undefined if there is no such process, or it cannot be read. Without waiting: the
 * kernel has this at hand and nothing can hold it up, so that asking is over in 20 µs; through the thread
 * pool it costs ten times as much.
 */
export function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** Parses one `stat` line. The command's name stands in brackets and may itself hold spaces and brackets. */
export function parseStat(text: string): ProcessStat | undefined {
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  const [state, parent, group, session] = fields;
  const startTicks = Number(fields[19]);
  if (close === -1 || state === undefined || Number.isNaN(startTicks)) return undefined;
  return {
    pid: Number.parseInt(text, 10),
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTicks,
  };
}

/** Whether a process with this `stat` state has ended. */
export function hasEnded(state: string): boolean {
  return state === "Z" || state === "X";
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  if (!HAS_PROC) return startTimeByPs(pid);
  const stat = readStat(pid);
  if (stat === undefined || hasEnded(stat.state) || !isProcess(pid)) return undefined;
  return String(stat.startTicks);
}

/** Threads have ids out of the same numbers and a folder in `/proc`, too. */
function isProcess(pid: number): boolean {
  try {
    return /^Tgid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] === String(pid);
  } catch {
    return false;
  }
}

async function startTimeByPs(pid: number): Promise<string | undefined> {
  const said = await askPs(["-o", "stat=,lstart=", "-p", String(pid)]);
  const [, state, started] = /^\s*(\S+)\s+(.+?)\s*$/.exec(said) ?? [];
  return state === undefined || state.startsWith("Z") ? undefined : started;
}

/** It answers within some ms; a machine on which it hangs must not hang every end of a turn. */
const PS_MS = 5_000;

/** What `ps` says, where there is no `/proc`; nothing where it fails, or takes too long. */
export async function askPs(args: readonly string[]): Promise<string> {
  return promisify(execFile)("ps", args, { timeout: PS_MS, killSignal: "SIGKILL" }).then(
    ({ stdout }) => stdout,
    () => "",
  );
}

/** Read once: whoever asks lives in this boot. */
let known: Promise<string> | undefined;

function bootId(): Promise<string> {
  known ??= readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
    (text) => text.trim(),
    () => "",
  );
  return known;
}
