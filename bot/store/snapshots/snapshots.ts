/**
 * Snapshots of the folders that sessions work in: taken, compared, and files put
 * back from them. It promises that work on one session's snapshots happens in
 * order, and that what goes wrong is a value. It does not know turns.
 */
import { lstat, opendir, realpath } from "node:fs/promises";
import { relative } from "node:path";
import { createLanes } from "../lanes.ts";
import { orDiskFull } from "../disk.ts";
import { isWithin } from "../within.ts";
import { type Change, changesBetween, diffBetween } from "./changes.ts";
import type { Git, GitResult } from "./git.ts";
import { type Ground, type GroundRequest, groundOf, openGround, type Surroundings } from "./ground.ts";
import { keep, type KeptTrees, prune } from "./keep.ts";
import { lookAt, type PutBack, putBack, type Step, type StepState } from "./put-back.ts";
import { type SnapshotResult, take } from "./take.ts";

/** One step did not come about; `no_git`: the program is not there. */
export interface GitFault {
  readonly ok: false;
  readonly kind: (GitResult & { ok: false })["kind"] | "disk_full";
  readonly detail: string;
}

/** Git knows it by heart, in every repository. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** Makes them. */
export function createSnapshots(around: Surroundings) {
  const lanes = createLanes();
  /** The last tree of each store, while this process knows that the ground's index holds it. */
  const trees = new Map<string, string>();

  /** Work in a store, one after the other; a full disk is a value. */
  async function work<T>(ground: Ground, step: (git: Git) => Promise<T>): Promise<T | GitFault> {
    return lanes(ground.store, async () => {
      const done = await orDiskFull(async (): Promise<{ value: T } | GitFault> => {
        const opened = await openGround(ground, around);
        if (!("git" in opened)) return opened;
        if (opened.isNew) trees.delete(ground.store);
        return { value: await step(opened.git) };
      });
      if ("value" in done) return done.value;
      return "detail" in done ? done : { ok: false, kind: "disk_full", detail: done.code };
    });
  }

  return {
    /** Where a session's snapshots are of; undefined if its folder is gone. */
    async groundOf(request: GroundRequest): Promise<Ground | undefined> {
      const cwd = await realpath(request.cwd).catch(() => undefined);
      return cwd === undefined ? undefined : groundOf({ ...request, cwd });
    },

    /** Takes one. */
    async take(ground: Ground, timeoutMs: number): Promise<SnapshotResult> {
      // A session in which there is only talk: no process is started for its folder, however often.
      if (await isEmpty(ground.top)) return { ok: true, snapshot: { tree: EMPTY_TREE, leftOut: [] } };
      const taken = await work(ground, async (git) => {
        const result = await take(git, ground, { last: trees.get(ground.store), timeoutMs });
        if (result.ok) trees.set(ground.store, result.snapshot.tree);
        else trees.delete(ground.store);
        return result;
      });
      if (taken.ok || taken.kind === "no_git" || taken.kind === "too_many" || taken.kind === "timed_out")
        return taken as SnapshotResult;
      return { ok: false, kind: "failed", detail: taken.detail };
    },

    /** What differs between two of them. */
    changes: (
      ground: Ground,
      { before, after }: KeptTrees,
    ): Promise<{ ok: true; changes: Change[] } | GitFault> =>
      work(ground, (git) => changesBetween(git, before, after)),

    /** Which of `paths`, absolute, are files that the snapshot has not, though they lie on its ground. */
    async lacks(ground: Ground, tree: string, paths: readonly string[]): Promise<string[]> {
      const asked: string[] = [];
      for (const path of paths) {
        const stats = await lstat(path).catch(() => undefined);
        if (stats?.isFile() && isWithin(path, ground.top) && !path.includes("\n")) asked.push(path);
      }
      if (asked.length === 0) return [];
      const input = asked.map((path) => `${tree}:${relative(ground.top, path)}\n`).join("");
      const known = await work(ground, (git) => git(["cat-file", "--batch-check=%(objecttype)"], { input }));
      const words = known.ok ? known.stdout.toString("utf8").split("\n") : [];
      return asked.filter((_, at) => words[at]?.endsWith(" missing"));
    },

    /** The same as a text in git's form; more than `maxBytes` is `too_big`. */
    diff: (ground: Ground, { before, after }: KeptTrees, maxBytes: number): Promise<GitResult | GitFault> =>
      work(ground, (git) => diffBetween(git, before, after, maxBytes)),

    /** Keeps both under a turn's name, and lets go of the oldest. */
    keep: (ground: Ground, updateId: number, both: KeptTrees): Promise<GitResult | GitFault> =>
      work(ground, async (git) => {
        const kept = await keep(git, updateId, both);
        if (kept.ok) await prune(git);
        return kept;
      }),

    /** Which of the steps can be done. */
    look: async (ground: Ground, steps: readonly Step[]): Promise<{ step: Step; state: StepState }[]> => {
      const looked: { step: Step; state: StepState }[] = [];
      for (const step of steps) looked.push({ step, state: await lookAt(ground.top, step) });
      return looked;
    },

    /** Does the steps that can be done. */
    putBack: (ground: Ground, steps: readonly Step[], sinceMs: number): Promise<PutBack | GitFault> =>
      work(ground, (git) => putBack(git, ground.top, steps, { sinceMs, umask: around.umask })),
  };
}

/** Whether nothing at all is in the folder; false for one that cannot be read. */
async function isEmpty(path: string): Promise<boolean> {
  const folder = await opendir(path).catch(() => undefined);
  if (folder === undefined) return false;
  try {
    return (await folder.read()) === null;
  } finally {
    await folder.close();
  }
}
