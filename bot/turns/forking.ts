/**
 * A copy of a session that goes its own way, from where its conversation is now
 * or from an earlier answer. Promises that the session it is a copy of is not
 * touched, that the copy holds all it needs from its beginning, and that a fork
 * which a crash interrupted is made when its update comes again. It does not
 * know the chat.
 */
import { rm } from "node:fs/promises";
import { copyLines } from "../claude/transcript-parts.ts";
import { copyTrees } from "../store/copy-tree.ts";
import { type DiskFull, orDiskFull } from "../store/disk.ts";
import type { Paths } from "../store/paths.ts";
import type { CreateResult } from "../store/session-maker.ts";
import type { SessionManager, UpdateResult } from "../store/session-manager.ts";
import type { Place, Session } from "../store/session.ts";
import { branchPoint, type BranchPoint, lastBranchPoint } from "./branch-point.ts";

export interface ForkingDeps {
  readonly sessions: SessionManager;
  readonly paths: Paths;
  /** The CLI's own folder (`~/.claude`); undefined where the environment names none. */
  readonly configDir: string | undefined;
  /** Whether the installed CLI can fork; undefined where there is none. */
  readonly canFork: () => Promise<boolean | undefined>;
  readonly turns: { isRunning(sessionId: string): boolean };
}

/** What is to be forked. `at`: the turn after whose answer the copy begins; without it, where the conversation is now. */
export interface ForkWish {
  readonly session: Session;
  readonly at?: number;
  readonly name?: string;
  readonly place: Place;
  readonly createdBy: number;
  readonly originUpdateId: number;
  /** The message whose button asks for it: a second press finds the copy that the first one made, as long as there is that. */
  readonly originMessageId?: number;
}

export type ForkFailure =
  | DiskFull
  /** Nothing was said yet, or the CLI's record is not there. */
  | { readonly ok: false; readonly kind: "no_history" }
  /** A turn runs, and none before it was answered. */
  | { readonly ok: false; readonly kind: "first_runs" }
  /** That answer is in no record any more. */
  | { readonly ok: false; readonly kind: "answer_gone" }
  | { readonly ok: false; readonly kind: "history_too_big" | "files_too_big" }
  | { readonly ok: false; readonly kind: "cli_cannot" };

/** `isBeforeRunning`: a turn runs, and the copy begins before it. `files`: how many of the session's own were copied; undefined where both work in one folder. `isEarlier`: another press made it. */
export type ForkOutcome =
  | {
      readonly ok: true;
      readonly session: Session;
      readonly files: number | undefined;
      readonly isBeforeRunning: boolean;
      readonly isEarlier?: true;
    }
  | ForkFailure;

export type Forking = ReturnType<typeof createForking>;

const MOST_HISTORY_BYTES = 256 * 1024 * 1024;
const MOST_FILES = { maxBytes: 1024 * 1024 * 1024, maxEntries: 50_000 };

const FAULTS = { cut_missing: "answer_gone", too_big: "history_too_big" } as const;

