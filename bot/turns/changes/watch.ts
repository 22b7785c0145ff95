/**
 * What one turn changes: a snapshot while its process starts, another when it
 * has answered, or is gone, and what lies between. Where no snapshot can be, what
 * its tools said. It promises that no word waits for a snapshot, and that an answer
 * waits a moment at most. It does not know what is done with the changes.
 */
import { rm } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { isWithin } from "../../store/within.ts";
import type { Ground } from "../../store/snapshots/ground.ts";
import type { KeptTrees } from "../../store/snapshots/keep.ts";
import type { createSnapshots } from "../../store/snapshots/snapshots.ts";
import type { LeftOut, SnapshotResult } from "../../store/snapshots/take.ts";
import { writeFileDurably } from "../../store/json-file.ts";
import type { TurnPaths } from "../../store/paths.ts";
import type { Session } from "../../store/session.ts";
import { CHAT_TOOLS_RULE } from "../chat-tools/chat-tools.ts";
import type { Listener } from "../follow.ts";
import type { ChangedFile, Changes, NoWay, TurnView } from "../view.ts";
import { changedBetween, changedFile, changesOf } from "./differences.ts";
import { type ChangesFile, readRecord, turnKey, writeRecord } from "./record.ts";
import { createToolEdits } from "./tool-edits.ts";

export interface WatchOptions {
  readonly snapshots: ReturnType<typeof createSnapshots>;
  readonly session: Pick<Session, "id" | "cwd">;
  readonly updateId: number;
  readonly files: TurnPaths;
  /** Where snapshots may be kept, and of what; or why there are none. */
  readonly ground: () => Promise<Ground | NoWay>;
  /** An earlier life began it, and took the first snapshot if there is one. */
  readonly isAdopted: boolean;
  /** Resolves when its process is gone, and all that it started. */
  readonly gone: Promise<void>;
  readonly now: () => Date;
  readonly onFault: (detail: {
    readonly step: string;
    readonly kind: string;
    readonly detail: string;
  }) => void;
}

/** A turn that is watched. */
export interface Watch {
  readonly listen: Listener;
  /** The view with what the turn changed. Never rejects. */
  complete(view: TurnView): Promise<TurnView>;
  /** Resolves when nothing is written any more. */
  settled(): Promise<void>;
}

/** The first snapshot of a large folder may take its time: nobody waits for it. The second one, an answer waits for. */
const BEFORE_MS = 30_000;
const AFTER_MS = 2_500;

/** Tools of the CLI that change no file. What is not here may. */
const READERS = new Set(
  "Read Glob Grep LS NotebookRead WebFetch WebSearch TodoWrite TodoRead ToolSearch AskUserQuestion EnterPlanMode ExitPlanMode BashOutput TaskOutput KillShell KillBash TaskStop ListMcpResourcesTool ReadMcpResourceTool Skill Agent Task".split(
    " ",
  ),
);
const isReader = (name: string): boolean => READERS.has(name) || name.startsWith(`${CHAT_TOOLS_RULE}__`);

interface Before {
  readonly ground: Ground;
  readonly tree: string;
  readonly leftOut: readonly LeftOut[];
}

