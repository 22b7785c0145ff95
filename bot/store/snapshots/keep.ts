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
  const listed = await git(["for-each-ref", "--format=%(committerdate:unix) %(refname)", "refs/parley"]);
  if (!listed.ok) return;
  const turnOf = (ref: string): number => Number(ref.split("/")[2]);
  const refs: string[] = [];
  const dates = new Map<number, number>();
  for (const line of listed.stdout.toString("utf8").split("\n")) {
    const [date = "", ref = ""] = line.split(" ");
    if (ref === "") continue;
    refs.push(ref);
    dates.set(turnOf(ref), Number(date));
  }
  // The last by the clock: after a quiet week Telegram's numbers go on from anywhere.
  const turns = [...dates].sort(([a, at], [b, bt]) => bt - at || b - a).map(([turn]) => turn);
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
