/**
 * Ends everything a turn started. Killing the CLI, or its group, leaves its
 * shells alive: each has a session of its own. So they are found three ways: by
 * the turn's marker in their environment, by descent, and by the sessions that
 * descendants were seen in. Promises: never our own process or one older than
 * the turn, SIGTERM before SIGKILL, and a bounded end.
 */
import { setTimeout as delay } from "node:timers/promises";
import { hasEnded, isAlive, readStat, type Identity, type ProcessStat } from "./identity.ts";
import { lookAround } from "./process-list.ts";

/** How long each step may take. The whole takes at most `termMs + leftoverMs + 10 × 100 ms + 250 ms`, and the scans. */
export interface TreeLimits {
  /** From SIGTERM to SIGKILL for the CLI itself. */
  readonly termMs: number;
  /** The same for what it left behind. */
  readonly leftoverMs: number;
}

/** Watches over the processes of one turn. */
export interface ProcessTree {
  /** Takes down who descends from the turn now: once a parent is gone, its children have no name to find them by. */
  note(): Promise<void>;
  /** Ends the CLI, if it still runs, then everything else; gives how many others were ended. */
  end(sinceLastEventMs: () => number): Promise<number>;
}

const POLL_MS = 20;
const SCAN_PAUSE_MS = 100;
const MAX_ROUNDS = 10;
/** What goes by itself once the CLI is gone was not left behind: an MCP server whose pipe has closed. */
const SELF_END_MS = 250;
/** 2.1.197 writes a turn into its transcript up to this late; killed before, it loses all of it. */
const QUIET_BEFORE_KILL_MS = 100;

/** The tree of the turn `marker` with the CLI `root` (undefined if it never ran, or is not known). */
export function createProcessTree(
  root: Identity | undefined,
  marker: string,
  limits: TreeLimits,
): ProcessTree {
  const oldestTicks = root === undefined || root.startTime === "" ? 0 : Number(root.startTime) || 0;
  const seen = new Map<number, number>();
  const sessions = new Set<number>();
  let ours: ReadonlySet<number> | undefined;

  const scan = async (): Promise<ProcessStat[]> => {
    const look = await lookAround();
    const all = look.processes.filter((one) => one.startTicks >= oldestTicks);
    const spared = (ours ??= ownSessions());
    noteDescendants(all, root, seen, sessions, spared);
    const found = await Promise.all(
      all.map(async (candidate) => {
        if (candidate.pid === process.pid || candidate.pid === root?.pid) return [];
        const isKnown = seen.get(candidate.pid) === candidate.startTicks || sessions.has(candidate.session);
        return isKnown || (await look.markerOf(candidate.pid)) === marker ? [candidate] : [];
      }),
    );
    return found.flat();
  };

  const thoseWhoStay = async (): Promise<ProcessStat[]> => {
    const found = await scan();
    if (found.length === 0) return found;
    await isGone(() => isAnyAlive(found), SELF_END_MS);
    return scan();
  };

  const endRoot = async (root: Identity, sinceLastEventMs: () => number): Promise<void> => {
    signal(root.pid, "SIGTERM");
    if (await isGone(() => isAlive(root), limits.termMs)) return;
    await delay(Math.max(0, QUIET_BEFORE_KILL_MS - sinceLastEventMs()));
    if (await isAlive(root)) signal(root.pid, "SIGKILL");
    await isGone(() => isAlive(root), 1_000);
  };

  return {
    async note() {
      const spared = (ours ??= ownSessions());
      noteDescendants((await lookAround()).processes, root, seen, sessions, spared);
    },
    async end(sinceLastEventMs) {
      const isEndedByUs = root !== undefined && (await isAlive(root));
      if (isEndedByUs) {
        await scan();
        await endRoot(root, sinceLastEventMs);
      }
      const first = isEndedByUs ? await scan() : await thoseWhoStay();
      const ended = new Set(first.map(nameOf));
      if (first.length > 0) {
        for (const { pid } of first) signal(pid, "SIGTERM");
        await isGone(() => isAnyAlive(first), limits.leftoverMs);
      }
      // An end is two empty scans in a row: what is being forked during one shows in the next.
      let emptyScans = first.length === 0 ? 1 : 0;
      for (let round = 0; round < MAX_ROUNDS && emptyScans < 2; round += 1) {
        const left = await scan();
        emptyScans = left.length === 0 ? emptyScans + 1 : 0;
        for (const one of left) {
          signal(one.pid, "SIGKILL");
          ended.add(nameOf(one));
        }
        if (first.length > 0 && emptyScans < 2) await delay(SCAN_PAUSE_MS);
      }
      return ended.size;
    },
  };
}

function nameOf({ pid, startTicks }: ProcessStat): string {
  return `${pid}:${startTicks}`;
}

/** Adds the descendants of `root` among `all` to `seen`, and the sessions they are in to `sessions`. */
function noteDescendants(
  all: readonly ProcessStat[],
  root: Identity | undefined,
  seen: Map<number, number>,
  sessions: Set<number>,
  spared: ReadonlySet<number>,
): void {
  const children = new Map<number, ProcessStat[]>();
  for (const one of all) {
    const siblings = children.get(one.parent);
    if (siblings) siblings.push(one);
    else children.set(one.parent, [one]);
  }
  const isRootThere = all.some(({ pid, startTicks }) => pid === root?.pid && isStart(startTicks, root));
  const queue = [
    ...(isRootThere && root !== undefined ? [root.pid] : []),
    ...all.filter(({ pid, startTicks }) => seen.get(pid) === startTicks).map(({ pid }) => pid),
  ];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (seen.get(child.pid) === child.startTicks) continue;
      seen.set(child.pid, child.startTicks);
      if (!spared.has(child.session)) sessions.add(child.session);
      queue.push(child.pid);
    }
  }
}

/** Where `ps` stands in for `/proc`, a list has no start times. */
function isStart(startTicks: number, root: Identity): boolean {
  return startTicks === 0 || String(startTicks) === root.startTime;
}

/** Sessions that are never a turn's: ours, and the system's. */
function ownSessions(): ReadonlySet<number> {
  const own = readStat(process.pid);
  return new Set([0, 1, ...(own === undefined ? [] : [own.session])]);
}

function isAnyAlive(processes: readonly ProcessStat[]): boolean {
  return processes.some(({ pid, startTicks }) => {
    const stat = readStat(pid);
    return stat !== undefined && stat.startTicks === startTicks && !hasEnded(stat.state);
  });
}

/** Waits until `isThere` is false, at most `limitMs`; gives whether it became so. */
async function isGone(isThere: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (await isThere()) {
    if (performance.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** A process that has gone meanwhile, or was never ours to end, is no error. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // ESRCH or EPERM
  }
}
