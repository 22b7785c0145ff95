/**
 * Makes sessions: a name, an id and a folder for each that nothing else has. It
 * promises that a replayed update finds the session that it asked for before
 * instead of making another. It does not know later changes.
 */
import { codeOf } from "../error-code.ts";
import { type DiskFull, orDiskFull } from "./disk.ts";
import type { Paths } from "./paths.ts";
import { makeSessionFolder } from "./session-folder.ts";
import { cleanName, defaultName, slugOf } from "./session-name.ts";
import type { Changed, SessionRecords } from "./session-records.ts";
import { freeze, type Place, type Session, sessionSchema, shortId } from "./session.ts";

/** What is needed to make a session. `cwd` is absolute; without it, the session's own `workspace/`. */
export interface NewSession {
  readonly name?: string;
  readonly persona: string;
  readonly cwd?: string;
  readonly place: Place;
  readonly createdBy: number;
  readonly originUpdateId?: number;
  /** What it has from its beginning: a conversation that is there already, the modes of the one it is a copy of. */
  readonly given?: Partial<
    Pick<
      Session,
      "claudeSessionId" | "known" | "model" | "effort" | "permissionMode" | "allowRules" | "originMessageId"
    >
  >;
}

/** A value that `session.json` may not hold, e.g. a model's name that would be read as a flag. */
export interface Invalid {
  readonly ok: false;
  readonly kind: "invalid";
  readonly detail: string;
}
/** `existed`: a replayed update asked for it before. */
export type CreateResult = (Changed & { readonly existed: boolean }) | Invalid | DiskFull;

const ATTEMPTS = 100;

/** Makes the one verb. `newId` gives a UUID4. */
export function createSessionMaker(deps: {
  readonly paths: Paths;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly records: SessionRecords;
}) {
  const { paths, now, newId, records } = deps;
  const creating = new Map<number, Promise<CreateResult>>();

  /** The whole of a new session, or why it may not be. */
  function draft(wish: NewSession, id: string, name: string): Session | Invalid {
    const { place, originUpdateId } = wish;
    const folder = `${slugOf(name)}-${shortId({ id })}`;
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
    return parsed.success ? freeze(parsed.data) : invalid(parsed.error);
  }

  async function make(wish: NewSession): Promise<CreateResult> {
    const others = records.index.list(wish.place.chatId).map((session) => session.name);
    const name = cleanName(wish.name ?? "") || defaultName(others);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const id = newId();
      const short = shortId({ id });
      if (!records.claim(short)) continue;
      const session = draft(wish, id, name);
      if ("ok" in session) {
        records.unclaim(short);
        return session;
      }
      try {
        const full = await orDiskFull(() => makeSessionFolder(paths, session));
        if (full !== undefined) {
          records.unclaim(short);
          return full;
        }
      } catch (error) {
        // A folder of that name that we do not know of: someone put it there while we ran.
        if (codeOf(error) === "EEXIST") continue;
        throw error;
      }
      records.put(session);
      return { ok: true, session, existed: false };
    }
    throw new Error("no free id");
  }

  /** Makes a session, current nowhere. A second call for one update gives the session that the first one made. */
  return async function create(wish: NewSession): Promise<CreateResult> {
    const { originUpdateId } = wish;
    if (originUpdateId === undefined) return make(wish);
    const existing = records.index.byOrigin(wish.place.chatId, originUpdateId);
    if (existing !== undefined) return { ok: true, session: existing, existed: true };
    const underWay = creating.get(originUpdateId);
    if (underWay !== undefined) {
      const made = await underWay;
      return made.ok ? { ...made, existed: true } : made;
    }
    const making = make(wish).finally(() => creating.delete(originUpdateId));
    creating.set(originUpdateId, making);
    return making;
  };
}

/** What is wrong first, as a value. */
export function invalid(error: { issues: readonly { path: PropertyKey[]; message: string }[] }): Invalid {
  const issue = error.issues[0];
  return { ok: false, kind: "invalid", detail: `${issue?.path.join(".")}: ${issue?.message}` };
}
