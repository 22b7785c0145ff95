/**
 * Files that a turn made: the buttons under its answer, and what a press brings.
 * Pure.
 */
import { basename, dirname } from "node:path";
import type { Offered } from "../../turns/made-files/offered.ts";
import type { Changes, MadeFile, TurnView } from "../../turns/view.ts";
import type { Button, Part } from "../delivery.ts";
import { folded, type Formatted, join, plain } from "../formatted.ts";
import { changeButtons, changeLines, changeSum } from "./changes.ts";
import { messages } from "./messages.ts";
import { clip, fileName } from "./words.ts";

const LABEL_UNITS = 40;
/** More than these stand two in a row. */
const MOST_ROWS = 3;

/**
 * The answer with a button for each file that it offers and those of what changed, under its last
 * words, or in a message of their own where those have buttons that a press takes away.
 */
export function withMadeFiles(
  parts: readonly Part[],
  { made = [], changes, outcome }: Pick<TurnView, "made" | "changes" | "outcome">,
): Part[] {
  const offered = made.filter(({ isOffered }) => isOffered);
  const rows = [
    ...inRows(offered.map((file) => button(file, offered))),
    ...(changes === undefined ? [] : [changeButtons(changes, made.length > offered.length)]),
  ].filter((row) => row.length > 0);
  const isCutOff = outcome?.kind === "interrupted" && changes !== undefined;
  if (rows.length === 0 && !isCutOff) return [...parts];
  const last = parts.at(-1);
  const isOpen = last?.kind === "text" && !(last.buttons ?? []).flat().some((each) => "data" in each);
  if (isOpen && !isCutOff)
    return [...parts.slice(0, -1), { ...last, buttons: [...(last.buttons ?? []), ...rows] }];
  const head =
    changes === undefined ? "📎 Made in this turn:" : `✎ Changed in this turn: ${changeSum(changes)}`;
  return [...parts, ...messages(isCutOff ? cutOffReceipt(head, changes) : plain(head), rows)];
}

/** No footer tells of a turn that was cut off; nobody saw its end, so more may be in what was found. */
function cutOffReceipt(head: string, changes: Changes): Formatted {
  const belated = plain("It was counted after the restart: what else changed here until then is in it, too.");
  const isFound = changes.source !== "tools";
  return folded(join([plain(head), ...changeLines(changes), ...(isFound ? [belated] : [])], "\n"));
}

function button({ id, path }: MadeFile, all: readonly MadeFile[]): Button {
  const name = basename(path);
  const isAlone = all.filter((each) => basename(each.path) === name).length === 1;
  const label = isAlone ? name : `${name} in ${basename(dirname(path))}`;
  return { text: `📎 ${clip(fileName(label), LABEL_UNITS)}`, data: `file:${id}` };
}

function inRows(buttons: readonly Button[]): Button[][] {
  if (buttons.length <= MOST_ROWS) return buttons.map((each) => [each]);
  return buttons.flatMap((each, at) => (at % 2 === 0 ? [[each, ...buttons.slice(at + 1, at + 2)]] : []));
}

/** The file, and that it is not what was offered any more. */
export function presentMade({ file, isChanged }: Offered & { ok: true }): Part[] {
  const caption = plain(isChanged ? "It has changed since that answer; this is how it is now." : "");
  return [{ kind: "file", name: fileName(file.name), path: file.path, isPhoto: false, caption }];
}

/** What a press is told at once. */
export const madeToasts = {
  coming: "It is on its way.",
  onTheWay: "It is already on its way.",
  expired: "This file belongs to a session that is not here any more.",
  gone: "The file is not there any more.",
  too_big: "The file has grown too big to be sent: more than 50 MB.",
  disk_full: "The disk of the machine is full. Free some space, then try again.",
};
