/**
 * Which snapshots stay: two commits a turn under refs of ours, in our own
 * repository, and no more than the last ones. It does not know what they are for.
 */
import type { Git, GitResult } from "./git.ts";

/** What a turn began with and ended with, as trees. */
export interface KeptTrees {
  readonly before: string;
  readonly after: string;
}

/** So many turns can be gone back; fewer where they take more than this. */
const MOST_TURNS = 20;
const MOST_KIB = 512 * 1024;
const FEWEST_TURNS = 4;
/** What belongs to no turn yet is left alone for so long. */
const EXPIRE = "--prune=1.day.ago";

/** Keeps the trees of the turn that answers `updateId`. */
export async function keep(git: Git, updateId: number, { before, after }: KeptTrees): Promise<GitResult> {
  const refs: string[] = [];
  for (const [name, tree] of Object.entries({ before, after })) {
    const commit = await git(["commit-tree", tree, "-m", `${name} ${updateId}`]);
    if (!commit.ok) return commit;
    refs.push(`update refs/parley/${updateId}/${name} ${commit.stdout.toString("utf8").trim()}\n`);
  }
  return git(["update-ref", "--stdin"], { input: refs.join("") });
}

/** Lets go of what is older than the last turns. Takes its time: nobody waits for it. */
export async function prune(git: Git, mostTurns = MOST_TURNS): Promise<void> {
  const counted = await git(["count-objects", "-v"]);
  if (!counted.ok) return;
  const kib = [...counted.stdout.toString("utf8").matchAll(/^size(?:-pack)?: (\d+)$/gm)].map(([, n]) =>
    Number(n),
  );
  const isBig = kib.reduce((sum, each) => sum + each, 0) > MOST_KIB;
  const listed = await git(["for-each-ref", "--format=%(refname)", "refs/parley"]);
  if (!listed.ok) return;
  const refs = listed.stdout
    .toString("utf8")
    .split("\n")
    .filter((ref) => ref !== "");
  const turnOf = (ref: string): number => Number(ref.split("/")[2]);
  const turns = [...new Set(refs.map(turnOf))].sort((a, b) => b - a);
  const kept = new Set(turns.slice(0, isBig ? Math.min(FEWEST_TURNS, mostTurns) : mostTurns));
  const gone = refs.filter((ref) => !kept.has(turnOf(ref)));
  if (gone.length === 0) return;
  const removed = await git(["update-ref", "--stdin"], {
    input: gone.map((ref) => `delete ${ref}\n`).join(""),
  });
  // Packing costs more than it brings for each single turn.
  if (removed.ok && (isBig || turns.length >= mostTurns * 2))
    await git(["gc", "-q", EXPIRE], { timeoutMs: 120_000 });
}
