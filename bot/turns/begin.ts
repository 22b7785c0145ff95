/**
 * The beginning of a turn: what it needs is brought in and written down, then a
 * process is started. Promises that a turn which kills the bot is not begun for
 * ever. It does not know what becomes of the process (`follow-turn.ts`).
 */
import { randomUUID } from "node:crypto";
import type { RunRequest } from "../claude/claude.ts";
import type { Failure } from "../claude/events.ts";
import { orDiskFull } from "../store/disk.ts";
import type { PersonaResult } from "../store/personas.ts";
import type { Session } from "../store/session.ts";
import { bringIn, type Upload } from "./attachments.ts";
import type { KeptOrder } from "./facts.ts";
import { followRun } from "./follow-turn.ts";
import { prepareTurn } from "./prepare.ts";
import { ended, newProgress } from "./progress.ts";
import { activate, refuse, type Turn, type TurnDeps } from "./turn.ts";
import type { Note, Refusal } from "./view.ts";

/** A turn under which the bot died this often without an answer is not tried again. */
const MOST_STARTS = 3;

/** Runs a turn from its start. Resolves when its processes are gone and its answer is delivered. */
export async function runTurn(deps: TurnDeps, turn: Turn): Promise<void> {
  const session = deps.sessions.get(turn.sessionId);
  if (session === undefined) return refuse(turn, { kind: "session_gone" });
  if ((deps.journal.get(turn.updateId)?.starts ?? 0) >= MOST_STARTS) return refuse(turn, { kind: "gave_up" });
  const admitted = await deps.gate.admit(turn, session);
  if (admitted === undefined) return;
  await activate(deps, turn);
  const persona = await deps.personas.read(session.persona);
  if (!persona.ok) return refuse(turn, unusable(session.persona, persona));
  const brought = await takeAlong(deps, turn, session);
  if (brought === undefined) return;
  const { uploads, order } = brought;
  const notes = [...admitted, ...brought.notes];
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