/** Makes the one verb. */
export function createForking(deps: ForkingDeps) {
  const { sessions, paths } = deps;

  async function fill(
    made: Session,
    from: Session,
    point: BranchPoint,
    isFromNow: boolean,
  ): Promise<{ ok: true; session: Session; files: number | undefined } | ForkFailure> {
    const [old, own] = [paths.session(from.folder), paths.session(made.folder)];
    // Of a try that was killed.
    await rm(own.fork, { force: true });
    const history = await orDiskFull(() =>
      copyLines(point.transcript, own.fork, { cut: point.at, maxBytes: MOST_HISTORY_BYTES }),
    );
    if (!history.ok) return "code" in history ? history : { ok: false, kind: FAULTS[history.kind] };
    const isOwn = from.cwd === old.workspace;
    const pairs = [
      ...(isOwn ? ([[old.workspace, own.workspace]] as const) : []),
      [old.uploads, own.uploads] as const,
      // Notes have no date: an earlier answer knew none that came after it.
      ...(isOwn && isFromNow ? ([[old.memory, own.memory]] as const) : []),
    ];
    const copied = await copyTrees(pairs, MOST_FILES);
    if (!copied.ok) return copied.kind === "too_big" ? { ok: false, kind: "files_too_big" } : copied;
    const updated = await sessions.update(made.id, {
      forkOf: {
        claudeSessionId: point.claudeSessionId,
        ...(point.at === undefined ? {} : { at: point.at }),
        // Where they lay that the history speaks of: a copy that has not spoken has another's.
        ...(isOwn ? { workspace: from.forkOf?.workspace ?? old.workspace } : {}),
      },
      // What the model was not told yet.
      ...(from.undone === undefined ? {} : { undone: from.undone }),
      ...(from.cutOff === undefined || point.at !== undefined ? {} : { cutOff: from.cutOff }),
    });
    if (!updated.ok) return fullDisk(updated);
    return { ok: true, session: updated.session, files: isOwn ? copied.files : undefined };
  }

  return {
    async fork(wish: ForkWish): Promise<ForkOutcome> {
      const { session, name, place, createdBy, originUpdateId, originMessageId } = wish;
      const earlier = madeBefore(wish);
      if (earlier !== undefined)
        return { ok: true, session: earlier, files: undefined, isBeforeRunning: false, isEarlier: true };
      if ((await deps.canFork()) === false) return { ok: false, kind: "cli_cannot" };
      const isRunning = deps.turns.isRunning(session.id);
      const isBeforeRunning = isRunning && wish.at === undefined;
      const point = await (isBeforeRunning
        ? lastBranchPoint(deps, session)
        : branchPoint(deps, session, wish.at));
      if (point === undefined && isBeforeRunning) return { ok: false, kind: "first_runs" };
      if (point === undefined)
        return { ok: false, kind: wish.at === undefined ? "no_history" : "answer_gone" };
      const { model, effort, permissionMode, allowRules } = session;
      const made = await sessions.create({
        name: name ?? `${session.name} (fork)`,
        persona: session.persona,
        ...(session.cwd === paths.session(session.folder).workspace ? {} : { cwd: session.cwd }),
        place,
        createdBy,
        originUpdateId,
        given: {
          ...(model === undefined ? {} : { model }),
          ...(effort === undefined ? {} : { effort }),
          ...(permissionMode === undefined ? {} : { permissionMode }),
          ...(allowRules === undefined ? {} : { allowRules }),
          ...(originMessageId === undefined ? {} : { originMessageId }),
        },
      });
      if (!made.ok) return fullDisk(made);
      // It was made before, and whole, or has spoken already.
      if (isWhole(made.session))
        return { ok: true, session: made.session, files: undefined, isBeforeRunning: false };
      const filled = await fill(made.session, session, point, wish.at === undefined);
      if (!filled.ok) {
        await discard(made.session);
        return filled;
      }
      return { ...filled, isBeforeRunning };
    },
  };

  /** What another press of the same button has made. */
  function madeBefore({ place, originUpdateId, originMessageId }: ForkWish): Session | undefined {
    if (originMessageId === undefined) return undefined;
    return sessions
      .list(place.chatId)
      .find(
        (one) =>
          one.originMessageId === originMessageId && one.originUpdateId !== originUpdateId && isWhole(one),
      );
  }

  /** Nobody has seen it yet. */
  async function discard({ id, folder }: Session): Promise<void> {
    await sessions.forget(id);
    await rm(paths.session(folder).root, { recursive: true, force: true });
  }
}

/** Whether a copy has all that it begins with, or has spoken since. */
function isWhole({ forkOf, totals }: Session): boolean {
  return forkOf !== undefined || totals.turns > 0;
}

function fullDisk(refused: CreateResult | UpdateResult): DiskFull {
  if ("code" in refused) return refused;
  throw new Error("a copy of a session cannot be one");
}
