/**
 * What turns changed, and the way back: watched while they run, shown, undone
 * and redone when the person says so. It promises to touch only files that are
 * still as the turn left them, and never while a turn of the session runs. It
 * does not know the chat.
 */
import type { Logger } from "../../logger.ts";
import { writeFileDurably } from "../../store/json-file.ts";
import type { Paths } from "../../store/paths.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import type { Ground } from "../../store/snapshots/ground.ts";
import type { Step } from "../../store/snapshots/put-back.ts";
import type { createSnapshots } from "../../store/snapshots/snapshots.ts";
import { relative, resolve } from "node:path";
import type { NoWay, Place } from "../view.ts";
import { findRecorded, type Recorded } from "./record.ts";
import { type Watch, watchChanges } from "./watch.ts";

export interface ChangesDeps {
  readonly snapshots: ReturnType<typeof createSnapshots>;
  /** `auto`: in git repositories, in the session's own folder, and where the person wished it. */
  readonly mode: "off" | "auto";
  readonly sessions: SessionManager;
  readonly paths: Paths;
  readonly now: () => Date;
  readonly logger: Logger;
}

export type TurnChanges = ReturnType<typeof createChanges>;

/** Back to what was before the turn, or forth again. */
export type Way = "undo" | "redo";

/** One file of a way. `becomes`: what happens to it. */
export interface PlannedFile {
  readonly path: string;
  readonly becomes: "made" | "changed" | "removed";
}

/** What a way would do now. `changed`: not as the turn left it, so it stays. */
export interface WayPlan {
  readonly ready: readonly PlannedFile[];
  readonly done: readonly PlannedFile[];
  readonly changed: readonly PlannedFile[];
}

/** What a way did. */
export interface WayResult {
  readonly done: readonly string[];
  readonly changed: readonly string[];
  readonly failed: readonly string[];
}

export type WayFault = { readonly ok: false; readonly kind: "expired" | "failed" };

/** The text of what changed: itself where it is short, else our copy of it. */
export type DiffText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly kind: "expired" | "too_big" | "failed" };

const SHORT_BYTES = 3_400;
const MOST_DIFF_BYTES = 20 * 1024 * 1024;
/** So many are told to the model. */
const MOST_TOLD = 20;

/** Makes it. */
export function createChanges(deps: ChangesDeps) {
  const { snapshots, sessions, paths, logger } = deps;

  /** Where snapshots of a session may be kept; or why there are none. */
  async function groundFor(session: Session): Promise<Ground | NoWay> {
    if (deps.mode === "off") return "off";
    const { workspace, snapshots: store } = paths.session(session.folder);
    const ground = await snapshots.groundOf({
      store,
      cwd: session.cwd,
      ceilings: [paths.folders.sessions],
    });
    if (ground === undefined) return "failed";
    const isWished = session.cwd === workspace || session.keepSnapshots === true;
    return ground.repository !== undefined || isWished ? ground : "no_repository";
  }

  /** What a turn recorded, with both snapshots. */
  function kept({ session, file }: Recorded) {
    const { top, before, after } = file;
    if (top === undefined || before === undefined || after === undefined) return undefined;
    const store = paths.session(session.folder).snapshots;
    return { ground: { store, top }, trees: { before, after }, sinceMs: Date.parse(file.startedAt) };
  }

  async function stepsOf(recorded: Recorded, way: Way) {
    const known = kept(recorded);
    if (known === undefined) return { ok: false, kind: "expired" } as const;
    const found = await snapshots.changes(known.ground, known.trees);
    // Let go of, or lost with an archive: git has no such tree.
    if (!found.ok) return { ok: false, kind: found.kind === "failed" ? "expired" : "failed" } as const;
    const steps = found.changes.map(({ path, before, after }): Step => {
      return way === "undo" ? { path, from: after, to: before } : { path, from: before, to: after };
    });
    return { ok: true, ...known, steps } as const;
  }

  return {
    /** Watches a turn that begins, or that an earlier life began; `gone` resolves when its processes are. */
    watch(turn: { session: Session; updateId: number; isAdopted: boolean; gone: Promise<void> }): Watch {
      const { session, updateId, isAdopted, gone } = turn;
      return watchChanges({
        snapshots,
        session,
        updateId,
        isAdopted,
        gone,
        files: paths.turn(session.folder, updateId),
        ground: () => groundFor(session),
        now: deps.now,
        onFault: (fault) => logger.warn({ updateId, ...fault }, "what a turn changed is not wholly known"),
      });
    },

    /** The turn that a button names. */
    find: (place: Pick<Place, "chatId">, key: string) => findRecorded(deps, place, key),

    /** The text of what a turn changed. */
    async diff(recorded: Recorded): Promise<DiffText> {
      const { diff } = paths.turn(recorded.session.folder, recorded.updateId);
      const known = kept(recorded);
      if (known === undefined)
        return recorded.file.noWay === undefined ? { ok: false, kind: "expired" } : { ok: true, path: diff };
      const made = await snapshots.diff(known.ground, known.trees, MOST_DIFF_BYTES);
      if (!made.ok)
        return {
          ok: false,
          kind: made.kind === "too_big" ? "too_big" : made.kind === "failed" ? "expired" : "failed",
        };
      if (made.stdout.length <= SHORT_BYTES) return { ok: true, text: made.stdout.toString("utf8") };
      await writeFileDurably(diff, made.stdout);
      return { ok: true, path: diff };
    },

    /** What a way would do, as things are now. */
    async plan(recorded: Recorded, way: Way): Promise<({ ok: true } & WayPlan) | WayFault> {
      const steps = await stepsOf(recorded, way);
      if (!steps.ok) return steps;
      const looked = await snapshots.look(steps.ground, steps.steps);
      const of = (wanted: string): PlannedFile[] =>
        looked.flatMap(({ step, state }) => {
          if (state !== wanted) return [];
          const path = relative(recorded.session.cwd, resolve(steps.ground.top, step.path));
          return {
            path,
            becomes: step.to === undefined ? "removed" : step.from === undefined ? "made" : "changed",
          };
        });
      return { ok: true, ready: of("ready"), done: of("done"), changed: of("changed") };
    },

    /** Goes a way, and leaves word of it for the model. Only while no turn of the session runs. */
    async go(recorded: Recorded, way: Way): Promise<({ ok: true } & WayResult) | WayFault> {
      const steps = await stepsOf(recorded, way);
      if (!steps.ok) return steps;
      const went = await snapshots.putBack(steps.ground, steps.steps, steps.sinceMs);
      if ("ok" in went) {
        logger.warn({ updateId: recorded.updateId, ...went }, "what a turn changed cannot be undone");
        return { ok: false, kind: "failed" };
      }
      const named = (paths: readonly string[]): string[] =>
        paths.map((path) => relative(recorded.session.cwd, resolve(steps.ground.top, path)));
      const { updateId, session } = recorded;
      const files = named(went.done).slice(0, MOST_TOLD);
      if (files.length > 0) await sessions.update(session.id, { undone: { updateId, way, files } });
      return { ok: true, done: named(went.done), changed: named(went.changed), failed: named(went.failed) };
    },

    /** Keeps snapshots in this session from its next turn on, though it works in no git repository. */
    async keepHere(session: Session): Promise<boolean> {
      return (await sessions.update(session.id, { keepSnapshots: true })).ok;
    },
  };
}