/** Begins: the first snapshot is on its way when this returns. */
export function watchChanges(options: WatchOptions): Watch {
  const { snapshots, session, updateId, files, now, onFault } = options;
  const id = turnKey(session, updateId);
  const edits = createToolEdits();
  let startedAt = now().toISOString();
  let mayHaveChanged = options.isAdopted;
  let isLate = false;
  let isOver = false;
  let isWritten = false;
  let last: Promise<unknown> = Promise.resolve();
  const before: Promise<Before | NoWay> = (options.isAdopted ? recall() : begin()).catch((error: unknown) => {
    onFault({ step: "before", kind: "failed", detail: String(error) });
    return "failed" as const;
  });
  let isTaken = false;
  const written = writeDown().catch((error: unknown) =>
    onFault({ step: "write", kind: "failed", detail: String(error) }),
  );

  const record = (more: Partial<ChangesFile>): Promise<void> =>
    writeRecord(files.changes, { version: 1, updateId, startedAt, ...more });

  async function begin(): Promise<Before | NoWay> {
    const ground = await options.ground();
    if (typeof ground === "string") return ground;
    const taken = await snapshots.take(ground, BEFORE_MS);
    return taken.ok ? { ground, ...taken.snapshot } : noWayOf(taken);
  }

  /** What an earlier life wrote down. */
  async function recall(): Promise<Before | NoWay> {
    const [ground, file] = [await options.ground(), await readRecord(files.changes)];
    if (typeof ground === "string") return ground;
    if (file?.before === undefined || file.top !== ground.top) return "late";
    startedAt = file.startedAt;
    return { ground, tree: file.before, leftOut: file.leftOut ?? [] };
  }

  /** For the next life, which may come before the first tool has begun. */
  async function writeDown(): Promise<void> {
    const known = await before;
    isTaken = true;
    if (options.isAdopted || mayHaveChanged || isOver || typeof known === "string") return;
    const { ground, tree, leftOut } = known;
    isWritten = true;
    const big = leftOut.length > 0 ? { leftOut: [...leftOut] } : {};
    await record({ top: ground.top, before: tree, ...big });
  }

  function noWayOf({ kind, detail }: SnapshotResult & { ok: false }): NoWay {
    if (kind !== "no_git") onFault({ step: "snapshot", kind, detail });
    return kind === "timed_out" ? "too_many" : kind;
  }

  async function fromSnapshots({ ground, tree, leftOut }: Before): Promise<Changes | NoWay | undefined> {
    const taken = await snapshots.take(ground, AFTER_MS);
    if (!taken.ok) return noWayOf(taken);
    const both = { before: tree, after: taken.snapshot.tree };
    const found = await snapshots.changes(ground, both);
    if (!found.ok) {
      onFault({ step: "compare", kind: found.kind, detail: found.detail });
      return "failed";
    }
    const shown = found.changes.map((change) => changedFile(change, ground.top, session.cwd));
    const edited = edits.list().map(({ path }) => path);
    const unseen = [
      ...edited.filter((path) => !isWithin(path, ground.top)),
      ...(await snapshots.lacks(ground, both.after, edited)),
    ];
    // Then Claude's own word is all that is known, and worth more than nothing.
    if (shown.length === 0 && unseen.length > 0) return "elsewhere";
    const tooBig = changedBetween(leftOut, taken.snapshot.leftOut).map((path) => resolve(ground.top, path));
    const beyond = [...new Set([...tooBig, ...unseen])];
    if (shown.length === 0 && beyond.length === 0) return undefined;
    if (shown.length > 0) {
      await record({ top: ground.top, ...both });
      last = keep(ground, both).catch((error: unknown) =>
        onFault({ step: "keep", kind: "failed", detail: String(error) }),
      );
    }
    const isRepository = ground.repository !== undefined;
    return changesOf(id, shown, { beyond: beyond.map((path) => relative(session.cwd, path)), isRepository });
  }

  async function keep(ground: Ground, both: KeptTrees): Promise<void> {
    const kept = await snapshots.keep(ground, updateId, both);
    if (!kept.ok) onFault({ step: "keep", kind: kept.kind, detail: kept.detail });
  }

  async function fromTools(noWay: NoWay): Promise<Changes | undefined> {
    const shown = edits.list().map(({ path, isNew, added, removed }): ChangedFile => ({
      path: relative(session.cwd, path),
      kind: isNew ? "made" : "changed",
      lines: { added, removed },
    }));
    if (shown.length === 0) return undefined;
    await writeFileDurably(files.diff, edits.diff(session.cwd));
    await record({ noWay });
    return { ...changesOf(id, shown, { beyond: [] }), source: "tools", noWay };
  }

  async function find({ outcome }: TurnView): Promise<Changes | undefined> {
    // Until it is gone, a tool of a turn that was broken off may still write.
    if (outcome?.kind !== "answered") await options.gone;
    const known = await before;
    await written;
    const found = typeof known === "string" ? known : isLate ? ("late" as const) : await fromSnapshots(known);
    return typeof found === "string" ? fromTools(found) : found;
  }

  /** What was written down for the next life goes before the turn is done: then its folder changes no more. */
  async function leaveNothing(): Promise<void> {
    if (!isWritten) return;
    await written;
    await rm(files.changes, { force: true });
  }

  return {
    listen(event) {
      if (event.type === "tool_finished" && !event.isError) edits.note(event.detail);
      if (event.type !== "tool_started" || isReader(event.name) || mayHaveChanged) return;
      mayHaveChanged = true;
      // It may write before the snapshot has seen what it writes to.
      isLate = !isTaken;
    },
    async complete(view) {
      isOver = true;
      try {
        const changes = mayHaveChanged && view.tools.length > 0 ? await find(view) : undefined;
        if (changes !== undefined) return { ...view, changes };
        await leaveNothing();
        return view;
      } catch (error) {
        onFault({ step: "complete", kind: "failed", detail: String(error) });
        return view;
      }
    },
    async settled() {
      await written;
      await last;
    },
  };
}
