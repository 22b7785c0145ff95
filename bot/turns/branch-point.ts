/**
 * Where a copy of a conversation begins: the CLI's transcript, and in it the last
 * line of Claude's that a turn put there. Read from what the turn's process said.
 */
import { z } from "zod";
import { lastAnswerLine } from "../claude/last-answer-line.ts";
import { findTranscript } from "../claude/transcript.ts";
import { readJson } from "../store/json-file.ts";
import type { Paths } from "../store/paths.ts";
import type { Session } from "../store/session.ts";

/** `at` is a line's uuid; without it, the end. */
export interface BranchPoint {
  readonly transcript: string;
  readonly claudeSessionId: string;
  readonly at?: string;
}

const receipt = z.looseObject({ claudeSessionId: z.uuid() });

/** Where the copy of `session` begins after the answer of the turn `at`, or at the end; undefined where nothing is there. */
export async function branchPoint(
  { paths, configDir }: { readonly paths: Paths; readonly configDir: string | undefined },
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
