/**
 * All sessions: made, found, changed, made current. It promises that what it gives
 * out is on the disk. The work is done by its three parts: the records and their
 * files, the making, the places. It does not know turns, personas' contents or
 * archives.
 */
import { createChats } from "./chats.ts";
import type { DiskFull } from "./disk.ts";
import type { Paths } from "./paths.ts";
import type { Found } from "./session-index.ts";
import { type LoadResult, loadSessions } from "./session-load.ts";
import { createSessionMaker, invalid, type Invalid } from "./session-maker.ts";
import { cleanName } from "./session-name.ts";
import { createSessionPlaces } from "./session-places.ts";
import { type Absent, type Changed, createSessionRecords, type TransitionResult } from "./session-records.ts";
import { type Session, sessionSchema } from "./session.ts";

export type SessionManager = ReturnType<typeof createSessionManager>;

type Optional =
  | "model"
  | "effort"
  | "permissionMode"
  | "allowRules"
  | "terminal"
  | "known"
  | "beside"
  | "forkOf"
  | "lastTurn"
  | "cutOff"
  | "keepSnapshots"
  | "undone"
  | "ownTopic"
  | "isPinned";
type Required = "name" | "persona" | "cwd" | "claudeSessionId" | "totals";

/** What may be changed. `undefined` removes an optional field. The state is changed by `transition` and `makeCurrent`. */
export type SessionPatch = Partial<Pick<Session, Required>> & {
  readonly [K in Optional]?: Session[K] | undefined;
};

export type UpdateResult = Changed | Absent | Invalid | DiskFull;

/** Makes an empty manager; `load` must end before anything else is called. `newId` gives a UUID4. */
export function createSessionManager(options: { paths: Paths; now: () => Date; newId: () => string }) {
  const { paths, now, newId } = options;
  let chats = createChats(paths.chats, undefined);
  const records = createSessionRecords({ paths, now });
  const { index } = records;
  const { settle, ...places } = createSessionPlaces(records, () => chats);

  return {
    /** Reads every session folder. Must be called once, at the start, by the only bot of the folder. */
    async load(): Promise<LoadResult> {
      const loaded = await loadSessions(paths, now());
      if (!loaded.ok) return loaded.result;
      records.fill(loaded);
      chats = loaded.chats;
      for (const { id, state } of loaded.sessions) {
        // A live folder is no archive: a crash came in the middle of archiving or restoring it.
        if (state === "terminated") await records.setState(id, "paused");
        else await settle(id);
      }
      records.keepCache();
      return loaded.result;
    },

    get: (id: string): Session | undefined => index.get(id),

    /** The sessions of a chat, all its topics, the last changed first. */
    list: (chatId: number): readonly Session[] => index.list(chatId),

    /** What `ref` names in this chat: an id, 8 digits of it, 4 or more from its beginning, or a name in any capitals. */
    find: (chatId: number, ref: string): Found => index.find(chatId, ref),

    /** The session, of whatever chat, that has this conversation of the CLI's. */
    byClaudeSession: (claudeSessionId: string): Session | undefined =>
      index.all().find((session) => session.claudeSessionId === claudeSessionId),

    /** The active sessions that nothing happened to since `before`. */
    unusedSince: (before: Date): Session[] =>
      index.all().filter(({ state, updatedAt }) => state === "active" && updatedAt < before.toISOString()),

    /** The active sessions that something happened to since `after`, the last of them last. */
    usedSince: (after: Date): Session[] =>
      index
        .all()
        .filter(({ state, updatedAt }) => state === "active" && updatedAt >= after.toISOString())
        .sort((one, other) => (one.updatedAt < other.updatedAt ? -1 : 1)),

    /** See `createSessionMaker`. */
    create: createSessionMaker({ paths, now, newId, records }),

    /** Changes a session and saves it. A function gets the session as it is when its turn comes: right for sums. */
    async update(
      id: string,
      patch: SessionPatch | ((session: Session) => SessionPatch),
    ): Promise<UpdateResult> {
      return records.change<Invalid>(id, (session) => {
        const wish = typeof patch === "function" ? patch(session) : patch;
        const name = wish.name === undefined ? "" : cleanName(wish.name);
        const merged = Object.entries({ ...session, ...wish, name: name || session.name });
        const parsed = sessionSchema.safeParse(
          Object.fromEntries(merged.filter(([, value]) => value !== undefined)),
        );
        return parsed.success ? parsed.data : invalid(parsed.error);
      });
    },

    /** Pauses a session that is active, wherever it is current. It stands in every list where it stood. */
    rest: (id: string): Promise<TransitionResult> => records.setState(id, "paused", { isUse: false }),

    ...places,

    /** See `SessionRecords`. */
    adopt: records.adopt,
  };
}
