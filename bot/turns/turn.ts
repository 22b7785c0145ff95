/**
 * One turn: a message in, one answer out. From its lane's word to the end of its
 * process tree. It does not know the chat, nor who else runs.
 */
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import type { ClaudeRun, RunRequest } from "../claude/claude.ts";
import type { Failure } from "../claude/events.ts";
import { isAlive } from "../claude/identity.ts";
import { findMarked } from "../claude/process-list.ts";
import type { Logger } from "../logger.ts";
import { orDiskFull } from "../store/disk.ts";
import type { PersonaResult, Personas } from "../store/personas.ts";
import type { SessionManager } from "../store/session-manager.ts";
import type { Session } from "../store/session.ts";
import type { Asks } from "./asks/asks.ts";
import type { Desk } from "./asks/desk.ts";
import { type AttachmentDeps, bringIn, type Upload } from "./attachments.ts";
import type { KeptOrder, ProcessIdentity } from "./facts.ts";
import { chatTools } from "./chat-tools/chat-tools.ts";
import { boundsOf } from "./chat-tools/bounds.ts";
import { openSentFiles } from "./chat-tools/sent-files.ts";
import { follow, type Listener } from "./follow.ts";
import type { Journal } from "./journal.ts";
import { madeFiles } from "./made-files/made-files.ts";
import { markerOf, type PrepareDeps, prepareTurn, readMessageUuid } from "./prepare.ts";
import { ended, newProgress } from "./progress.ts";
import { saveTurn } from "./receipt.ts";
import type { Timing } from "./timing.ts";
import type { Note, Outcome, Refusal, TurnCallbacks } from "./view.ts";

/** A turn under which the bot died this often without an answer is not tried again. */
const MOST_STARTS = 3;

/** What a turn works with. `nowMs` is monotonic; `checkpoint` is called at each named step (tests die there). */
export interface TurnDeps extends PrepareDeps, AttachmentDeps {
  readonly sessions: SessionManager;
  readonly personas: Personas;
  readonly journal: Journal;
  readonly asks: Asks;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly checkpoint: (name: string) => void;
}

/** A turn to run, or to take up again. */
export interface Turn {
  readonly updateId: number;
  readonly sessionId: string;
  readonly order: KeptOrder;
  readonly callbacks: TurnCallbacks;
  readonly timing: Timing;
  /** Gives the run to whoever may stop it, or write into it: a new one, or one that an earlier life began. */
  readonly onRun: (run: ClaudeRun, origin: "started" | "adopted") => void;
  readonly listeners: readonly Listener[];
  /** Aborted when a stop must be shown at once; what is under way before its process ends then. */
  readonly cutShort: AbortSignal;
  /** What an earlier life wrote into it that was perhaps not read: uuids, in order. */
  readonly unread: readonly string[];
  /** Told when the answer is known: what is left is to end the processes and to deliver. */
  readonly onAnswered: (outcome: Outcome) => void;
  /** Told when its processes are gone: another turn may have their place while this one is still being delivered. */
  readonly onGone: () => void;
}

/** Runs a turn from its start. Resolves when its processes are gone and its answer is delivered. */
export async function runTurn(deps: TurnDeps, turn: Turn): Promise<void> {
  const session = deps.sessions.get(turn.sessionId);
  if (session === undefined) return refuse(turn, { kind: "session_gone" });
  if ((deps.journal.get(turn.updateId)?.starts ?? 0) >= MOST_STARTS) return refuse(turn, { kind: "gave_up" });
  await activate(deps, turn);
  const persona = await deps.personas.read(session.persona);
  if (!persona.ok) return refuse(turn, unusable(session.persona, persona));
  const brought = await takeAlong(deps, turn, session);
  if (brought === undefined) return;
  const { uploads, notes, order } = brought;
  const files = deps.paths.turn(session.folder, turn.updateId);
  const { speaker } = order;
  const who = speaker === undefined ? {} : { speaker };
  const wish = { updateId: turn.updateId, said: { ...order, uploads }, ...who, files };
  const request = await orDiskFull(() => prepareTurn(deps, session, persona.persona, wish));
  if ("kind" in request) return refuse(turn, { kind: "disk_full" });
  deps.checkpoint("prepared");
  await deps.journal.note(turn.updateId, { state: "starting" });
  deps.checkpoint("starting");

  const heard = { ...turn, order };
  const failure = await startRun(deps, heard, session, { request, notes, mayRetry: true });
  if (failure === undefined) return;
  // Nothing ran: the CLI only disagreed about whether the conversation is there. Once the other way round.
  const other = otherWay(request, failure);
  await deps.claude.clearOutput(request.outFile, request.errFile);
  await deps.journal.note(turn.updateId, { state: "starting" });
  const again = { ...other, notes: [...notes, ...other.notes], mayRetry: false };
  await startRun(deps, heard, session, again);
}

