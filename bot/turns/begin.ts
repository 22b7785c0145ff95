/**
 * The beginning of a turn: what it needs is brought in and written down, while a
 * process is started where none waits, and then given its message. Promises that
 * all is on the disk before a process hears of it, and that a turn which kills the
 * bot is not begun for ever. It does not know what becomes of the process (`follow-turn.ts`).
 */
import type { RunRequest } from "../claude/claude.ts";
import type { UserMessage } from "../claude/control.ts";
import type { Failure } from "../claude/events.ts";
import type { Waiting } from "../claude/waiting.ts";
import { type DiskFull, orDiskFull } from "../store/disk.ts";
import type { TurnPaths } from "../store/paths.ts";
import type { PersonaResult } from "../store/personas.ts";
import type { Session } from "../store/session.ts";
import { followRun } from "./follow-turn.ts";
import { planTurn, renameMessage, requestFor, type Wish, writeTurn } from "./prepare.ts";
import { ended, newProgress } from "./progress.ts";
import type { Taken } from "./standby/standbys.ts";
import { takeAlong } from "./take-along.ts";
import { activate, refuse, type Turn, type TurnDeps } from "./turn.ts";
import type { Note, Refusal } from "./view.ts";

/** A turn under which the bot died this often without an answer is not tried again. */
const MOST_STARTS = 3;

/** Runs a turn from its start. Resolves when its processes are gone and its answer is delivered. */
export async function runTurn(deps: TurnDeps, turn: Turn): Promise<void> {
  const found = deps.sessions.get(turn.sessionId);
  if (found === undefined) return leave(deps, turn);
  if ((deps.journal.get(turn.updateId)?.starts ?? 0) >= MOST_STARTS) return refuse(turn, { kind: "gave_up" });
  const [admitted, persona] = await Promise.all([
    deps.gate.admit(turn, found),
    deps.personas.read(found.persona),
  ]);
  if (admitted === undefined) return;
  await activate(deps, turn);
  if (!deps.mayWorkIn(found.cwd)) return refuse(turn, { kind: "folder_closed", path: found.cwd });
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
  const taken = await deps.standbys.take(session, plan, turn.cutShort);
  if (taken?.hadWaited === false) turn.timing.mark("spawned");
  const starting = noteStart(deps, turn, taken?.waiting);
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
    letGo(deps, turn, taken?.waiting);
    throw error;
  });
  if ("kind" in message) {
    letGo(deps, turn, taken?.waiting);
    return refuse(turn, { kind: "disk_full" });
  }

  const begin: Begin = {
    deps,
    turn: { ...turn, order },
    session,
    notes,
    files,
    requestOf: (message) => requestFor(session, plan, wish, message),
  };
  let next = taken
    ? await giveMessage(begin, taken, message)
    : { request: await begin.requestOf(message), notes: [], mayRetry: true };
  while (next !== undefined) next = await startWith(begin, next);
}

interface Begin {
  readonly deps: TurnDeps;
  readonly turn: Turn;
  readonly session: Session;
  readonly notes: readonly Note[];
  readonly files: TurnPaths;
  requestOf(message: UserMessage): Promise<RunRequest>;
}

/** A start to be made, after one that came to nothing or in its place. */
interface Start {
  readonly request: RunRequest;
  readonly notes: readonly Note[];
  readonly mayRetry: boolean;
}

/** Its session was archived in the moment in which it was taken: it is still to be answered. */
async function leave(deps: TurnDeps, turn: Turn): Promise<void> {
  // What was allowed for one call of that session is allowed nowhere else.
  if (turn.order.grant !== undefined) return refuse(turn, { kind: "session_gone" });
  await deps.rehome(turn.updateId, turn.order);
}

/** Ends what waited, which has heard nothing; nobody waits for that. */
function letGo({ logger }: TurnDeps, { updateId }: Turn, waiting: Waiting | undefined): void {
  waiting?.end().catch((error: unknown) => {
    logger.warn({ err: error, updateId }, "what waited could not be ended");
  });
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

/** Gives the message to the process that waits for it; gives what to start, where that one went without having begun. */
async function giveMessage(
  begin: Begin,
  { waiting, hadWaited }: Taken,
  message: UserMessage,
): Promise<Start | undefined> {
  const { deps, turn, session, notes, files } = begin;
  const { timing } = turn;
  if (turn.cutShort.aborted) {
    letGo(deps, turn, waiting);
    await turn.callbacks.finish(ended(newProgress(), { kind: "stopped" }));
    return undefined;
  }
  const start = await waiting.take({ outFile: files.out, errFile: files.err }).catch((error: unknown) => {
    deps.logger.warn({ err: error, updateId: turn.updateId }, "what waited could not be given its message");
  });
  if (start === undefined) {
    // Its output is not where it was, or there is no room for it here: it has heard nothing.
    await waiting.end();
    await startAgain(begin);
    return { request: await begin.requestOf(message), notes: [], mayRetry: true };
  }
  deps.checkpoint("standby-taken");
  // One that was started a moment ago has all of its start before it.
  timing.startKind = hadWaited && waiting.isReady ? "warm" : "cold";
  timing.mark("ready");
  const run = start(message);
  turn.onRun(run, "started");
  setImmediate(() => deps.checkpoint("standby-written"));
  const failure = await followRun(deps, turn, session, {
    run,
    notes,
    mayRetry: !hadWaited,
    isWarm: hadWaited,
  });
  if (failure === undefined) return undefined;
  if (!hadWaited) return otherWay(begin, await begin.requestOf(message), failure);
  const again = { ...message, uuid: deps.newId() };
  await renameMessage(files.prompt, again.uuid);
  await startAgain(begin);
  return { request: await begin.requestOf(again), notes: [], mayRetry: true };
}

/** Starts a process with its message; gives what to start, where the CLI only disagreed about whether the conversation is there. */
async function startWith(
  begin: Begin,
  { request, notes: more, mayRetry }: Start,
): Promise<Start | undefined> {
  const { deps, turn, session } = begin;
  turn.timing.startKind = "cold";
  const run = deps.claude.start(request);
  turn.onRun(run, "started");
  const notes = [...begin.notes, ...more];
  const failure = await followRun(deps, turn, session, { run, notes, mayRetry });
  return failure === undefined ? undefined : otherWay(begin, request, failure);
}

/** Nothing came of the start: what it left must not be taken for the next one's. */
async function startAgain({ deps, turn, files }: Begin): Promise<void> {
  await deps.claude.clearOutput(files.out, files.err);
  await noteStart(deps, turn, undefined);
}

function unusable(slug: string, read: PersonaResult & { ok: false }): Refusal {
  const fault = read.kind === "faulty" ? read.fault : { kind: "absent" as const };
  return { kind: "persona_unusable", slug, fault };
}

/** Nothing ran: the CLI only disagreed about whether the conversation is there. Once the other way round. */
async function otherWay(begin: Begin, request: RunRequest, failure: Failure): Promise<Start> {
  const { newId } = begin.deps;
  const resume = failure.kind === "session_in_use";
  const { fork, ...rest } = request.arguments;
  // The id of a copy is taken: another. What it is a copy of is not there: as with any other history.
  const again = resume && fork ? { fork, claudeSessionId: newId() } : { resume };
  // A uuid that the transcript may know already would be swallowed.
  const message = { ...request.message, uuid: newId() };
  await renameMessage(begin.files.prompt, message.uuid);
  await startAgain(begin);
  return {
    request: { ...request, arguments: { ...rest, ...again }, message },
    notes: resume ? [] : [{ kind: "memory_lost" }],
    mayRetry: false,
  };
}
