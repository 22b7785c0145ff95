/**
 * The beginning of a turn: what it needs is brought in and written down, then a
 * process is started, or the one that waits is given its message. Promises that
 * all is on the disk before a process hears of it, and that a turn which kills the
 * bot is not begun for ever. It does not know what becomes of the process (`follow-turn.ts`).
 */
import { randomUUID } from "node:crypto";
import type { RunRequest } from "../claude/claude.ts";
import type { UserMessage } from "../claude/control.ts";
import type { Failure } from "../claude/events.ts";
import type { Waiting } from "../claude/waiting.ts";
import { type DiskFull, orDiskFull } from "../store/disk.ts";
import type { TurnPaths } from "../store/paths.ts";
import type { PersonaResult } from "../store/personas.ts";
import type { Session } from "../store/session.ts";
import { bringIn, type Upload } from "./attachments.ts";
import type { KeptOrder } from "./facts.ts";
import { followRun } from "./follow-turn.ts";
import { planTurn, renameMessage, requestFor, type Wish, writeTurn } from "./prepare.ts";
import { ended, newProgress } from "./progress.ts";
import { activate, refuse, type Turn, type TurnDeps } from "./turn.ts";
import type { Note, Refusal } from "./view.ts";

/** A turn under which the bot died this often without an answer is not tried again. */
const MOST_STARTS = 3;

/** Runs a turn from its start. Resolves when its processes are gone and its answer is delivered. */
export async function runTurn(deps: TurnDeps, turn: Turn): Promise<void> {
  const found = deps.sessions.get(turn.sessionId);
  if (found === undefined) return refuse(turn, { kind: "session_gone" });
  if ((deps.journal.get(turn.updateId)?.starts ?? 0) >= MOST_STARTS) return refuse(turn, { kind: "gave_up" });
  const [admitted, persona] = await Promise.all([
    deps.gate.admit(turn, found),
    deps.personas.read(found.persona),
  ]);
  if (admitted === undefined) return;
  await activate(deps, turn);
  if (!persona.ok) return refuse(turn, unusable(found.persona, persona));
  const brought = await takeAlong(deps, turn, found);
  if (brought === undefined) return;
  // Bringing in may take minutes, in which the person forbade what was allowed, or chose another model.
  const session = deps.sessions.get(turn.sessionId) ?? found;
  const { uploads, order } = brought;
  const notes = [...admitted, ...brought.notes];
  const files = deps.paths.turn(session.folder, turn.updateId);
  const { speaker } = order;
  const who = speaker === undefined ? {} : { speaker };
  const wish = { updateId: turn.updateId, said: { ...order, uploads }, ...who, files };
  // Side by side: what is written down needs no word of the process, nor the other way round.
  const writing = writeDown(deps, turn, session, { ...wish, prompt: persona.persona.prompt });
  writing.catch(() => {});
  const plan = await planTurn(deps, session, persona.persona);
  const waiting = await deps.standbys.take(session.id, plan);
  const starting = noteStart(deps, turn, waiting);
  starting.catch(() => {});
  const onDisk = async (): Promise<UserMessage | DiskFull> => {
    const message = await writing;
    if ("kind" in message) return message;
    deps.checkpoint("prepared");
    await starting;
    deps.checkpoint("starting");
    return message;
  };
  const message = await onDisk().catch((error: unknown) => {
    // It is nobody else's any more.
    void waiting?.end();
    throw error;
  });
  if ("kind" in message) {
    void waiting?.end();
    return refuse(turn, { kind: "disk_full" });
  }

  const heard = { ...turn, order };
  const begin = { deps, turn: heard, session, notes };
  const again = waiting ? await beginWarm(begin, waiting, message, files) : message;
  if (again !== undefined) await beginCold(begin, await requestFor(session, plan, wish, again));
}

interface Begin {
  readonly deps: TurnDeps;
  readonly turn: Turn;
  readonly session: Session;
  readonly notes: readonly Note[];
}

