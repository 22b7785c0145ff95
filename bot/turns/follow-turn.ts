/**
 * A turn's process from its start to its end, with all that listens to it: the
 * desk, the chat's tools, the files it made, the receipt. It does not know how
 * the process came to be.
 */
import { rm } from "node:fs/promises";
import type { ClaudeRun } from "../claude/claude.ts";
import { createDeferred } from "../claude/deferred.ts";
import type { Failure } from "../claude/events.ts";
import type { Session } from "../store/session.ts";
import type { Desk } from "./asks/desk.ts";
import { boundsOf } from "./chat-tools/bounds.ts";
import { chatTools } from "./chat-tools/chat-tools.ts";
import { openSentFiles } from "./chat-tools/sent-files.ts";
import { follow } from "./follow.ts";
import { madeFiles } from "./made-files/made-files.ts";
import { saveTurn } from "./receipt.ts";
import { thinOutput } from "./thin-output.ts";
import type { Turn, TurnDeps } from "./turn.ts";
import type { Note, Outcome, TurnView } from "./view.ts";

/** What is to be followed. */
export interface RunToFollow {
  readonly run: ClaudeRun;
  readonly notes: readonly Note[];
  /** Whether the caller tries again where the CLI refused the conversation's id. */
  readonly mayRetry: boolean;
  /** It had waited for its message: one that goes without having begun has done nothing, and the caller tries again. */
  readonly isWarm?: boolean;
  /** The process had ended before we looked: no result means that it was cut off. */
  readonly wasDead?: boolean;
  /** An earlier life started it: nothing can be said to it. */
  readonly isAdopted?: boolean;
}

/** Resolves when the process is gone and the answer is delivered; with the failure where the caller is to try again. */
export async function followRun(
  deps: TurnDeps,
  turn: Turn,
  session: Session,
  { run, notes, mayRetry, isWarm = false, wasDead = false, isAdopted = false }: RunToFollow,
): Promise<Failure | undefined> {
  const onBug = (error: unknown): void =>
    deps.logger.error({ err: error, updateId: turn.updateId }, "a tool of the chat broke down");
  const startedAt = deps.now().toISOString();
  const startedMs = deps.nowMs();
  const { updateId, order } = turn;
  // First: the process is at work, and what it finds is to be known.
  const gone = createDeferred<void>();
  const changes = deps.changes.watch({ session, updateId, isAdopted, gone: gone.promise });
  const desk = await deps.asks.open({ session, updateId, order, run, isAdopted }).catch(async (error) => {
    await endUnseen(run);
    gone.resolve();
    throw error;
  });
  const files = deps.paths.turn(session.folder, updateId);
  const sent = await openSentFiles(files);
  const isOwn = session.cwd === deps.paths.session(session.folder).workspace;
  const made = madeFiles({ updateId, session, isOwn, files, sent, nowMs: deps.nowMs });
  let spent: Promise<void> | undefined;
  const noted = noteProcess(deps, turn, run);
  let ended: Outcome["kind"] | undefined;
  const saved = createDeferred<void>();
  const following = follow({
    run,
    notes,
    ...(turn.order.heard === undefined ? {} : { heard: turn.order.heard }),
    callbacks: turn.callbacks,
    timing: turn.timing,
    nowMs: deps.nowMs,
    claudeSessionId: session.claudeSessionId,
    listeners: [
      desk.listen,
      chatTools({ run, cwd: session.cwd, bounds: boundsOf(deps.paths, session), sent, desk, onBug }),
      made.listen,
      changes.listen,
      ...turn.listeners,
    ],
    async complete(view) {
      const whole = await made.complete(await changes.complete(view));
      await desk.settled();
      return withBudget(deps, { sessionId: session.id, updateId }, whole);
    },
    cutShort: turn.cutShort,
    onGone() {
      gone.resolve();
      turn.onGone();
      void saved.promise.then(() => turn.onFree());
    },
    outcomeOf: (cause) => outcomeOf(cause, wasDead),
    isRetried: (cause) =>
      ((mayRetry || isWarm) && (cause.kind === "conversation_missing" || cause.kind === "session_in_use")) ||
      (isWarm && cause.kind === "exited" && turn.timing.sinceTaken().init === undefined),
    onAnswered(outcome, said) {
      // Before its place is another's: who begins then must know what is left of the day's budget.
      spent = spend(deps, session, updateId, said);
      turn.onAnswered(outcome);
    },
    async save(view, outcome, claudeSessionId) {
      ended = outcome.kind;
      deps.checkpoint("result");
      // The answer matters more than its receipt.
      const isSaved = await saveTurn(deps.sessions, session, files, {
        updateId,
        view,
        outcome,
        claudeSessionId,
        startedAt,
        endedAt: deps.now().toISOString(),
        durationMs: deps.nowMs() - startedMs,
        ...(turn.timing.startKind === undefined ? {} : { startKind: turn.timing.startKind }),
        moments: turn.timing.sinceTaken(),
        isAdopted,
      }).catch((error: unknown) => {
        deps.logger.error({ err: error, updateId: turn.updateId }, "the turn could not be saved");
        return false;
      });
      if (!isSaved) deps.logger.warn({ updateId: turn.updateId }, "the turn's receipt could not be saved");
      saved.resolve();
      deps.checkpoint("saved");
    },
  });
  const failure = await closing(desk, following);
  await noted;
  await changes.settled();
  if (failure === undefined) await deps.gate.gone(session.id);
  if (session.forkOf && !deps.sessions.get(session.id)?.forkOf)
    await rm(deps.paths.session(session.folder).fork, { force: true });
  const { startKind: start = "cold" } = turn.timing;
  if (ended !== undefined) deps.onTook({ start, outcome: ended, moments: turn.timing.sinceTaken() });
  await spent;
  // Of an answer that was broken off the pieces are all there is.
  if (ended === "answered") await thinOutput(deps, updateId, files.out);
  deps.logger.debug(
    {
      updateId: turn.updateId,
      session: session.folder,
      start: turn.timing.startKind,
      ms: turn.timing.sinceTaken(),
      // A newer CLI says them: whoever looks for what it says learns it here.
      ...(run.unknownLines.size === 0 ? {} : { unknownLines: Object.fromEntries(run.unknownLines) }),
    },
    "turn timing",
  );
  return failure;
}

