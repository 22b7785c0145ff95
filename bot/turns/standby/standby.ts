/**
 * One process that waits for the next message of a session: how it is started,
 * and whether it still is what would be started now. It does not know the others,
 * nor when it is needed.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { readStartState, type StartState } from "../../claude/start-files.ts";
import { repairTail } from "../../claude/transcript.ts";
import type { WaitRequest, Waiting } from "../../claude/waiting.ts";
import type { StandbyPaths } from "../../store/paths.ts";
import type { Personas } from "../../store/personas.ts";
import type { Session } from "../../store/session.ts";
import { type Plan, planTurn, type PrepareDeps, promptText } from "../prepare.ts";

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
  readonly plan: Plan;
  /** What the CLI read at its start, as it was just before. */
  readonly state: StartState;
}

/** Why one is not what would be started now; undefined if it is. */
export type Misfit = "dead" | "prompt" | "arguments" | "transcript" | "files";

/** How the next turn of a session is run, and what it would find; undefined where its persona cannot be used. */
export async function planNext(deps: StandbyDeps, session: Session): Promise<Plan | undefined> {
  const read = await deps.personas.read(session.persona);
  return read.ok ? planTurn(deps, session, read.persona) : undefined;
}

/** Starts one; undefined where it cannot be started, with `onFault` told why. The folder of its files is the caller's to remove. */
export async function startStandby(
  deps: StandbyDeps,
  session: Session,
  plan: Plan,
): Promise<{ ok: true; standby: Standby } | { ok: false; kind: string }> {
  const id = deps.newId().slice(0, 8);
  const files = deps.paths.standby(id);
  // A process that died in mid-line would have the next line glued to that one.
  if (plan.transcript) await repairTail(plan.transcript);
  // Before the start: what changes in between is not known to it for sure.
  const state = await stateOf(deps, plan);
  await mkdir(files.root, { recursive: true, mode: 0o700 });
  await writeFile(files.persona, promptText(plan), { mode: 0o600 });
  const started = await deps.claude.wait({
    marker: `${session.folder}/standby-${id}`,
    cwd: plan.cwd,
    arguments: { ...plan.arguments, systemPromptFile: files.persona },
    outFile: files.out,
    errFile: files.err,
    answerMcp: deps.answerMcp,
  });
  if (started.ok)
    return { ok: true, standby: { sessionId: session.id, waiting: started.waiting, files, plan, state } };
  await rm(files.root, { recursive: true, force: true });
  return { ok: false, kind: started.failure.kind };
}

/** Looks whether it is still what would be started for `plan`. Some `stat`s, all at once. */
export async function misfitOf(
  deps: StandbyDeps,
  { waiting, plan: own, state }: Standby,
  plan: Plan,
): Promise<Misfit | undefined> {
  if (!waiting.isAlive || waiting.identity === undefined) return "dead";
  if (own.prompt !== plan.prompt) return "prompt";
  const [isSame, now] = await Promise.all([waiting.isFor(plan.arguments, plan.cwd), stateOf(deps, plan)]);
  if (now.transcript !== state.transcript) return "transcript";
  if (!isSame) return "arguments";
  if (now.others !== state.others) return "files";
  return waiting.isAlive ? undefined : "dead";
}

function stateOf({ configDir }: StandbyDeps, plan: Plan): Promise<StartState> {
  const { cwd, transcript } = plan;
  return readStartState({ configDir, cwd, transcript, trustProject: plan.arguments.trustProject });
}
