/**
 * What is kept of a turn when it is over: `turn.json` in its folder, and its sum
 * in the session. Done before the answer is shown for good, and done twice
 * without harm. It does not know how the turn ran.
 */
import { writeJson } from "../store/json-file.ts";
import type { TurnPaths } from "../store/paths.ts";
import { orDiskFull } from "../store/disk.ts";
import type { SessionManager, SessionPatch } from "../store/session-manager.ts";
import type { Session } from "../store/session.ts";
import { cutOffOf } from "./prompt.ts";
import type { Changes, Outcome, TurnView } from "./view.ts";
import type { Moment, StartKind } from "./timing.ts";

/** What is known of a turn that is over. Times are ISO-8601 UTC. */
export interface TurnEnd {
  readonly updateId: number;
  readonly view: TurnView;
  readonly outcome: Outcome;
  readonly claudeSessionId: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  /** Undefined where there was no process. */
  readonly startKind?: StartKind;
  readonly moments: Partial<Record<Moment, number>>;
  /** An earlier life began it, and may have known of messages that were written into it what nobody knows any more. */
  readonly isAdopted: boolean;
}

/** Saves the receipt and adds the turn to its session; false if the disk is full: the answer matters more than its receipt. */
export async function saveTurn(
  sessions: SessionManager,
  session: Session,
  files: TurnPaths,
  end: TurnEnd,
): Promise<boolean> {
  const full = await orDiskFull(() => writeJson(files.receipt, receiptOf(session, end)));
  const updated = await sessions.update(session.id, (before) => patchOf(before, end));
  return full === undefined && updated.ok;
}

function receiptOf(session: Session, end: TurnEnd) {
  const { view, outcome } = end;
  return {
    version: 1,
    updateId: end.updateId,
    sessionId: session.id,
    outcome: outcome.kind,
    ...(outcome.kind === "failed" ? { failure: outcome.failure } : {}),
    startedAt: end.startedAt,
    endedAt: end.endedAt,
    claudeSessionId: end.claudeSessionId,
    text: view.text,
    ...steeredIn(end),
    tools: view.tools.map(({ name, title, startedAt, endedAt, isError }) => ({
      name,
      title,
      durationMs: Math.round((endedAt ?? startedAt) - startedAt),
      isError: isError ?? false,
    })),
    notes: view.notes,
    ...(view.made
      ? { made: view.made.map(({ path, bytes, changedAtMs }) => ({ path, bytes, changedAtMs })) }
      : {}),
    ...(view.changes ? { changes: changesIn(view.changes) } : {}),
    ...(view.usage ? { usage: view.usage, costUsd: view.usage.costUsd } : {}),
    ...(end.startKind === undefined ? {} : { startKind: end.startKind }),
    moments: end.moments,
  };
}

/** What the person wrote into it, and where in `text`. Not there where it may be more: then it is read from what the CLI said. */
function steeredIn({ view, isAdopted }: TurnEnd) {
  const steered = view.interludes.flatMap((each) =>
    each.kind === "steered" && each.said ? [{ at: each.at, ...each.said }] : [],
  );
  return steered.length === 0 && isAdopted ? {} : { steered };
}

/** The sum: which files and what in them, `changes.json` leads to. */
function changesIn({ source, count, added, removed }: Changes) {
  return { source, files: count, added, removed };
}

function patchOf(session: Session, end: TurnEnd): SessionPatch {
  // Counted once, and only if the model heard of it: before that there is no conversation to go on with.
  const isCounted = session.lastTurn?.updateId === end.updateId || !hasReachedModel(end);
  const usage = end.view.usage;
  const { totals } = session;
  return {
    cutOff: cutOffAfter(session, end),
    // A copy that has spoken has a history of its own.
    ...(hasReachedModel(end) ? { undone: undefined, forkOf: undefined } : {}),
    claudeSessionId: end.claudeSessionId,
    lastTurn: { updateId: end.updateId, endedAt: end.endedAt, outcome: end.outcome.kind },
    totals: isCounted
      ? totals
      : {
          turns: totals.turns + 1,
          costUsd: totals.costUsd + (usage?.costUsd ?? 0),
          inputTokens: totals.inputTokens + (usage?.inputTokens ?? 0),
          outputTokens: totals.outputTokens + (usage?.outputTokens ?? 0),
          durationMs: totals.durationMs + Math.round(end.durationMs),
        },
  };
}

function hasReachedModel({ outcome, view }: TurnEnd): boolean {
  return outcome.kind === "answered" || view.usage !== undefined || view.text !== "" || view.tools.length > 0;
}

/** A turn that died leaves word for the next prompt; one that reached the model has delivered what was left before. */
function cutOffAfter(session: Session, { outcome, view, updateId }: TurnEnd): Session["cutOff"] {
  const hasDied =
    outcome.kind === "interrupted" ||
    (outcome.kind === "failed" &&
      (outcome.failure.kind === "exited" || outcome.failure.kind === "timed_out"));
  if (hasDied) return { updateId, ...cutOffOf(view.text, view.tools) };
  const wasTold = outcome.kind === "answered" || outcome.kind === "stopped";
  return wasTold ? undefined : session.cutOff;
}
