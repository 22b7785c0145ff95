/**
 * What a turn changed, in words: the lines of the receipt, the buttons, the
 * text of it, and what is said before and after it is undone. Pure.
 */
import type { DiffText, WayPlan, PlannedFile, Way, WayResult } from "../../turns/changes/changes.ts";
import type { ChangedFile, Changes, MadeFile, NoWay } from "../../turns/view.ts";
import { cleanText, isInvisible } from "../clean.ts";
import type { Button, Part } from "../delivery.ts";
import { bold, code, concat, type Formatted, join, plain, pre } from "../formatted.ts";
import { messages } from "./messages.ts";
import { clip, count } from "./words.ts";

const MOST_LINES = 12;
const MOST_PLANNED = 15;
const PATH_UNITS = 80;

/** "2 files +12 −3". */
export function changeSum({ count: kept, beyond, added, removed }: Changes): string {
  const lines = [...(added > 0 ? [`+${added}`] : []), ...(removed > 0 ? [`−${removed}`] : [])];
  return [count(kept === 0 ? beyond.length : kept, "file"), ...lines].join(" ");
}

/** A line for each file, the first ones where there are many, and who says so. */
export function changeLines(changes: Changes): Formatted[] {
  const { files, count: all } = changes;
  const shown = files.slice(0, MOST_LINES);
  return [
    ...shown.map((file) => concat("✎ ", code(shownPath(file.path)), ` ${lineSum(file)}`)),
    ...(all > shown.length ? [plain(`✎ and ${all - shown.length} more`)] : []),
    ...notesOf(changes).map(plain),
  ];
}

/** Who says what changed, and what is not in it. */
function notesOf({ source, beyond, noWay }: Changes): string[] {
  const beside =
    beyond.length === 0
      ? []
      : [
          `Changed too, but no snapshot has it (too big, ignored, in a repository within, or elsewhere): ${beyond.slice(0, 3).map(shownPath).join(", ")}${beyond.length > 3 ? ", …" : ""}`,
        ];
  if (source === "tools")
    return [
      `Counted from Claude's own edits; what commands changed is not in it. ${noWayWords(noWay ?? "failed")}`,
      ...beside,
    ];
  return [
    `Counted by ${source === "repository" ? "git" : "snapshots"}, so what commands changed is in it.`,
    ...beside,
  ];
}

function noWayWords(noWay: NoWay): string {
  switch (noWay) {
    case "off":
      return "SNAPSHOTS is off, so there is no Undo.";
    case "no_repository":
      return "This folder is no git repository, so there is no Undo.";
    case "no_git":
      return "git is not installed on the machine, so there is no Undo.";
    case "late":
      return "The snapshot was not ready when the first tool began, so there is no Undo for this turn.";
    case "too_many":
      return "This folder is too big for a snapshot, so there is no Undo.";
    case "elsewhere":
      return "No snapshot has it (too big, ignored, in a repository within, or elsewhere), so there is no Undo.";
    case "failed":
      return "No snapshot could be taken, so there is no Undo; the log on the machine says why.";
  }
}

function lineSum({ kind, lines }: ChangedFile): string {
  const sum =
    lines === undefined
      ? ["binary"]
      : [
          ...(lines.added > 0 ? [`+${lines.added}`] : []),
          ...(lines.removed > 0 ? [`−${lines.removed}`] : []),
        ];
  const what = kind === "made" ? ["new"] : kind === "removed" ? ["gone"] : [];
  return [...what, ...sum].join(" ");
}

/** The row under an answer; `isListed`: there are files that have no button of their own. */
export function changeButtons({ id, count: kept, source, noWay }: Changes, isListed: boolean): Button[] {
  // Of what no snapshot has there is nothing to show, nor to undo.
  if (kept === 0) return [];
  return [
    { text: "± Diff", data: `diff:${id}` },
    ...(isListed ? [{ text: "📄 Files", data: `files:${id}` }] : []),
    ...(source === "tools" ? [] : [{ text: "↩️ Undo", data: `undo:${id}` }]),
    ...(noWay === "no_repository" ? [{ text: "Keep snapshots here", data: `snap:${id}` }] : []),
  ];
}

/** All that can be fetched of what a turn changed. */
export function fileList(made: readonly Pick<MadeFile, "id" | "path">[]): Part[] {
  if (made.length === 0) return messages(plain("None of these files is there any more."));
  const rows = made.map(({ id, path }): Button[] => [
    { text: `📎 ${clip(shownPath(path), 40)}`, data: `file:${id}` },
  ]);
  return messages(plain("📄 Files of that turn, as they are now:"), rows);
}

