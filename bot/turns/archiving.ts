/**
 * A session into the archive and back, together with the CLI's own record of it.
 * It promises that this happens only while nothing of the session runs, and that
 * the CLI's files are copied, never moved, and never written over.
 */
import { readdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { listTranscriptFiles, transcriptPath } from "../claude/transcript.ts";
import type { Logger } from "../logger.ts";
import type { Archives } from "../store/archive/archive.ts";
import type { PlaceFiles, Source } from "../store/archive/restore.ts";
import type {
  ArchiveInfo,
  ClaudeFile,
  PackFailure,
  PackResult,
  RestoreFailure,
  RestoreResult,
} from "../store/archive/types.ts";
import { readJson, type ReadResult, writeJson } from "../store/json-file.ts";
import { createLanes } from "../store/lanes.ts";
import type { Paths } from "../store/paths.ts";
import { publishFile } from "../store/publish-file.ts";
import type { SessionManager } from "../store/session-manager.ts";
import { type Place, type Session, sessionSchema } from "../store/session.ts";
import type { Turns } from "./turns.ts";

export interface ArchivingDeps {
  readonly archives: Pick<Archives, "pack" | "restore" | "restoreFrom">;
  readonly sessions: SessionManager;
  readonly turns: Pick<Turns, "exclusive" | "release"> & {
    readonly terminal: Pick<Turns["terminal"], "stalled" | "look">;
  };
  readonly paths: Paths;
  readonly logger: Logger;
  /** The CLI's own folder (`~/.claude`); undefined where the environment names none. */
  readonly configDir: string | undefined;
}

/**
 * Something of it runs or waits; `kept` messages wait for the person's word about its conversation at a terminal;
 * `openIn` are processes of theirs that work in its own folder, which would go.
 */
export interface Busy {
  readonly kind: "busy";
  readonly kept: number;
  readonly openIn: readonly number[];
}

export type ArchiveOutcome =
  | { ok: true; archive: ArchiveInfo; skipped: number }
  | { ok: false; failure: PackFailure | Busy };
export type RestoreOutcome = { ok: true; session: Session } | { ok: false; failure: RestoreFailure };

/** What a session shall be that comes out of a tarball; it is written down before the session is there. */
export type Reshape = (
  read: Session,
) => Promise<{ ok: true; session: Session } | { ok: false; failure: RestoreFailure }>;

export type Archiving = ReturnType<typeof createArchiving>;

/** Makes the verbs. */
export function createArchiving(deps: ArchivingDeps) {
  const { archives, sessions, paths, configDir, logger } = deps;
  /** Two that unpack into one folder would break each other. */
  const restoring = createLanes();

  async function pack(id: string, onLeft: () => void): Promise<PackResult> {
    // As it is now: what the caller saw was before the lane's wait.
    const session = sessions.get(id);
    if (session === undefined) return { ok: false, failure: { kind: "absent" } };
    const places = sessions.placesOf(id);
    let isPacked = false;
    try {
      // The state is part of what is packed: a tarball holds an archived session.
      const ended = await terminate(session);
      if (!ended.ok)
        return { ok: false, failure: { kind: ended.kind === "disk_full" ? "disk_full" : "absent" } };
      onLeft();
      const packed = await archives.pack(summaryOf(ended.session), await claudeFiles(ended.session));
      isPacked = packed.ok;
      if (isPacked) await sessions.forget(id);
      return packed;
    } finally {
      if (!isPacked) await putBack(session, places);
    }
  }

  /** One that is terminated already could not be put back the last time. */
  async function terminate(session: Session) {
    if (session.state === "terminated") return { ok: true, session } as const;
    return sessions.transition(session.id, "terminated");
  }

  /** Makes it as it was before: current where it was, unless something else is by now. */
  async function putBack({ id, folder }: Session, places: readonly Place[]): Promise<void> {
    if (sessions.get(id)?.state !== "terminated") return;
    const paused = await sessions.transition(id, "paused");
    if (!paused.ok)
      return logger.warn({ session: id, folder, kind: paused.kind }, "a session stays terminated");
    for (const place of places) {
      const current = sessions.current(place);
      if (current !== undefined && current.id !== id) continue;
      const back = await sessions.makeCurrent(place, id);
      // What was written meanwhile found no session there.
      if (back.ok) await deps.turns.release(place, id);
    }
  }

  function logFailure(failure: PackFailure | RestoreFailure, folder: string, message: string): void {
    const detail = "detail" in failure ? { detail: failure.detail } : {};
    logger.warn({ folder, kind: failure.kind, ...detail }, message);
  }

  /** Those of the person's that have its conversation open, and its own folder under their feet. */
  async function holdersOf(id: string): Promise<readonly number[]> {
    const session = sessions.get(id);
    if (session === undefined || session.cwd !== paths.session(session.folder).workspace) return [];
    // Also those beside which it may go on.
    const at = await deps.turns.terminal.look({ ...session, beside: [] });
    return at?.holders.map(({ pid }) => pid) ?? [];
  }

  async function claudeFiles({ claudeSessionId, cwd }: Session): Promise<ClaudeFile[]> {
    if (configDir === undefined) return [];
    const files = await listTranscriptFiles({ configDir, cwd, claudeSessionId });
    const [transcript] = files;
    if (transcript === undefined) return [];
    return files.map((from) => ({ from, as: relative(dirname(transcript), from) }));
  }

  /** Copies what the archive holds of the CLI's files to where the CLI looks for them. */
  async function place({ claudeSessionId, cwd }: Session, claudeDir: string): Promise<void> {
    if (configDir === undefined) return;
    const target = dirname(await transcriptPath({ configDir, cwd, claudeSessionId }));
    const entries = await readdir(claudeDir, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const from = join(entry.parentPath, entry.name);
      const name = relative(claudeDir, from);
      // Nothing of another conversation, nor of what the CLI keeps for the whole folder, such as its memory.
      if (name !== `${claudeSessionId}.jsonl` && !name.startsWith(claudeSessionId + sep)) continue;
      // What is there already is the same or newer: the conversation may have gone on at the desk.
      await publishFile(from, join(target, name));
    }
  }

  async function bringBack(
    folder: string,
    restore: (place: PlaceFiles) => Promise<RestoreResult>,
    reshape: Reshape = async (session) => ({ ok: true, session }),
  ): Promise<RestoreOutcome> {
    const restored = await restore(async (root) => {
      const file = join(root, "session.json");
      const read = await readJson(file, sessionSchema);
      if (!read.ok) return unreadable(read);
      const changed = await reshape(read.value);
      if (!changed.ok) return changed.failure;
      if (sessions.byClaudeSession(changed.session.claudeSessionId)) return { kind: "goes_on" };
      if (changed.session !== read.value) await writeJson(file, changed.session);
      await place(changed.session, join(root, "claude"));
      return undefined;
    });
    if (!restored.ok) {
      logFailure(restored.failure, folder, "a session was not restored");
      return restored;
    }
    const read = await readJson(paths.session(folder).file, sessionSchema);
    if (!read.ok) return { ok: false, failure: { kind: "damaged", detail: read.detail } };
    const { session } = await sessions.adopt(read.value);
    const paused = await sessions.transition(session.id, "paused");
    return { ok: true, session: paused.ok ? paused.session : session };
  }

  return {
    /** Archives a session, unless something of it runs, waits or is still to be decided; `onLeft` when it is current nowhere any more. */
    async archive(session: Session, onLeft: () => void = () => {}): Promise<ArchiveOutcome> {
      const { exclusive, terminal } = deps.turns;
      const busy = (openIn: readonly number[] = []): Busy => ({
        kind: "busy",
        kept: terminal.stalled(session.id),
        openIn,
      });
      const packed = await (exclusive(session.id, async () => {
        const failure = busy(await holdersOf(session.id));
        return failure.kept > 0 || failure.openIn.length > 0 ? failure : pack(session.id, onLeft);
      }) ?? busy());
      if ("kind" in packed) return { ok: false, failure: packed };
      if (!packed.ok) {
        logFailure(packed.failure, session.folder, "a session was not archived");
        return packed;
      }
      return { ok: true, archive: packed.archive, skipped: packed.skipped.length };
    },

    /** Brings a session back, paused, under its old name; in its own workspace, wherever the data folders lie by now. */
    restore: (folder: string): Promise<RestoreOutcome> =>
      restoring(folder, () =>
        bringBack(
          folder,
          (placeFiles) => archives.restore(folder, placeFiles),
          async (read) => {
            const { workspace } = paths.session(folder);
            const isOwn = read.cwd.endsWith(`/${folder}/workspace`);
            return {
              ok: true,
              session: isOwn && read.cwd !== workspace ? { ...read, cwd: workspace } : read,
            };
          },
        ),
      ),

    /** Makes a session of a tarball that lies elsewhere; `reshape` makes of what it holds what the session shall be. */
    restoreFrom: (source: Source, reshape: Reshape): Promise<RestoreOutcome> =>
      restoring(source.folder, () =>
        bringBack(source.folder, (placeFiles) => archives.restoreFrom(source, placeFiles), reshape),
      ),
  };
}

/** A session in it that this version does not know, or that is none. */
function unreadable(read: ReadResult<Session> & { ok: false }): RestoreFailure {
  const { kind, detail } = read;
  if (kind === "newer") return { kind, version: Number(/\d+/.exec(detail)?.[0] ?? 0) };
  return { kind: "damaged", detail: `session.json: ${detail}` };
}

function summaryOf(session: Session) {
  const { folder, id, name, persona, chatId, threadId, createdAt, lastTurn, totals } = session;
  return {
    folder,
    id,
    name,
    persona,
    chatId,
    createdAt,
    totals: { ...totals },
    ...(threadId === undefined ? {} : { threadId }),
    ...(lastTurn === undefined ? {} : { lastTurn }),
  };
}
