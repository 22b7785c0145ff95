/**
 * The processes of this machine, as far as we may see them, and which turn's
 * marker each carries. Reads only. Many turns may look at once: they share a look
 * that began after each of them asked. It does not know which process should end.
 */
import { type FileHandle, open, readdir } from "node:fs/promises";
import { setImmediate as nextTick } from "node:timers/promises";
import { codeOf } from "../error-code.ts";
import { MARKER_VARIABLE } from "./args.ts";
import { askPs, hasEnded, identify, readStat, type Identity, type ProcessStat } from "./identity.ts";

/** One look at the machine. */
export interface Look {
  /** All running processes but those that have ended and wait to be collected. */
  readonly processes: readonly ProcessStat[];
  /** What `readMarker` gives, read at the first asking. */
  markerOf(pid: number): Promise<string | undefined>;
}

/** So many are asked for in one go: about a millisecond in which nothing else is done. */
const AT_ONCE = 50;
/** An environment is rarely longer, and Node has buffers of this size at hand. */
const PIECE_BYTES = 4_000;

// Of the machine there is one, and so of looks: with many turns, each looking for itself would read all of it many times over.
let running: Promise<Look> | undefined;
let next: Promise<Look> | undefined;

/** Looks at the machine: a look that begins now, or when the one under way is over; never one that began before. */
export function lookAround(): Promise<Look> {
  if (running === undefined) return begin();
  next ??= running.then(begin, begin);
  return next;
}

function begin(): Promise<Look> {
  next = undefined;
  const look = listProcesses().then((processes) => {
    const markers = new Map<number, Promise<string | undefined>>();
    const markerOf = (pid: number): Promise<string | undefined> => {
      const marker = markers.get(pid) ?? readMarker(pid);
      markers.set(pid, marker);
      return marker;
    };
    return { processes, markerOf };
  });
  running = look;
  const over = (): void => {
    if (running === look) running = undefined;
  };
  void look.then(over, over);
  return look;
}

async function listProcesses(): Promise<ProcessStat[]> {
  const names = await readdir("/proc").catch(() => undefined);
  if (names === undefined) return listByPs();
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const stats: ProcessStat[] = [];
  for (const [index, pid] of pids.entries()) {
    const stat = readStat(pid);
    if (stat !== undefined && !hasEnded(stat.state)) stats.push(stat);
    if (index % AT_ONCE === AT_ONCE - 1) await nextTick();
  }
  return stats;
}

/**
 * The turn that started `pid`, by the variable every child inherits; undefined if it has none,
 * cleared its environment, is another user's, or the system has no `/proc`.
 */
export async function readMarker(pid: number): Promise<string | undefined> {
  const environ = await readEnviron(pid).catch(() => undefined);
  if (environ === undefined) return undefined;
  const wanted = `${MARKER_VARIABLE}=`;
  // The first bytes have no NUL before them; a marker is ASCII, the rest may be any bytes.
  const text = `\0${environ}`;
  const at = text.indexOf(`\0${wanted}`);
  if (at === -1) return undefined;
  const start = at + 1 + wanted.length;
  const end = text.indexOf("\0", start);
  return text.slice(start, end === -1 ? undefined : end);
}

/** Through the thread pool: a process that hangs in the kernel may hold this up. `readFile` takes 64 KB for it, each time. */
async function readEnviron(pid: number): Promise<string> {
  const file: FileHandle = await open(`/proc/${pid}/environ`, "r");
  try {
    const pieces: string[] = [];
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, null);
      pieces.push(buffer.toString("latin1", 0, bytesRead));
      if (bytesRead < PIECE_BYTES) return pieces.join("");
    }
  } finally {
    await file.close();
  }
}

/** Whether the process is gone or on its way out: one that was killed counts as running for a while, and has no environment any more. */
export async function isGoing(pid: number): Promise<boolean> {
  return readEnviron(pid).then(
    (environ) => environ === "",
    (error: unknown) => codeOf(error) !== "EACCES",
  );
}

/** Every running process that some turn started, with its turn: what a start finds of an earlier life. */
export async function listMarked(): Promise<{ marker: string; identity: Identity }[]> {
  const look = await lookAround();
  const found = await Promise.all(
    look.processes.map(async ({ pid }) => {
      const marker = pid === process.pid ? undefined : await look.markerOf(pid);
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
  const listed = await askPs(["-A", "-o", "pid=,ppid=,pgid=,stat="]);
  return listed.split("\n").flatMap((line) => {
    const [pid, parent, group, state] = line.trim().split(/\s+/);
    if (pid === undefined || state === undefined || hasEnded(state.charAt(0))) return [];
    const ids = { pid: Number(pid), parent: Number(parent), group: Number(group), session: Number(group) };
    return [{ ...ids, state, startTicks: 0 }];
  });
}
