/**
 * One process that waits for the next message of a session: how it is started,
 * and whether it still is what would be started now. It does not know the others,
 * nor when it is needed.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { type ConversationEnd, knowsAll, readEnd } from "../../claude/conversation-end.ts";
import type { Failure } from "../../claude/events.ts";
import { stateOfStartFiles } from "../../claude/start-files.ts";
import { repairTail } from "../../claude/transcript.ts";
import type { WaitRequest, Waiting } from "../../claude/waiting.ts";
import type { StandbyPaths } from "../../store/paths.ts";
import type { Personas } from "../../store/personas.ts";
import type { Session } from "../../store/session.ts";
import { type TurnPlan, planTurn, type PrepareDeps, promptText } from "../prepare.ts";

/** What starting one needs. */
export interface StandbyDeps extends PrepareDeps {
  readonly personas: Personas;
  /** Answers what the chat's server is asked before there is a turn. */
  readonly answerMcp: WaitRequest["answerMcp"];
}

/** A process that waits, and what it knows. */
export interface Standby {
  readonly sessionId: string;
  readonly waiting: Waiting;
  readonly files: StandbyPaths;
  readonly plan: TurnPlan;
  /** Where the conversation ended just before its start. */
  readonly end: ConversationEnd | undefined;
  /** The other files that it read then, as they were just before. */
  readonly startFiles: string;
}

/** Why one is not what would be started now; undefined if it is. */
export type Misfit = "dead" | "prompt" | "arguments" | "transcript" | "files";

/** How the next turn of a session is run, and what it would find; undefined where its folder or its persona cannot be used. */
export async function planNext(deps: StandbyDeps, session: Session): Promise<TurnPlan | undefined> {
  if (!deps.mayWorkIn(session.cwd)) return undefined;
  const read = await deps.personas.read(session.persona);
  return read.ok ? planTurn(deps, session, read.persona) : undefined;
}

/** Starts one. The folder of its files is the caller's to remove. */
export async function startStandby(
  deps: StandbyDeps,
  session: Session,
  plan: TurnPlan,
): Promise<{ ok: true; standby: Standby } | { ok: false; kind: string }> {
  await repair(plan);
  // Before the start: what changes in between is not known to it for sure.
  const [end, startFiles] = await Promise.all([readEnd(plan.transcript), startFilesOf(deps, plan)]);
  const started = await startWaiting(deps, session, plan);
  if (!started.ok) return { ok: false, kind: started.failure.kind };
  const { waiting, files } = started;
  return { ok: true, standby: { sessionId: session.id, waiting, files, plan, end, startFiles } };
}

/** Starts one for a message that is there: nobody will ask whether it still fits. The folder of its files is the caller's to remove. */
export function startNow(deps: StandbyDeps, session: Session, plan: TurnPlan): Promise<Started> {
  return startWaiting(deps, session, plan, repair(plan));
}

type Started = ({ ok: true } & Pick<Standby, "waiting" | "files">) | { ok: false; failure: Failure };

async function repair({ transcript }: TurnPlan): Promise<void> {
  if (transcript) await repairTail(transcript);
}

/** Starts it when its files are made and `repaired` has resolved; a rejection of that is its own. */
async function startWaiting(
  deps: StandbyDeps,
  session: Session,
  plan: TurnPlan,
  repaired: Promise<void> = Promise.resolve(),
): Promise<Started> {
  const id = deps.newId().slice(0, 8);
  const files = deps.paths.standby(id);
  const makeFiles = async (): Promise<void> => {
    await mkdir(files.root, { recursive: true, mode: 0o700 });
    await writeFile(files.persona, promptText(plan), { mode: 0o600 });
  };
  const start = async (): Promise<Started> => {
    await Promise.all([makeFiles(), repaired]);
    const started = await deps.claude.wait({
      marker: `${session.folder}/standby-${id}`,
      cwd: plan.cwd,
      arguments: { ...plan.arguments, systemPromptFile: files.persona },
      outFile: files.out,
      errFile: files.err,
      answerMcp: deps.answerMcp,
    });
    return started.ok ? { ...started, files } : started;
  };
  let isStarted = false;
  try {
    const started = await start();
    isStarted = started.ok;
    return started;
  } finally {
    if (!isStarted) await rm(files.root, { recursive: true, force: true }).catch(() => {});
  }
}

/** Looks whether it is still what would be started for `plan`. Some `stat`s, all at once. */
export async function misfitOf(
  deps: StandbyDeps,
  { waiting, plan: own, end, startFiles }: Standby,
  plan: TurnPlan,
): Promise<Misfit | undefined> {
  if (!waiting.isAlive || waiting.identity === undefined) return "dead";
  if (own.prompt !== plan.prompt) return "prompt";
  const [isSame, isUpToDate, filesNow] = await Promise.all([
    waiting.isFor(plan.arguments, plan.cwd),
    knowsAll(end, plan.transcript),
    startFilesOf(deps, plan),
  ]);
  if (!isUpToDate) return "transcript";
  if (!isSame) return "arguments";
  if (filesNow !== startFiles) return "files";
  return waiting.isAlive ? undefined : "dead";
}

function startFilesOf(
  { configDir }: StandbyDeps,
  { cwd, arguments: { trustProject, memoryDir } }: TurnPlan,
): Promise<string> {
  return stateOfStartFiles({
    configDir,
    cwd,
    trustProject,
    ...(memoryDir === undefined ? {} : { memoryDir }),
  });
}