/** The turn's folder with all that is in it before there is an answer. */
async function writeDown(
  deps: TurnDeps,
  turn: Turn,
  session: Session,
  wish: Wish & { readonly prompt: string },
): Promise<UserMessage | DiskFull> {
  const write = () => orDiskFull(() => writeTurn(deps, session, wish));
  const written = await write();
  if (!("kind" in written)) return written;
  // Where not even its place in line could be written down yet, it waits for room as that does.
  await turn.queued;
  return write();
}

async function noteStart(deps: TurnDeps, turn: Turn, waiting: Waiting | undefined): Promise<void> {
  const { identity: process, marker } = waiting ?? {};
  const known = process === undefined || marker === undefined ? {} : { process, marker };
  await deps.journal.note(turn.updateId, { state: "starting", ...known });
}

/** Gives the message to the process that waits for it; gives it back, under another name, if that one went without having begun. */
async function beginWarm(
  { deps, turn, session, notes }: Begin,
  waiting: Waiting,
  message: UserMessage,
  { prompt, out, err }: TurnPaths,
): Promise<UserMessage | undefined> {
  const { timing } = turn;
  if (turn.cutShort.aborted) {
    void waiting.end();
    await turn.callbacks.finish(ended(newProgress(), { kind: "stopped" }));
    return undefined;
  }
  const begin = await waiting.take({ outFile: out, errFile: err }).catch((error: unknown) => {
    deps.logger.warn({ err: error, updateId: turn.updateId }, "what waited could not be given its message");
  });
  if (begin === undefined) {
    // Its output is not where it was, or there is no room for it here: it has heard nothing.
    await waiting.end();
    await startAgain(deps, turn, { outFile: out, errFile: err });
    return message;
  }
  deps.checkpoint("standby-taken");
  // One that was started a moment ago has all of its start before it.
  timing.startKind = waiting.isReady ? "warm" : "cold";
  timing.mark("ready");
  const run = begin(message);
  turn.onRun(run, "started");
  setImmediate(() => deps.checkpoint("standby-written"));
  const failure = await followRun(deps, turn, session, { run, notes, mayRetry: false, isWarm: true });
  if (failure === undefined) return undefined;
  const again = { ...message, uuid: deps.newId() };
  await renameMessage(prompt, again.uuid);
  await startAgain(deps, turn, { outFile: out, errFile: err });
  return again;
}

async function beginCold({ deps, turn, session, notes }: Begin, request: RunRequest): Promise<void> {
  const start = async (request: RunRequest, more: readonly Note[], mayRetry: boolean) => {
    turn.timing.startKind = "cold";
    const run = deps.claude.start(request);
    turn.onRun(run, "started");
    return followRun(deps, turn, session, { run, notes: [...notes, ...more], mayRetry });
  };
  const failure = await start(request, [], true);
  if (failure === undefined) return;
  // Nothing ran: the CLI only disagreed about whether the conversation is there. Once the other way round.
  const other = otherWay(request, failure);
  await renameMessage(deps.paths.turn(session.folder, turn.updateId).prompt, other.request.message.uuid);
  await startAgain(deps, turn, request);
  await start(other.request, other.notes, false);
}

/** Nothing came of the start: what it left must not be taken for the next one's. */
async function startAgain(
  deps: TurnDeps,
  turn: Turn,
  { outFile, errFile }: Pick<RunRequest, "outFile" | "errFile">,
): Promise<void> {
  await deps.claude.clearOutput(outFile, errFile);
  await noteStart(deps, turn, undefined);
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

function unusable(slug: string, read: PersonaResult & { ok: false }): Refusal {
  const fault = read.kind === "faulty" ? read.fault : { kind: "absent" as const };
  return { kind: "persona_unusable", slug, fault };
}

function otherWay(request: RunRequest, failure: Failure): { request: RunRequest; notes: Note[] } {
  const resume = failure.kind === "session_in_use";
  const { fork, ...rest } = request.arguments;
  // The id of a copy is taken: another. What it is a copy of is not there: as with any other history.
  const again = resume && fork ? { fork, claudeSessionId: randomUUID() } : { resume };
  return {
    request: {
      ...request,
      arguments: { ...rest, ...again },
      // A uuid that the transcript may know already would be swallowed.
      message: { ...request.message, uuid: randomUUID() },
    },
    notes: resume ? [] : [{ kind: "memory_lost" }],
  };
}