async function startRun(
  deps: TurnDeps,
  turn: Turn,
  session: Session,
  { request, ...rest }: { request: RunRequest; notes: readonly Note[]; mayRetry: boolean },
): Promise<Failure | undefined> {
  const run = deps.claude.start(request);
  turn.onRun(run, "started");
  return followRun(deps, turn, session, { run, ...rest });
}

/** Brings in what came with the message; undefined where the turn ended over it. */
async function takeAlong(
  deps: TurnDeps,
  turn: Turn,
  session: Session,
): Promise<{ order: KeptOrder; uploads: readonly Upload[]; notes: readonly Note[] } | undefined> {
  const { order, updateId, sessionId, cutShort, callbacks } = turn;
  if (order.attachments === undefined) return { order, uploads: [], notes: [] };
  const isUnheard = order.heard === undefined && order.attachments.some(({ kind }) => kind === "voice");
  // It may take a while: the chat shows what goes on.
  callbacks.update({ ...newProgress(deps.nowMs()).view, phase: isUnheard ? "listening" : "fetching" });
  const brought = await orDiskFull(() => bringIn(deps, session, updateId, order, cutShort));
  if (brought.ok) {
    const { uploads, notes, heard } = brought;
    if (heard === undefined || heard === order.heard) return { order, uploads, notes };
    const whole = { ...order, heard };
    callbacks.update(newProgress(deps.nowMs(), heard).view);
    // A later life neither asks the transcriber again nor shows another transcript.
    await deps.journal.note(updateId, { state: "queued", sessionId, order: whole });
    deps.checkpoint("heard");
    return { order: whole, uploads, notes };
  }
  if (brought.kind === "stopped") await callbacks.finish(ended(newProgress(), { kind: "stopped" }));
  else await refuse(turn, brought.kind === "refused" ? brought.refusal : { kind: "disk_full" });
  return undefined;
}

/**
 * Takes up a turn whose process an earlier life started, alive or not; a turn of
 * which nothing was written yet is run.
 */
export async function takeUpTurn(
  deps: TurnDeps,
  turn: Turn,
  identity: ProcessIdentity | undefined,
): Promise<void> {
  const session = deps.sessions.get(turn.sessionId);
  if (session === undefined) return refuse(turn, { kind: "session_gone" });
  const { prompt, out, err } = deps.paths.turn(session.folder, turn.updateId);
  const marker = markerOf(session, turn.updateId);
  // Killed between the start and the note of its pid: found by its marker.
  const process =
    identity && (await isAlive(identity)) ? identity : ((await findMarked(marker))[0] ?? identity);
  const lives = process !== undefined && (await isAlive(process));
  if (!lives && (await sizeOf(out)) === 0) return runTurn(deps, turn);
  const { cwd } = session;
  const own = await readMessageUuid(prompt);
  const run = deps.claude.adopt({
    sent: own === undefined ? turn.unread : [own, ...turn.unread],
    ...(process ? { identity: process } : {}),
    marker,
    cwd,
    outFile: out,
    errFile: err,
  });
  turn.onRun(run, "adopted");
  await followRun(deps, turn, session, { run, notes: [], mayRetry: false, wasDead: !lives, isAdopted: true });
  await activate(deps, turn);
}

interface RunToFollow {
  readonly run: ClaudeRun;
  readonly notes: readonly Note[];
  /** Whether the caller tries again where the CLI refused the conversation's id. */
  readonly mayRetry: boolean;
  /** The process had ended before we looked: no result means that it was cut off. */
  readonly wasDead?: boolean;
  /** An earlier life started it: nothing can be said to it. */
  readonly isAdopted?: boolean;
}