/** The text of what changed, or our copy of it as a file. */
export function diffParts(diff: DiffText & { ok: true }): Part[] {
  if ("path" in diff)
    return [{ kind: "file", name: "changes.diff", path: diff.path, isPhoto: false, caption: plain("") }];
  const shown = diff.text
    .split("\n")
    .filter((line) => !/^(diff --git|index|deleted file mode|new file mode) /.test(line))
    .join("\n");
  const block = pre(shown, "diff");
  return block.text.trim() === "" ? messages(plain("Nothing in it can be shown as text.")) : messages(block);
}

/** Asks before a turn's changes are undone. */
export function askWay(key: string, { ready, done, changed }: WayPlan): Part[] {
  const stays = listOf(
    "Changed since, so it stays as it is:",
    changed.map(({ path }) => code(shownPath(path))),
  );
  if (ready.length === 0) {
    if (changed.length === 0 && done.length > 0)
      return messages(plain("↩️ That is undone already."), otherWay(key, "undo"));
    return messages(join([plain("↩️ Nothing can be undone: all of it was changed since."), ...stays], "\n"));
  }
  const rest =
    changed.length === 0 ? count(ready.length, "file") : `the other ${count(ready.length, "file")}`;
  return messages(
    join([bold("↩️ Undo what that turn changed?"), ...listOf("", ready.map(becoming)), ...stays], "\n"),
    [
      [
        { text: `Undo ${rest}`, data: `undo-do:${key}`, style: "danger" },
        { text: "Leave it", data: "undo-no" },
      ],
    ],
  );
}

function becoming({ path, becomes }: PlannedFile): Formatted {
  const what = { made: "comes back", changed: "goes back", removed: "goes away" }[becomes];
  return concat(code(shownPath(path)), ` ${what}`);
}

/** What was done. */
export function wayDone(key: string, way: Way, { done, changed, failed }: WayResult): Part[] {
  const head =
    way === "undo"
      ? `↩️ Undone: ${count(done.length, "file is", "files are")} as before that turn. Claude is told with your next message.`
      : `↪️ Done again: ${count(done.length, "file is", "files are")} as that turn left ${done.length === 1 ? "it" : "them"}. Claude is told with your next message.`;
  const lines = [
    plain(head),
    ...listOf(
      "Changed since, so left as it is:",
      changed.map((path) => code(shownPath(path))),
    ),
    ...listOf(
      "The system refused, or our copy is gone:",
      failed.map((path) => code(shownPath(path))),
    ),
  ];
  return messages(join(lines, "\n"), done.length === 0 ? undefined : otherWay(key, way));
}

function otherWay(key: string, way: Way): Button[][] {
  return [
    [way === "undo" ? { text: "↪️ Redo", data: `redo:${key}` } : { text: "↩️ Undo", data: `undo:${key}` }],
  ];
}

function listOf(head: string, items: readonly Formatted[]): Formatted[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, MOST_PLANNED).map((item) => concat("• ", item));
  const more = items.length > shown.length ? [plain(`• and ${items.length - shown.length} more`)] : [];
  return [...(head === "" ? [] : [plain(head)]), ...shown, ...more];
}

/** A path in a line: short, and never a command or a link. */
function shownPath(path: string): string {
  const cleaned = cleanText(
    path.length <= PATH_UNITS ? path : `…${path.slice(1 - PATH_UNITS).toWellFormed()}`,
  )
    .replace(/\s+/g, " ")
    .trim();
  return isInvisible(cleaned) ? "?" : cleaned;
}

/** The person would rather not. */
export const wayLeft = (): Part[] => messages(plain("Left as it is."));

/** A way could not be gone. */
export const wayFailed = (kind: "expired" | "failed"): Part[] => messages(plain(changeToasts[kind]));

/** What a press is told at once. */
export const changeToasts = {
  coming: "It is on its way.",
  looking: "Looking at the files…",
  expired:
    "This is not kept any more: only the last turns of a session that is here can be looked at and undone.",
  busy: "A turn runs or waits in this session. Try again when it has ended.",
  shared: "A turn of another session works in this folder. Try again when it has ended.",
  too_big: "The changes are too big to be sent.",
  failed: "That did not work; the log on the machine says why.",
  kept: "From the next turn on, snapshots of this folder are kept, and there is an Undo.",
};
