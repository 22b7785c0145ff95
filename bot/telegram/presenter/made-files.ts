/**
 * Files that a turn made: the buttons under its answer, and what a press brings.
 * Pure.
 */
import { basename, dirname } from "node:path";
import type { Offered } from "../../turns/made-files/offered.ts";
import type { MadeFile, TurnView } from "../../turns/view.ts";
import type { Button, Part } from "../delivery.ts";
import { plain } from "../formatted.ts";
import { changeButtons, changeSum } from "./changes.ts";
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
  { made = [], changes }: Pick<TurnView, "made" | "changes">,
): Part[] {
  const offered = made.filter(({ isOffered }) => isOffered);
  const rows = [
    ...inRows(offered.map((file) => button(file, offered))),
    ...(changes === undefined ? [] : [changeButtons(changes, made.length > offered.length)]),
  ].filter((row) => row.length > 0);
  if (rows.length === 0) return [...parts];
  const last = parts.at(-1);
  const isOpen = last?.kind === "text" && !(last.buttons ?? []).flat().some((each) => "data" in each);
  const head =
    changes === undefined ? "📎 Made in this turn:" : `✎ Changed in this turn: ${changeSum(changes)}`;
  if (!isOpen) return [...parts, ...messages(plain(head), rows)];
  return [...parts.slice(0, -1), { ...last, buttons: [...(last.buttons ?? []), ...rows] }];
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
