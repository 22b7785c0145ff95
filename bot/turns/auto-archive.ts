/**
 * Sessions that nobody used for long go into the archive by themselves. It
 * promises that each is announced a day before in its own chat, where one word
 * keeps it; that none goes in which anything runs, waits or is still to be decided;
 * and that a chat is spoken to at most once a day. It does not know the words.
 */
import { z } from "zod";
import type { Logger } from "../logger.ts";
import type { PackFailure } from "../store/archive/types.ts";
import { placeKey } from "../store/chats.ts";
import { orDiskFull } from "../store/disk.ts";
import { readJson, writeJson } from "../store/json-file.ts";
import type { SessionManager } from "../store/session-manager.ts";
import { homeOf, type Session } from "../store/session.ts";
import type { Archiving } from "./archiving.ts";
import type { Journal } from "./journal.ts";
import type { Turns } from "./turns.ts";
import type { Place } from "./view.ts";

export interface AutoArchiveDeps {
  readonly sessions: Pick<SessionManager, "get" | "update">;
  /** Every live session. */
  readonly all: () => readonly Session[];
  readonly archiving: Pick<Archiving, "archive">;
  readonly turns: Pick<Turns, "isRunning" | "waiting">;
  readonly journal: Pick<Journal, "unfinished">;
  /** When Claude's own record of a session last grew, which may have been in a terminal; undefined without one. */
  readonly recordChangedAt: (session: Session) => Promise<Date | undefined>;
  /** The file in which it is kept what was announced. */
  readonly path: string;
  readonly now: () => Date;
  /** How long a session must be unused; 0 for never. */
  readonly afterMs: number;
  readonly logger: Logger;
  readonly callbacks: AutoArchiveCallbacks;
}

/** What a chat is told. */
export interface AutoArchiveCallbacks {
  /** These go in a day; false if the chat could not be told. */
  announce(place: Place, sessions: readonly Session[]): Promise<boolean>;
  archived(place: Place, sessions: readonly Session[]): void;
  failed(place: Place, session: Session, failure: PackFailure): void;
}

export type AutoArchive = ReturnType<typeof createAutoArchive>;

const DAY_MS = 24 * 3_600_000;
/** As many as a message has buttons for; the others are announced another day. */
const MOST = 8;

/** `told`: when each session was announced, by its id. `spoken`: when each place was last spoken to. ISO-8601 UTC. */
const file = z.looseObject({
  version: z.literal(1),
  told: z.record(z.string(), z.iso.datetime()),
  spoken: z.record(z.string(), z.iso.datetime()),
});
type Kept = z.infer<typeof file>;