/** Nobody can follow it: it must not go on unseen, beside the next one. Resolves when it is gone. */
async function endUnseen(run: ClaudeRun): Promise<void> {
  run.end({ kind: "stopped" });
  for await (const _ of run.events);
}

/** Nothing waits at the desk when its run is over, however that came. */
async function closing<T>(desk: Desk, following: Promise<T>): Promise<T> {
  try {
    return await following;
  } finally {
    await desk.close();
  }
}

/** The view with a word about the day's budget, where this turn used up most of it. */
function withBudget(
  { budget }: TurnDeps,
  turn: { readonly sessionId: string; readonly updateId: number },
  view: TurnView,
): TurnView {
  const crossed = budget.crossedBy(view.usage?.costUsd ?? 0, turn);
  return crossed === undefined ? view : { ...view, notes: [...view.notes, { kind: "budget", ...crossed }] };
}

/** Counts what a turn cost; an answer does not wait for it. */
async function spend(deps: TurnDeps, session: Session, updateId: number, { usage }: TurnView): Promise<void> {
  if (usage === undefined) return;
  const { id: sessionId, folder, chatId, persona } = session;
  const { costUsd, inputTokens, outputTokens } = usage;
  const whose = { updateId, sessionId, folder, chatId, persona };
  await deps.ledger
    .add({ at: deps.now().toISOString(), ...whose, costUsd, inputTokens, outputTokens })
    .catch((error: unknown) =>
      deps.logger.error({ err: error, updateId }, "what a turn cost could not be saved"),
    );
}

async function noteProcess(deps: TurnDeps, turn: Turn, run: ClaudeRun): Promise<void> {
  const process = await run.identity;
  if (process === undefined) return;
  turn.timing.mark("ready");
  turn.timing.mark("spawned");
  deps.checkpoint("spawned");
  await deps.journal.note(turn.updateId, { state: "running", process });
  deps.checkpoint("running");
}

function outcomeOf(failure: Failure, wasDead: boolean): Outcome {
  if (failure.kind === "stopped") return { kind: "stopped" };
  if (wasDead && failure.kind === "exited") return { kind: "interrupted" };
  return { kind: "failed", failure };
}
