/**
 * Who stands in line in each session: the turn that runs, and what waits behind
 * it. Memory only; it does nothing by itself and does not know the journal.
 */
import type { ClaudeRun } from "../claude/claude.ts";
import type { Entry } from "./facts.ts";
import type { KeptOrder } from "./order.ts";
import type { Timing } from "./timing.ts";
import type { Turn } from "./turn.ts";

/** A message from its place in line to the end of its turn. */
export interface Lined {
  readonly updateId: number;
  readonly sessionId: string;
  /** The person may change it while it waits. */
  order: KeptOrder;
  /** What stands before what: the lower comes first. */
  rank: number;
  readonly timing: Timing;
  /** What an earlier life knew of it. */
  readonly entry: Entry | undefined;
  /** Its turn. */
  readonly work: (turn: Turn) => Promise<void>;
  isStopped: boolean;
  isAnswered: boolean;
  run?: ClaudeRun;
  /** What was written into its run and not read yet, by uuid, in order. */
  readonly unread: Map<string, Lined>;
  /** What was written into it and read. */
  readonly read: { readonly uuid: string; readonly lined: Lined }[];
  /** The turn that it was written into, where it was. */
  into?: { readonly turn: Lined; readonly messageUuid: string; readonly isWritten: boolean };
  /** Resolves when the last message for its run was written into it, or was not. */
  written: Promise<void>;
  /** Resolves when its turn is over and what that did not read stands in line again. */
  readonly over: { readonly promise: Promise<void>; readonly resolve: () => void };
  /** Shows a stop at once, whatever the process does. */
  readonly cutShort: AbortController;
}

/** The lines of all sessions. */
export interface Line {
  /** The turn that runs, or is answered and still ends its processes. */
  running(sessionId: string): Lined | undefined;
  /** What waits for a turn of its own, in order. */
  waiting(sessionId: string): readonly Lined[];
  /** All that has not begun: written into the running turn and not read, then what waits behind it. */
  notBegun(sessionId: string): readonly Lined[];
  /** A message that has not begun. */
  find(updateId: number): Lined | undefined;
  /** A turn that runs. */
  findRunning(updateId: number): Lined | undefined;
  /** Sessions in which a turn runs. */
  sessions(): readonly string[];
  /** All that waits in sessions in which nothing runs. */
  idle(): readonly Lined[];
  /** A rank behind all others, before all others, or before all but those and behind what came early before. */
  newRank(where?: "first" | "early" | "last"): number;
  join(lined: Lined): void;
  leave(lined: Lined): void;
  /** Takes the first out of the line as the one that runs. */
  begin(sessionId: string): Lined | undefined;
  end(lined: Lined): void;
}

/** More messages than one life takes. */
const MOST = 1e12;

/** Nobody stands anywhere. */
export function createLine(): Line {
  const running = new Map<string, Lined>();
  const waiting = new Map<string, readonly Lined[]>();
  let ranks = 0;

  const waitingIn = (sessionId: string): readonly Lined[] => waiting.get(sessionId) ?? [];
  const setWaiting = (sessionId: string, list: readonly Lined[]): void => {
    if (list.length > 0) waiting.set(sessionId, list);
    else waiting.delete(sessionId);
  };
  const notBegun = (sessionId: string): readonly Lined[] => [
    ...(running.get(sessionId)?.unread.values() ?? []),
    ...waitingIn(sessionId),
  ];

  return {
    running: (sessionId) => running.get(sessionId),
    waiting: waitingIn,
    notBegun,
    find: (updateId) =>
      [...new Set([...running.keys(), ...waiting.keys()])]
        .flatMap(notBegun)
        .find((lined) => lined.updateId === updateId),
    findRunning: (updateId) => [...running.values()].find((lined) => lined.updateId === updateId),
    sessions: () => [...running.keys()],
    idle: () => [...waiting].flatMap(([sessionId, list]) => (running.has(sessionId) ? [] : list)),
    newRank(where = "last") {
      ranks += 1;
      return { first: -2 * MOST - ranks, early: -MOST + ranks, last: ranks }[where];
    },
    join(lined) {
      const list = [...waitingIn(lined.sessionId), lined].sort((a, b) => a.rank - b.rank);
      setWaiting(lined.sessionId, list);
    },
    leave(lined) {
      setWaiting(
        lined.sessionId,
        waitingIn(lined.sessionId).filter((each) => each !== lined),
      );
    },
    begin(sessionId) {
      const [first, ...rest] = waitingIn(sessionId);
      setWaiting(sessionId, rest);
      if (first) running.set(sessionId, first);
      return first;
    },
    end(lined) {
      if (running.get(lined.sessionId) === lined) running.delete(lined.sessionId);
    },
  };
}

/** Whether an earlier life was about to start a process for what it knew as `entry`. */
export function wasStarted(entry: Entry | undefined): boolean {
  return (entry?.starts ?? 0) > 0;
}
