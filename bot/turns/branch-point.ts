/**
 * Where a copy of a conversation begins: the CLI's transcript, and in it the last
 * line of Claude's that a turn put there. Read from what the turn's process said.
 */
import { z } from "zod";
import { lastAnswerLine } from "../claude/last-answer-line.ts";
import { findTranscript } from "../claude/transcript.ts";
import { readJson } from "../store/json-file.ts";
import { mapBounded } from "../store/lanes.ts";
import { listTurns } from "../store/pages/read-turns.ts";
import type { Paths } from "../store/paths.ts";
import type { Session } from "../store/session.ts";

/** `at` is a line's uuid; without it, the end. */
export interface BranchPoint {
  readonly transcript: string;
  readonly claudeSessionId: string;
  readonly at?: string;
}

interface Deps {
  readonly paths: Paths;
  /** The CLI's own folder (`~/.claude`); undefined where the environment names none. */
  readonly configDir: string | undefined;
}

const receipt = z.looseObject({ claudeSessionId: z.uuid() });
const end = z.looseObject({ endedAt: z.string() });

/** So many turns, one after the other, without an answer: then there is no telling what they are. */
const MOST_TRIED = 20;
const READ_AT_ONCE = 16;

/** Where the copy of `session` begins after the answer of the turn `at`, or at the end; undefined where nothing is there. */
export async function branchPoint(
  { paths, configDir }: Deps,
  session: Session,
  at: number | undefined,
): Promise<BranchPoint | undefined> {
  const { cwd } = session;
  if (configDir === undefined) return undefined;
  if (at === undefined) {
    // A copy of a copy that has not spoken.
    if (session.forkOf) {
      const { claudeSessionId } = session.forkOf;
      return { transcript: paths.session(session.folder).fork, claudeSessionId };
    }
    const { claudeSessionId } = session;
    const transcript = await findTranscript({ configDir, cwd, claudeSessionId });
    return transcript === undefined ? undefined : { transcript, claudeSessionId };
  }
  const turn = paths.turn(session.folder, at);
  // /clear begins another conversation: the turn knows in which it was.
  const read = await readJson(turn.receipt, receipt);
  const claudeSessionId = read.ok ? read.value.claudeSessionId : session.claudeSessionId;
  const transcript = await findTranscript({ configDir, cwd, claudeSessionId });
  if (transcript === undefined) return undefined;
  const uuid = await lastAnswerLine(turn.out, transcript);
  return uuid === undefined ? undefined : { transcript, claudeSessionId, at: uuid };
}

/** Where it begins after the last answer that was given: a turn that runs, failed or was stopped may have none. */
export async function lastBranchPoint(deps: Deps, session: Session): Promise<BranchPoint | undefined> {
  const point = session.lastTurn && (await branchPoint(deps, session, session.lastTurn.updateId));
  if (point !== undefined) return point;
  const ids = (await listTurns(deps.paths.session(session.folder).turns).catch(() => [])).map(Number);
  const over = await mapBounded(ids, READ_AT_ONCE, async (id) => {
    const read = await readJson(deps.paths.turn(session.folder, id).receipt, end);
    return read.ok ? [{ id, endedAt: read.value.endedAt }] : [];
  });
  // Not by their ids: Telegram's begin anew after a quiet week.
  const last = over.flat().sort((one, other) => (one.endedAt < other.endedAt ? 1 : -1));
  for (const { id } of last.slice(0, MOST_TRIED)) {
    const earlier = await branchPoint(deps, session, id);
    if (earlier !== undefined) return earlier;
  }
  return undefined;
}
