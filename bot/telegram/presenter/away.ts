/**
 * What is said when the bot was away and is back. Pure.
 */
import type { Session } from "../../store/session.ts";
import type { Button, Part } from "../delivery.ts";
import { concat, f, type Formatted, join, plain } from "../formatted.ts";
import { messages } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { clip, clock, count, period } from "./words.ts";

/** From when to when nobody listened. */
export interface Outage {
  readonly from: Date;
  readonly to: Date;
}

/** Something that waits for the person's word. `id` is its update's; words and files are the person's. */
export interface KeptItem {
  readonly id: number;
  readonly sentAt: Date;
  readonly words: string;
  readonly files: number;
}

const SHOWN = 8;
const LINE_UNITS = 80;
const BUTTON_UNITS = 28;

/** Which sessions had a turn under way when the bot died. */
export function recoveredWords(sessions: readonly Session[]): Formatted {
  return join(
    [
      f`♻️ Recovered ${count(sessions.length, "session")} after a restart:`,
      ...sessions.map((session) => concat("• ", sessionName(session))),
      plain("What can be finished is finished; where not, you are asked."),
    ],
    "\n",
  );
}

/**
 * Told in each chat after an outage, where something waited or was cut off: `running` are answered now, `kept` are not
 * done unasked. Without an outage, of what an earlier life had found and could not tell.
 */
export function awayNotice(facts: {
  outage: Outage | undefined;
  running: number;
  kept: readonly KeptItem[];
  recovered: readonly Session[];
  staleAfterMs: number;
  now: Date;
}): Part[] {
  const { outage, kept, recovered, now } = facts;
  const lead =
    outage === undefined
      ? ""
      : `💤 I was away from ${clock(outage.from, outage.to)} to ${clock(outage.to, outage.to)}.`;
  return messages(
    join(
      [
        join([lead, waitedWords(facts)], " "),
        list(kept, now),
        recovered.length > 0 ? recoveredWords(recovered) : "",
      ],
      "\n",
    ),
    kept.length === 0 ? undefined : [kept.length === 1 ? ONE : SEVERAL],
  );
}

const ONE: readonly Button[] = [
  { text: "Run it", data: "kept:run", style: "primary" },
  { text: "Drop", data: "kept:drop" },
];
const SEVERAL: readonly Button[] = [
  { text: "Run all", data: "kept:run", style: "primary" },
  { text: "Pick", data: "kept:pick" },
  { text: "Drop", data: "kept:drop" },
];

function waitedWords(facts: { running: number; kept: readonly KeptItem[]; staleAfterMs: number }): string {
  const { running, kept, staleAfterMs } = facts;
  if (running + kept.length === 0) return "";
  const waited = `${count(running + kept.length, "message")} waited`;
  if (kept.length === 0) return `${waited}; I answer ${running === 1 ? "it" : "them"} now.`;
  const now = running === 0 ? "" : ` I answer ${running} of them now.`;
  const who =
    kept.length === 1
      ? `${running === 0 ? "It" : "One"} is`
      : `${running === 0 ? "They" : String(kept.length)} are`;
  const verb = kept.length === 1 ? "runs" : "run";
  return `${waited}.${now} ${who} older than ${period(staleAfterMs)} and ${verb} only if you say so:`;
}

/** What /status says of it, and the row that lists it there. */
export const keptWords = (kept: number): string =>
  kept === 0
    ? ""
    : `💤 ${count(kept, "message")} from while I was away ${kept === 1 ? "waits" : "wait"} for your word.`;
export const SHOW_KEPT: readonly Button[] = [{ text: "Show what waits for your word", data: "kept:show" }];

/** What is left to choose from, one by one. `did` is what became of the last that was chosen. */
export function keptPick(kept: readonly KeptItem[], now: Date, did?: "run" | "dropped"): Part[] {
  const done = did === undefined ? "" : did === "run" ? "▶️ It runs. " : "🗑 It is dropped. ";
  if (kept.length === 0) return messages(plain(`${done}Nothing waits here any more.`));
  const rows = kept.slice(0, SHOWN).map(({ id, words, files }, index): Button[] => [
    { text: `▶ ${index + 1}. ${inShort(words, files, BUTTON_UNITS)}`, data: `kept:run:${id}` },
    { text: `🗑 ${index + 1}`, data: `kept:drop:${id}` },
  ]);
  return messages(join([plain(`${done}Which of these shall run?`), list(kept, now)], "\n"), [
    ...rows,
    [
      { text: "Run the rest", data: "kept:run" },
      { text: "Drop the rest", data: "kept:drop" },
    ],
  ]);
}

export const keptRun = (kept: readonly KeptItem[], now: Date): Part[] =>
  messages(
    join([plain(`▶️ Running ${count(kept.length, "message")} that had waited:`), list(kept, now)], "\n"),
  );

export const keptDropped = (kept: readonly KeptItem[], now: Date): Part[] =>
  messages(
    join(
      [plain(`🗑 Dropped: Claude will not see ${kept.length === 1 ? "this" : "these"}.`), list(kept, now)],
      "\n",
    ),
  );

/** In place of an older list, when a newer one has all that waits. */
export const keptMoved = (): Part[] => messages(plain("💤 What waits for your word is listed further down."));

/** A press that may be hours old says nothing any more; in a few words. */
export const pressedWhileAway = "You pressed this while I was away. Press it again if you still want it.";

function list(kept: readonly KeptItem[], now: Date): Formatted {
  const lines = kept
    .slice(0, SHOWN)
    .map(({ sentAt, words, files }, index) =>
      concat(`${index + 1}. ${clock(sentAt, now)}  `, plain(inShort(words, files, LINE_UNITS))),
    );
  const more = kept.length - SHOWN;
  return join([...lines, ...(more > 0 ? [plain(`and ${more} more`)] : [])], "\n");
}

function inShort(words: string, files: number, units: number): string {
  const short = clip(words, units);
  if (files === 0) return short === "" ? "(a message)" : short;
  return short === "" ? count(files, "file") : `${short} (${count(files, "file")})`;
}
