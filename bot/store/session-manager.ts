/**
 * All sessions: made, found, changed, made current. It promises that what it gives
 * out is on the disk, that changes of one session happen one after the other, that
 * `active` means current somewhere, and that a full disk leaves the old file whole.
 * It does not know turns, personas' contents or archives.
 */
import { createChats, placeKey } from "./chats.ts";
import { type DiskFull, orDiskFull } from "./disk.ts";
import { isErrno, writeJson } from "./json-file.ts";
import { createLanes } from "./lanes.ts";
import type { Paths } from "./paths.ts";
import { stampOf, writeSessionCache } from "./session-cache.ts";
import { makeSessionFolder } from "./session-folder.ts";
import { createSessionIndex, type Found } from "./session-index.ts";
import { type LoadResult, loadSessions } from "./session-load.ts";
import { cleanName, defaultName, slugOf } from "./session-name.ts";
import {
  forbids,
  type Forbidden,
  freeze,
  type Place,
  type Session,
  sessionSchema,
  shortId,
} from "./session.ts";

export type SessionManager = ReturnType<typeof createSessionManager>;

/** What is needed to make a session. `cwd` is absolute; without it, the session's own `workspace/`. */
export interface NewSession {
  readonly name?: string;
  readonly persona: string;
  readonly cwd?: string;
  readonly place: Place;
  readonly createdBy: number;
  readonly originUpdateId?: number;
  /** What it has from its beginning: a conversation that is there already, the modes of the one it is a copy of. */
  readonly given?: Partial<Pick<Session, "claudeSessionId" | "known" | Mode>>;
}

type Mode = "model" | "effort" | "permissionMode" | "allowRules";
type Terminal = "terminal" | "known" | "beside" | "forkOf";
type Optional =
  | Mode
  | Terminal
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

export interface Changed {
  readonly ok: true;
  readonly session: Session;
}
export interface Absent {
  readonly ok: false;
  readonly kind: "absent";
}
/** A value that `session.json` may not hold, e.g. a model's name that would be read as a flag. */
export interface Invalid {
  readonly ok: false;
  readonly kind: "invalid";
  readonly detail: string;
}
/** `existed`: a replayed update asked for it before. */
export type CreateResult = (Changed & { readonly existed: boolean }) | Invalid | DiskFull;
export type UpdateResult = Changed | Absent | Invalid | DiskFull;
export type TransitionResult = Changed | Absent | Forbidden | DiskFull;
/** `previous` is the session that was current there before, as it is now. */
export type CurrentResult = (Changed & { readonly previous?: Session }) | Absent | Forbidden | DiskFull;
export type LeaveResult = { readonly ok: true; readonly left?: Session } | DiskFull;

const CHATS = "chats";
const ATTEMPTS = 100;
/** So many files are read as fast as one. */
const FEW = 100;

