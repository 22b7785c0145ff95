/**
 * What differs between two snapshots → what a chat may know of it. Pure. It does
 * not know how a snapshot is taken, nor of which turn.
 */
import { relative, resolve } from "node:path";
import type { Change } from "../../store/snapshots/changes.ts";
import type { LeftOut } from "../../store/snapshots/take.ts";
import type { ChangedFile, Changes } from "../view.ts";

/** So many files are named; the rest is counted. */
const MOST_NAMED = 40;

/** All that changed, with its sums; `id` names the turn in buttons. `beyond` is what no snapshot has. */
export function changesOf(
  id: string,
  all: readonly ChangedFile[],
  { beyond, isRepository = false }: { beyond: readonly string[]; isRepository?: boolean },
): Changes {
  const sum = (pick: "added" | "removed"): number =>
    all.reduce((total, { lines }) => total + (lines?.[pick] ?? 0), 0);
  return {
    id,
    source: isRepository ? "repository" : "snapshot",
    count: all.length,
    added: sum("added"),
    removed: sum("removed"),
    files: all.slice(0, MOST_NAMED),
    beyond: beyond.slice(0, MOST_NAMED),
  };
}

/** One file of a ground whose top is `top`, as it is called where Claude works. */
export function changedFile({ path, before, after, lines }: Change, top: string, cwd: string): ChangedFile {
  return {
    path: relative(cwd, resolve(top, path)),
    kind: before === undefined ? "made" : after === undefined ? "removed" : "changed",
    ...(lines === undefined ? {} : { lines }),
  };
}

/** Files too big to be kept that are not what they were. */
export function changedBetween(before: readonly LeftOut[], after: readonly LeftOut[]): string[] {
  const key = ({ path, bytes, changedAtMs }: LeftOut): string => JSON.stringify([path, bytes, changedAtMs]);
  const [was, is] = [new Set(before.map(key)), new Set(after.map(key))];
  const differ = [
    ...before.filter((each) => !is.has(key(each))),
    ...after.filter((each) => !was.has(key(each))),
  ];
  return [...new Set(differ.map(({ path }) => path))];
}
