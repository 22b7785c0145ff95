/**
 * The sessions that there are: in memory, and each in its file. It promises that
 * what is in memory is on the disk, that changes of one session happen one after
 * the other, and that a full disk leaves the old file whole. It does not know
 * which session is current, nor how one is made.
 */
import { codeOf } from "../error-code.ts";
import { type DiskFull, orDiskFull } from "./disk.ts";
import { writeJson } from "./json-file.ts";
import { createLanes } from "./lanes.ts";
import type { Paths } from "./paths.ts";
import { stampOf, writeSessionCache } from "./session-cache.ts";
import { createSessionIndex } from "./session-index.ts";
import { forbids, type Forbidden, freeze, type Session, shortId } from "./session.ts";

export interface Changed {
  readonly ok: true;
  readonly session: Session;
}
export interface Absent {
  readonly ok: false;
  readonly kind: "absent";
}
export type TransitionResult = Changed | Absent | Forbidden | DiskFull;

export type SessionRecords = ReturnType<typeof createSessionRecords>;

/** So many files are read as fast as one. */
const FEW = 100;

/** Makes an empty record. */
export function createSessionRecords({ paths, now }: { paths: Paths; now: () => Date }) {
  const index = createSessionIndex();
  const lanes = createLanes();
  /** Every short id in use, live and archived. */
  const shortIds = new Set<string>();
  /** By folder: how it looked when what is in memory was on the disk. */
  const stamps = new Map<string, string>();
  let uncached = 0;
  let caching: Promise<void> | undefined;

  /** Writes the cache where many sessions are not in it as they are: a start has these to read one by one. */
  function keepCache(): void {
    if (caching !== undefined || uncached < Math.max(FEW, index.size() / 20)) return;
    uncached = 0;
    const writing = writeSessionCache(paths.sessionCache, index.all(), ({ folder }) => stamps.get(folder));
    caching = writing.catch(() => {}).finally(() => (caching = undefined));
  }

  /** Takes in what was just saved. */
  function put(session: Session): void {
    const stamp = stampOf(paths, session.folder);
    if (stamp === undefined) stamps.delete(session.folder);
    else stamps.set(session.folder, stamp);
    index.put(session);
    uncached += 1;
    keepCache();
  }

  /** The only way to a session's file: one change at a time, memory after disk. `isUse: false` leaves `updatedAt` as it is. */
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
        try {
          await writeJson(paths.session(next.folder).file, next);
        } catch (error) {
          // Its folder is away: it is just being archived, or somebody removed it.
          if (codeOf(error) === "ENOENT") return { ok: false, kind: "absent" } as const;
          throw error;
        }
        put(next);
        return { ok: true, session: next } as const;
      });
    });
  }

  return {
    index,
    put,
    change,

    /** Moves a session to another state, by the table. */
    setState: (id: string, to: Session["state"], options?: { readonly isUse?: boolean }) =>
      change<Forbidden>(id, (session) => forbids(session.state, to) ?? { ...session, state: to }, options),

    /** Takes a short id that is free; false if it is not. No wait comes before it, so two never draw the same. */
    claim(short: string): boolean {
      const isFree = !shortIds.has(short);
      shortIds.add(short);
      return isFree;
    },
    unclaim: (short: string): void => void shortIds.delete(short),

    /** Takes in what a start has read; `read` of the sessions stood in no cache. */
    fill(loaded: {
      readonly sessions: readonly Session[];
      readonly stamps: ReadonlyMap<string, string>;
      readonly shortIds: ReadonlySet<string>;
      readonly read: number;
    }): void {
      for (const session of loaded.sessions) index.put(session);
      for (const [folder, stamp] of loaded.stamps) stamps.set(folder, stamp);
      for (const short of loaded.shortIds) shortIds.add(short);
      uncached = loaded.read;
    },
    keepCache,

    /** Takes a session out of memory; its files are the caller's. Its short id stays taken. */
    remove: (id: string): Promise<void> =>
      lanes(id, async () => {
        stamps.delete(index.get(id)?.folder ?? "");
        index.remove(id);
      }),

    /** Takes in a session whose folder is in place again. Its state stays; one that is known already is left alone. */
    adopt: (session: Session): Promise<Changed> =>
      lanes(session.id, async () => {
        const known = index.get(session.id) ?? freeze({ ...session });
        index.put(known);
        shortIds.add(shortId(known));
        return { ok: true, session: known };
      }),
  };
}

function isSession(made: unknown): made is Session {
  return typeof made === "object" && made !== null && "version" in made;
}