/** Makes an empty manager; `load` must end before anything else is called. `newId` gives a UUID4. */
export function createSessionManager(options: { paths: Paths; now: () => Date; newId: () => string }) {
  const { paths, now, newId } = options;
  const index = createSessionIndex();
  const lanes = createLanes();
  const creating = new Map<number, Promise<CreateResult>>();
  /** Every short id in use, live and archived. Taken before the first wait, so that two creates never draw the same. */
  const shortIds = new Set<string>();
  let chats = createChats(paths.chats, undefined);
  /** By folder: how it looked when what is in memory was on the disk. */
  const stamps = new Map<string, string>();
  let uncached = 0;
  let caching: Promise<void> | undefined;

  /** Takes in what was just saved. */
  function put(session: Session): void {
    const stamp = stampOf(paths, session.folder);
    if (stamp === undefined) stamps.delete(session.folder);
    else stamps.set(session.folder, stamp);
    index.put(session);
    uncached += 1;
    keepCache();
  }

  /** Writes the cache where many sessions are not in it as they are: a start has these to read one by one. */
  function keepCache(): void {
    if (caching !== undefined || uncached < Math.max(FEW, index.size() / 20)) return;
    uncached = 0;
    const writing = writeSessionCache(paths.sessionCache, index.all(), ({ folder }) => stamps.get(folder));
    caching = writing.catch(() => {}).finally(() => (caching = undefined));
  }

  /** The only way to a session's file: one change at a time, memory after disk. */
  async function change<Refused>(
    id: string,
    make: (session: Session) => Session | Refused,
    { isUse = true }: { readonly isUse?: boolean } = {},
  ): Promise<Changed | Absent | Exclude<Refused, Session> | DiskFull> {
    return lanes(id, async () => {
      const session = index.get(id);
      if (session === undefined) return { ok: false, kind: "absent" } as const;
      const made = make(session);
      if (!isSession(made)) return made as Exclude<Refused, Session>;
      if (made === session) return { ok: true, session } as const;
      const next = freeze({ ...made, ...(isUse ? { updatedAt: now().toISOString() } : {}) });
      return orDiskFull(async () => {
        await writeJson(paths.session(next.folder).file, next);
        put(next);
        return { ok: true, session: next } as const;
      });
    });
  }

  async function setState(id: string, to: Session["state"]): Promise<TransitionResult> {
    return change<Forbidden>(id, (session) => forbids(session.state, to) ?? { ...session, state: to });
  }

  /** An active session that is current nowhere any more becomes paused. */
  async function settle(id: string): Promise<Session | DiskFull | undefined> {
    if (index.get(id)?.state !== "active" || chats.has(id)) return index.get(id);
    const paused = await setState(id, "paused");
    return paused.ok ? paused.session : paused.kind === "disk_full" ? paused : undefined;
  }

  async function make(wish: NewSession): Promise<CreateResult> {
    const { place, originUpdateId } = wish;
    const name =
      cleanName(wish.name ?? "") || defaultName(index.list(place.chatId).map((session) => session.name));
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const id = newId();
      const short = shortId({ id });
      if (shortIds.has(short)) continue;
      const folder = `${slugOf(name)}-${short}`;
      const at = now().toISOString();
      const parsed = sessionSchema.safeParse({
        version: 1,
        id,
        folder,
        name,
        persona: wish.persona,
        cwd: wish.cwd ?? paths.session(folder).workspace,
        chatId: place.chatId,
        ...(place.threadId !== undefined && { threadId: place.threadId }),
        createdBy: wish.createdBy,
        ...(originUpdateId !== undefined && { originUpdateId }),
        state: "created",
        claudeSessionId: newId(),
        ...wish.given,
        createdAt: at,
        updatedAt: at,
        totals: { turns: 0, costUsd: 0, inputTokens: 0, outputTokens: 0, durationMs: 0 },
      });
      if (!parsed.success) return invalid(parsed.error);
      const session = freeze(parsed.data);
      shortIds.add(short);
      try {
        const made = await orDiskFull(() => makeSessionFolder(paths, session));
        if (made !== undefined) {
          shortIds.delete(short);
          return made;
        }
      } catch (error) {
        // A folder of that name that we do not know of: someone put it there while we ran.
        if (isErrno(error, "EEXIST")) continue;
        throw error;
      }
      put(session);
      return { ok: true, session, existed: false };
    }
    throw new Error("no free id");
  }

  return {
    /** Reads every session folder. Must be called once, at the start, by the only bot of the folder. */
    async load(): Promise<LoadResult> {
      const loaded = await loadSessions(paths, now());
      if (!loaded.ok) return loaded.result;
      for (const session of loaded.sessions) index.put(session);
      for (const [folder, stamp] of loaded.stamps) stamps.set(folder, stamp);
      uncached = loaded.read;
      for (const short of loaded.shortIds) shortIds.add(short);
      chats = loaded.chats;
      for (const { id, state } of loaded.sessions) {
        // A live folder is no archive: a crash came in the middle of archiving or restoring it.
        if (state === "terminated") await setState(id, "paused");
        else await settle(id);
      }
      keepCache();
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

    /** Makes a session, current nowhere. A second call for one update gives the session that the first one made. */
    async create(wish: NewSession): Promise<CreateResult> {
      const { originUpdateId } = wish;
      if (originUpdateId === undefined) return make(wish);
      const existing = index.byOrigin(wish.place.chatId, originUpdateId);
      if (existing !== undefined) return { ok: true, session: existing, existed: true };
      const underWay = creating.get(originUpdateId);
      if (underWay !== undefined) {
        const made = await underWay;
        return made.ok ? { ...made, existed: true } : made;
      }
      const making = make(wish).finally(() => creating.delete(originUpdateId));
      creating.set(originUpdateId, making);
      return making;
    },

    /** Changes a session and saves it. A function gets the session as it is when its turn comes: right for sums. */
    async update(
      id: string,
      patch: SessionPatch | ((session: Session) => SessionPatch),
    ): Promise<UpdateResult> {
      return change<Invalid>(id, (session) => {
        const wish = typeof patch === "function" ? patch(session) : patch;
        const name = wish.name === undefined ? "" : cleanName(wish.name);
        const merged = Object.entries({ ...session, ...wish, name: name || session.name });
        const parsed = sessionSchema.safeParse(
          Object.fromEntries(merged.filter(([, value]) => value !== undefined)),
        );
        return parsed.success ? parsed.data : invalid(parsed.error);
      });
    },

    /** Moves a session to another state, by the table. One that is terminated is no longer current anywhere. */
    async transition(id: string, to: Session["state"]): Promise<TransitionResult> {
      return lanes(CHATS, async () => {
        const changed = await setState(id, to);
        if (!changed.ok || to !== "terminated") return changed;
        const emptied = await orDiskFull(() => chats.remove((_, current) => current === id));
        return emptied ?? changed;
      });
    },

    /** The active sessions that nothing happened to since `before`. */
    unusedSince: (before: Date): Session[] =>
      index.all().filter(({ state, updatedAt }) => state === "active" && updatedAt < before.toISOString()),

    /** Pauses a session that is active, wherever it is current. It stands in every list where it stood. */
    async rest(id: string): Promise<TransitionResult> {
      const pause = (session: Session): Session | Forbidden =>
        forbids(session.state, "paused") ?? { ...session, state: "paused" };
      return change<Forbidden>(id, pause, { isUse: false });
    },

    /** The session that plain messages of this place go to. */
    current(place: Place): Session | undefined {
      const id = chats.current(place);
      return id === undefined ? undefined : index.get(id);
    },

    /** Everywhere that the session is current. */
    placesOf: (id: string): Place[] => chats.placesOf(id),

    /** Makes a session of the same chat current: it becomes active, the one before paused unless it is current elsewhere. */
    async makeCurrent(place: Place, id: string): Promise<CurrentResult> {
      return lanes(CHATS, async (): Promise<CurrentResult> => {
        const session = index.get(id);
        if (session === undefined || session.chatId !== place.chatId) return { ok: false, kind: "absent" };
        // Active first, the chat second, the one before last: after a crash in between, the start sees an
        // active session that is current nowhere and pauses it.
        const active =
          session.state === "active" ? ({ ok: true, session } as const) : await setState(id, "active");
        if (!active.ok) return active;
        const before = chats.current(place);
        const full = await orDiskFull(() => chats.set(place, id));
        if (full !== undefined) {
          await settle(id);
          return full;
        }
        if (before === undefined || before === id) return active;
        const previous = await settle(before);
        if (previous === undefined) return active;
        return "ok" in previous ? previous : { ...active, previous };
      });
    },

    /** Leaves the place without a current session. */
    async leave(place: Place): Promise<LeaveResult> {
      return lanes(CHATS, async (): Promise<LeaveResult> => {
        const id = chats.current(place);
        if (id === undefined) return { ok: true };
        const key = placeKey(place);
        const full = await orDiskFull(() => chats.remove((other) => other === key));
        if (full !== undefined) return full;
        const left = await settle(id);
        if (left === undefined) return { ok: true };
        return "ok" in left ? left : { ok: true, left };
      });
    },

    /** Takes a session out of memory and out of every place; its files are the caller's. Its short id stays taken. */
    async forget(id: string): Promise<void> {
      await lanes(CHATS, async () => {
        await chats.remove((_, current) => current === id);
        await lanes(id, async () => {
          stamps.delete(index.get(id)?.folder ?? "");
          index.remove(id);
        });
      });
    },

    /** Takes in a session whose folder is in place again. Its state stays; one that is known already is left alone. */
    async adopt(session: Session): Promise<Changed> {
      return lanes(session.id, async () => {
        const known = index.get(session.id) ?? freeze({ ...session });
        index.put(known);
        shortIds.add(shortId(known));
        return { ok: true, session: known };
      });
    },
  };
}

function isSession(made: unknown): made is Session {
  return typeof made === "object" && made !== null && "version" in made;
}

function invalid(error: { issues: readonly { path: PropertyKey[]; message: string }[] }): Invalid {
  const issue = error.issues[0];
  return { ok: false, kind: "invalid", detail: `${issue?.path.join(".")}: ${issue?.message}` };
}
