/**
 * A turn that an earlier life began: its process is found, alive or not, and
 * followed; where nothing came of it, the turn is run. Promises that no message
 * is run twice. It does not decide which turns are to be taken up (`recovery.ts`).
 */
import { stat } from "node:fs/promises";
import { isAlive } from "../claude/identity.ts";
import { findMarked } from "../claude/process-list.ts";
import { runTurn } from "./begin.ts";
import type { ProcessIdentity } from "./facts.ts";
import { followRun } from "./follow-turn.ts";
import { markerOf, readMessageUuid } from "./prepare.ts";
import { activate, refuse, type Turn, type TurnDeps } from "./turn.ts";

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

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
