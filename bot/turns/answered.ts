/**
 * Which turn a message of the chat is the answer of. The ids are kept in each
 * turn's receipt once they stand in the chat.
 */
import { z } from "zod";
import { orDiskFull } from "../store/disk.ts";
import { readJson, sweepTemporaryOf, writeJson } from "../store/json-file.ts";
import { listTurns } from "../store/pages/read-turns.ts";
import type { Paths } from "../store/paths.ts";
import type { SessionManager } from "../store/session-manager.ts";
import type { Session } from "../store/session.ts";
import type { Entry } from "./facts.ts";

export interface AnswerDeps {
  readonly sessions: SessionManager;
  readonly paths: Paths;
}

/** A turn of a session. */
export interface Answered {
  readonly session: Session;
  readonly updateId: number;
}

const receipt = z.looseObject({
  version: z.literal(1),
  endedAt: z.string().exactOptional(),
  messages: z.array(z.int()).exactOptional(),
});

/** Old answers are looked for so far back: a receipt each. */
const MOST_LOOKED_AT = 3_000;

/** Adds to the receipt of a turn where its answer stands; nothing happens where there is no receipt, or no room. */
export async function noteAnswered(
  { sessions, paths }: AnswerDeps,
  { id, sessionId }: Pick<Entry, "id" | "sessionId">,
  messageIds: readonly number[],
): Promise<void> {
  const session = sessionId === undefined ? undefined : sessions.get(sessionId);
  if (session === undefined || messageIds.length === 0) return;
  const path = paths.turn(session.folder, id).receipt;
  const read = await readJson(path, receipt);
  if (!read.ok) return;
  // Of an earlier life that was killed right here; nobody else saves it once the answer stands.
  await sweepTemporaryOf(path);
  await orDiskFull(() => writeJson(path, { ...read.value, messages: messageIds }));
}

/**
 * Looks in the sessions of the chat, in `first` before the others, the newest turns first. What a session that was
 * sent in says of its time before counts only where nothing else does: ids of another chat can be the same.
 */
export async function findAnswered(
  { sessions, paths }: AnswerDeps,
  chatId: number,
  messageId: number,
  first: Session | undefined,
): Promise<Answered | undefined> {
  let left = MOST_LOOKED_AT;
  let brought: Answered | undefined;
  // Of one that is just being archived nothing can be taken any more.
  const others = sessions.list(chatId).filter(({ id, state }) => id !== first?.id && state !== "terminated");
  for (const session of first === undefined ? others : [first, ...others]) {
    const ids = await listTurns(paths.session(session.folder).turns).catch(() => []);
    for (const updateId of ids.toReversed().map(Number)) {
      left -= 1;
      if (left < 0) return brought;
      const read = await readJson(paths.turn(session.folder, updateId).receipt, receipt);
      if (!read.ok || !read.value.messages?.includes(messageId)) continue;
      const { endedAt = "" } = read.value;
      if (session.arrivedAt === undefined || endedAt >= session.arrivedAt) return { session, updateId };
      brought ??= { session, updateId };
    }
  }
  return brought;
}