async function followRun(
  deps: TurnDeps,
  turn: Turn,
  session: Session,
  { run, notes, mayRetry, wasDead = false, isAdopted = false }: RunToFollow,
): Promise<Failure | undefined> {
  const onBug = (error: unknown): void =>
    deps.logger.error({ err: error, updateId: turn.updateId }, "a tool of the chat broke down");
  const startedAt = deps.now().toISOString();
  const startedMs = deps.nowMs();
  const { updateId, order } = turn;
  const desk = await deps.asks.open({ session, updateId, order, run, isAdopted });
  const files = deps.paths.turn(session.folder, updateId);
  const sent = await openSentFiles(files);
  const isOwn = session.cwd === deps.paths.session(session.folder).workspace;
  const made = madeFiles({ updateId, session, isOwn, files, sent, nowMs: deps.nowMs });
  const noted = noteProcess(deps, turn, run);
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
      ...turn.listeners,
    ],
    complete: (view) => made.complete(view),
    cutShort: turn.cutShort,
    onGone: turn.onGone,
    outcomeOf: (cause) => outcomeOf(cause, wasDead),
    isRetried: (cause) =>
      mayRetry && (cause.kind === "conversation_missing" || cause.kind === "session_in_use"),
    async save(view, outcome, claudeSessionId) {
      turn.onAnswered(outcome);
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
        moments: turn.timing.sinceTaken(),
      }).catch((error: unknown) => {
        deps.logger.error({ err: error, updateId: turn.updateId }, "the turn could not be saved");
        return false;
      });
      if (!isSaved) deps.logger.warn({ updateId: turn.updateId }, "the turn's receipt could not be saved");
      deps.checkpoint("saved");
    },
  });
  const failure = await closing(desk, following);
  await noted;
  deps.logger.debug(
    { updateId: turn.updateId, session: session.folder, ms: turn.timing.sinceTaken() },
    "turn timing",
  );
  return failure;
}

/** Nothing waits at the desk when its run is over, however that came. */
async function closing<T>(desk: Desk, following: Promise<T>): Promise<T> {
  try {
    return await following;
  } finally {
    await desk.close();
  }
}

async function noteProcess(deps: TurnDeps, turn: Turn, run: ClaudeRun): Promise<void> {
  const process = await run.identity;
  if (process === undefined) return;
  turn.timing.mark("spawned");
  deps.checkpoint("spawned");
  await deps.journal.note(turn.updateId, { state: "running", process });
  deps.checkpoint("running");
}

/** Says that a turn did not run, and why. */
async function refuse(turn: Turn, refusal: Refusal): Promise<void> {
  await turn.callbacks.finish(ended(newProgress(), { kind: "refused", refusal }));
}

function unusable(slug: string, read: PersonaResult & { ok: false }): Refusal {
  const fault = read.kind === "faulty" ? read.fault : { kind: "absent" as const };
  return { kind: "persona_unusable", slug, fault };
}

/** A session that works where it is current is active, whatever a crash had made of it. */
async function activate({ sessions }: TurnDeps, { sessionId, order }: Turn): Promise<void> {
  if (sessions.current(order.place)?.id !== sessionId) return;
  if (sessions.get(sessionId)?.state === "paused") await sessions.transition(sessionId, "active");
}

function outcomeOf(failure: Failure, wasDead: boolean): Outcome {
  if (failure.kind === "stopped") return { kind: "stopped" };
  if (wasDead && failure.kind === "exited") return { kind: "interrupted" };
  return { kind: "failed", failure };
}

function otherWay(request: RunRequest, failure: Failure): { request: RunRequest; notes: Note[] } {
  const resume = failure.kind === "session_in_use";
  return {
    request: {
      ...request,
      arguments: { ...request.arguments, resume },
      // A uuid that the transcript may know already would be swallowed.
      message: { ...request.message, uuid: randomUUID() },
    },
    notes: resume ? [] : [{ kind: "memory_lost" }],
  };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
