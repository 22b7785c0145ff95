/**
 * `changes.json` of a turn: from which snapshot to which it led. It promises
 * that a press finds only turns of its own chat. It does not know git.
 */
import { z } from "zod";
import { readJson, writeJson } from "../../store/json-file.ts";
import type { Paths } from "../../store/paths.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import { type Session, shortId } from "../../store/session.ts";
import type { Place } from "../view.ts";

const tree = z.string().regex(/^[0-9a-f]{40}$/);

/** Why there is no way back. */
export const noWaySchema = z.enum([
  "off",
  "no_repository",
  "no_git",
  "late",
  "too_many",
  "elsewhere",
  "failed",
]);

/** The file, version 1. Without `after` the turn is under way, or its end was never seen. Times are ISO-8601 UTC. */
const changesFile = z.looseObject({
  version: z.literal(1),
  updateId: z.int(),
  startedAt: z.string(),
  /** Absolute: what the trees are of. */
  top: z.string().exactOptional(),
  before: tree.exactOptional(),
  after: tree.exactOptional(),
  /** What was too big to be kept, as it was before. */
  leftOut: z
    .array(z.object({ path: z.string(), bytes: z.number(), changedAtMs: z.number() }))
    .exactOptional(),
  noWay: noWaySchema.exactOptional(),
});
export type ChangesFile = z.infer<typeof changesFile>;

/** A turn whose changes are known. */
export interface Recorded {
  readonly session: Session;
  readonly updateId: number;
  readonly file: ChangesFile;
}

/** What names a turn in a button. */
export const turnKey = (session: Pick<Session, "id">, updateId: number): string =>
  `${shortId(session)}:${updateId}`;

/** Writes it. */
export async function writeRecord(path: string, file: ChangesFile): Promise<void> {
  await writeJson(path, file);
}

/** Reads it; undefined where there is none, or none that we know. */
export async function readRecord(path: string): Promise<ChangesFile | undefined> {
  const read = await readJson(path, changesFile).catch(() => undefined);
  return read?.ok ? read.value : undefined;
}

/** The turn that `key` names, which is a button's and thus anybody's. */
export async function findRecorded(
  { sessions, paths }: { readonly sessions: SessionManager; readonly paths: Paths },
  place: Pick<Place, "chatId">,
  key: string,
): Promise<Recorded | undefined> {
  const [, short, number = ""] = /^([0-9a-f]{8}):(\d{1,15})$/.exec(key) ?? [];
  const session = sessions.list(place.chatId).find((each) => shortId(each) === short);
  if (session === undefined) return undefined;
  const updateId = Number(number);
  const file = await readRecord(paths.turn(session.folder, updateId).changes);
  return file === undefined ? undefined : { session, updateId, file };
}