/** Makes it; `check` is to be called now and then. */
export function createAutoArchive(deps: AutoArchiveDeps) {
  const { now, afterMs, callbacks, logger } = deps;
  let known: Kept | undefined;
  let checking: Promise<void> | undefined;
  /** Whose failure was told: that is said once a life. */
  const failed = new Set<string>();

  async function load(): Promise<Kept> {
    const read = await readJson(deps.path, file);
    // Without it everything is announced once more: a day later, nothing lost.
    if (!read.ok && read.kind !== "absent")
      logger.warn({ detail: read.detail }, "housekeeping.json is unreadable");
    return read.ok ? read.value : { version: 1, told: {}, spoken: {} };
  }

  const ageMs = (iso: string | undefined): number =>
    iso === undefined ? Number.POSITIVE_INFINITY : now().getTime() - Date.parse(iso);

  /** When it was announced, if it was not used since. */
  const toldAt = ({ id, updatedAt }: Session): string | undefined => {
    const at = known?.told[id];
    return at !== undefined && at > updatedAt ? at : undefined;
  };

  /** Sessions about which something is still to be decided. */
  const openNow = (): ReadonlySet<string> =>
    new Set(deps.journal.unfinished().flatMap(({ sessionId }) => sessionId ?? []));

  function isBusy({ id }: Session): boolean {
    return deps.turns.isRunning(id) || deps.turns.waiting(id) > 0;
  }

  /** Whether it was unused for so long, in a terminal too, and nothing about it is open. */
  async function isUnused(session: Session, ms: number, open: ReadonlySet<string>): Promise<boolean> {
    if (
      session.isPinned ||
      session.terminal ||
      open.has(session.id) ||
      isBusy(session) ||
      ageMs(session.updatedAt) < ms
    )
      return false;
    const grewAt = await deps.recordChangedAt(session);
    return ageMs(grewAt?.toISOString()) >= ms;
  }

  /** Those that were announced a day ago and are still unused go. */
  async function archive(due: readonly Session[]): Promise<void> {
    const gone = new Map<string, { place: Place; sessions: Session[] }>();
    for (const { id } of due) {
      // Those before it took their time: in it, this one may have been used, kept or archived.
      const session = deps.sessions.get(id);
      if (session === undefined || toldAt(session) === undefined) continue;
      if (!(await isUnused(session, afterMs, openNow()))) continue;
      const outcome = await deps.archiving.archive(session);
      const place = homeOf(session);
      if (outcome.ok) {
        const key = placeKey(place);
        const at = gone.get(key) ?? { place, sessions: [] };
        at.sessions.push(session);
        gone.set(key, at);
      } else if (outcome.failure.kind !== "busy" && !failed.has(session.id)) {
        failed.add(session.id);
        callbacks.failed(place, session, outcome.failure);
      }
    }
    for (const { place, sessions } of gone.values()) callbacks.archived(place, sessions);
  }

  async function announce(session: readonly Session[]): Promise<void> {
    const places = new Map<string, Session[]>();
    for (const one of session) {
      const key = placeKey(homeOf(one));
      places.set(key, [...(places.get(key) ?? []), one]);
    }
    for (const [key, here] of places) {
      const [first] = here;
      if (first === undefined || ageMs(known?.spoken[key]) < DAY_MS) continue;
      const told = here.slice(0, MOST);
      // Told first: what is written down and was not told would go unannounced.
      if (!(await callbacks.announce(homeOf(first), told))) continue;
      const at = now().toISOString();
      await save({
        told: { ...known?.told, ...Object.fromEntries(told.map(({ id }) => [id, at])) },
        spoken: { ...known?.spoken, [key]: at },
      });
    }
  }

  async function save({ told, spoken }: Pick<Kept, "told" | "spoken">): Promise<void> {
    const live = Object.entries(told).filter(([id]) => deps.sessions.get(id) !== undefined);
    known = { version: 1, told: Object.fromEntries(live), spoken };
    // Without room for it they are announced once more by the next life.
    await orDiskFull(() => writeJson(deps.path, known));
  }

  async function check(): Promise<void> {
    known ??= await load();
    const open = openNow();
    const due: Session[] = [];
    const fresh: Session[] = [];
    for (const session of deps.all()) {
      const at = toldAt(session);
      if (at !== undefined && ageMs(at) < DAY_MS) continue;
      if (!(await isUnused(session, at === undefined ? afterMs - DAY_MS : afterMs, open))) continue;
      (at === undefined ? fresh : due).push(session);
    }
    await archive(due);
    await announce(fresh);
  }

  return {
    /** Archives what is due, announces what will be; one check at a time. */
    check(): Promise<void> {
      if (afterMs === 0) return Promise.resolve();
      checking ??= check().finally(() => (checking = undefined));
      return checking;
    },

    /** Which sessions of a place were announced and were not used since. */
    announced: (place: Place): Session[] =>
      deps
        .all()
        .filter(
          (one) => placeKey(homeOf(one)) === placeKey(place) && toldAt(one) !== undefined && !one.isPinned,
        ),

    /** Keeps a session: for as long again, or for good. False if the disk is full or it is gone. */
    async keep(session: Session, isForGood: boolean): Promise<boolean> {
      // A change of nothing is a use: its time begins anew.
      return (await deps.sessions.update(session.id, isForGood ? { isPinned: true } : {})).ok;
    },
  };
}
