/**
 * What differs between two snapshots: files with their lines, and the text of
 * it. Renames are a file gone and a file new. It does not look at the ground.
 */
import type { Git, GitResult } from "./git.ts";

/** A file in a snapshot: its kind and its bytes, by the names that git has for them. */
export interface FileState {
  readonly mode: string;
  readonly blob: string;
}

/** One file that differs; `path` is relative to the ground's top. Without lines it is binary. */
export interface Change {
  readonly path: string;
  readonly before?: FileState;
  readonly after?: FileState;
  readonly lines?: { readonly added: number; readonly removed: number };
}

const OPTIONS = ["-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"];
/** A repository in a repository: not ours to move. */
const GITLINK = "160000";
const NONE = "000000";

/** The changes from one tree to another, in the order of their paths. */
export async function changesBetween(
  git: Git,
  before: string,
  after: string,
): Promise<{ ok: true; changes: Change[] } | (GitResult & { ok: false })> {
  if (before === after) return { ok: true, changes: [] };
  const read = await git(["diff-tree", "-z", "--raw", "--numstat", ...OPTIONS, before, after]);
  return read.ok ? { ok: true, changes: parseChanges(read.stdout) } : read;
}

/** The same as a text to be read, in git's own form; binary files are named only. */
export function diffBetween(git: Git, before: string, after: string, maxBytes: number): Promise<GitResult> {
  return git(["diff-tree", "-p", "--no-color", ...OPTIONS, before, after], { maxBytes });
}

/** Git itself takes no such name in, but an index can be written by anyone. */
function isBelow(path: string): boolean {
  return path.split("/").every((part) => !["", ".", ".."].includes(part) && part.toLowerCase() !== ".git");
}

/** Reads `--raw -z --numstat`: first the raw records, then the numbers, both by path. */
function parseChanges(stdout: Buffer): Change[] {
  const words = stdout.toString("utf8").split("\0");
  const changes = new Map<string, Change>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const raw = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*$/.exec(word);
    if (raw) {
      const [, oldMode = NONE, newMode = NONE, oldBlob = "", newBlob = ""] = raw;
      at += 1;
      const path = words[at] ?? "";
      if (oldMode === GITLINK || newMode === GITLINK || path.includes("\uFFFD") || !isBelow(path)) continue;
      changes.set(path, {
        path,
        ...(oldMode === NONE ? {} : { before: { mode: oldMode, blob: oldBlob } }),
        ...(newMode === NONE ? {} : { after: { mode: newMode, blob: newBlob } }),
      });
      continue;
    }
    const [, added = "", removed = "", path = ""] = /^(\d+|-)\t(\d+|-)\t([^]*)$/.exec(word) ?? [];
    const change = changes.get(path);
    if (change && added !== "-")
      changes.set(path, { ...change, lines: { added: Number(added), removed: Number(removed) } });
  }
  return [...changes.values()];
}
