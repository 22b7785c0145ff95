/**
 * How a message comes in: into the turn that runs if that can take it, else in
 * line; from the chat, or from the journal of an earlier life. It promises that
 * what is accepted here is in the journal first.
 */
import { createDeferred } from "../claude/deferred.ts";
import { bringIn, type Upload } from "./attachments.ts";
import { runTurn } from "./begin.ts";
import type { Entry } from "./facts.ts";
import type { KeptOrder } from "./order.ts";
import { type Line, type Lined, wasStarted } from "./line.ts";
import type { Steering, WaitingCallbacks } from "./steering.ts";
import { takeUpTurn } from "./take-up.ts";
import { startTiming } from "./timing.ts";
import type { TurnDeps } from "./turn.ts";

export interface TakingInDeps extends TurnDeps {
  readonly line: Line;
  readonly steering: Steering;
  readonly waits: WaitingCallbacks;
  /** Puts a message in line. */
  readonly enlist: (lined: Lined) => void;
}

/** The way in. */
export type TakingIn = ReturnType<typeof createTakingIn>;

/** Makes it. */
export function createTakingIn(deps: TakingInDeps) {
  const { journal, line, steering, waits, enlist } = deps;

  function newLined(
    updateId: number,
    sessionId: string,
    order: KeptOrder,
    { work, entry }: { work: Lined["work"]; entry?: Entry },
  ): Lined {
    return {
      updateId,
      sessionId,
      order,
      // What had begun stands before all; what the person wished to run before what still asks, in its own order.
      rank: line.newRank(wasStarted(entry) ? "first" : order.overBudget === true ? "early" : "last"),
      timing: startTiming(deps.nowMs),
      entry,
      work,
      isStopped: false,
      isAnswered: false,
      unread: new Map(),
      read: [],
      written: Promise.resolve(),
      over: createDeferred<void>(),
      cutShort: new AbortController(),
    };
  }

  /** Takes a message into a session: into the turn that runs if it can take it, else in line; in the journal first. */
  async function submit(updateId: number, sessionId: string, order: KeptOrder): Promise<void> {
    const isFirst = line.waiting(sessionId).length === 0;
    let noted: Promise<void> | undefined;
    const lined = newLined(updateId, sessionId, order, {
      work: (turn) => {
        const queued = noted ?? Promise.resolve();
        queued.then(
          () => deps.checkpoint("queued"),
          () => {},
        );
        return runTurn(deps, { ...turn, queued });
      },
    });
    const steered = isFirst ? steering.steer(line.running(sessionId), lined) : undefined;
    if (steered !== undefined) return steered;
    noted = journal.note(updateId, { state: "queued", sessionId, order });
    enlist(lined);
    await noted;
  }

  /** Puts back in line what an earlier life had queued or started. */
  function takeUp(entry: Entry): void {
    const { id, sessionId, order } = entry;
    if (!sessionId || !order) return;
    const lined = newLined(id, sessionId, order, {
      work: (turn) => (wasStarted(entry) ? takeUpTurn(deps, turn, entry) : runTurn(deps, turn)),
      entry,
    });
    // What was perhaps written into it: what its process says will tell.
    for (const steeredEntry of journal.unfinished()) {
      const { id: steeredId, state, order: words, steered } = steeredEntry;
      if (state !== "steered" || steered?.turn !== id || words === undefined) continue;
      const unread = newLined(steeredId, sessionId, words, {
        work: (turn) => runTurn(deps, turn),
        entry: steeredEntry,
      });
      unread.into = { turn: lined, messageUuid: steered.messageUuid, isWritten: true };
      lined.unread.set(steered.messageUuid, unread);
      waits.waits(unread, "unread");
    }
    enlist(lined);
  }

  return { submit, takeUp };
}

/** Files that are shown with a message; the name of any other would be told before the turn may read it. */
export async function bringAlong(
  deps: TurnDeps,
  { sessionId, updateId, order }: Lined,
  signal: AbortSignal,
): Promise<readonly Upload[] | undefined> {
  const session = deps.sessions.get(sessionId);
  if (order.attachments === undefined || session === undefined) return [];
  // Whatever fails says so in a turn of its own.
  const brought = await bringIn(deps, session, updateId, order, signal).catch(() => undefined);
  if (!brought?.ok || brought.notes.length > 0) return undefined;
  return brought.uploads.every(({ block }) => block !== undefined) ? brought.uploads : undefined;
}
