/**
 * A turn that an earlier life began: its process is found, alive or not, and
 * followed; where nothing came of it, the turn is run. Promises that no message
 * is run twice. It does not decide which turns are to be taken up (`recovery.ts`).
 */
import { setTimeout as delay } from "node:timers/promises";
import { hasBegun } from "../claude/begun.ts";
import { isAlive } from "../claude/identity.ts";
import { findMarked } from "../claude/process-list.ts";
import { runTurn } from "./begin.ts";
import { sweepTemporary } from "../store/json-file.ts";
import type { Entry, ProcessIdentity } from "./facts.ts";
import { followRun } from "./follow-turn.ts";
import { markerOf, readMessageUuid } from "./prepare.ts";
import { activate, refuse, type Turn, type TurnDeps } from "./turn.ts";

/** Started, it takes a second to begin; told nothing because we died, it goes within one. */
const BEGIN_MS = 10_000;
const POLL_MS = 50;

/**
 * Takes up a turn whose process an earlier life started, alive or not; a turn
 * that has not begun is run.
 */
export async function takeUpTurn(
  deps: TurnDeps,
  turn: Turn,
  { process: identity, marker: known }: Pick<Entry, "process" | "marker">,
): Promise<void> {
  const session = deps.sessions.get(turn.sessionId);
  if (session === undefined) return refuse(turn, { kind: "session_gone" });
  const { root, prompt, out, err } = deps.paths.turn(session.folder, turn.updateId);
  // Of a save in which we were killed; nobody saves there yet.
  await sweepTemporary(root).catch(() => {});
  const marker = known ?? markerOf(session, turn.updateId);
  // Killed between the start and the note of its pid: found by its marker.
  const process =
    identity && (await isAlive(identity)) ? identity : ((await findMarked(marker))[0] ?? identity);
  if (!(await beginsSoon(out, process))) {
    await deps.claude.sweep(marker, process);
    if (!(await hasBegun(out))) return runTurn(deps, turn);
  }
  const lives = process !== undefined && (await isAlive(process));
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

/** Whether the message was written to it before we died: only then it begins. */
async function beginsSoon(out: string, process: ProcessIdentity | undefined): Promise<boolean> {
  if (process === undefined) return hasBegun(out);
  const deadline = performance.now() + BEGIN_MS;
  while (performance.now() < deadline && (await isAlive(process))) {
    if (await hasBegun(out)) return true;
    await delay(POLL_MS);
  }
  return hasBegun(out);
}
