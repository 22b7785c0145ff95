/**
 * What is said of a message that waits. Pure.
 */
import type { WaitReason } from "../../turns/view.ts";
import type { BudgetState } from "../../turns/usage/budget.ts";
import type { Button, Part } from "../delivery.ts";
import { concat, join, plain } from "../formatted.ts";
import { messages } from "./messages.ts";
import { budgetQuestion } from "./usage.ts";
import { clip, count } from "./words.ts";

const WHY: Record<Exclude<WaitReason, "budget">, string> = {
  unread: "⏳ Claude reads this as soon as the step it is at is done.",
  behind: "⏳ Waits for the answer before it.",
  own: "⏳ Waits a moment: something is being done with this session's files.",
  full: "⏳ Waits for a free place: other sessions are at work.",
  room: "⏳ Waits for room: too little of the machine's disk is free. It runs when there is room again; /archive packs sessions away.",
};

/** The same, where the turn before it waits for the person. */
const WHY_ASKING: typeof WHY = {
  ...WHY,
  unread: "⏳ Claude asks something above. It reads this when that is answered and done.",
  behind: "⏳ Waits for the answer before it. That one waits, too: Claude asks something above.",
};

/** The note under a message that waits; `budget` is the day's, where that is what it waits for. `isAsking`: so does Claude, in its session. */
export function waitingNote(
  updateId: number,
  reason: WaitReason,
  {
    isChanged,
    isAsking,
    budget,
  }: { isChanged: boolean; isAsking: boolean; budget?: BudgetState | undefined },
): Part[] {
  const words = isAsking ? WHY_ASKING : WHY;
  const why = reason === "budget" ? budgetQuestion(budget) : words[reason];
  const sendNow: Button =
    reason === "unread"
      ? { text: "Stop and send now", data: `stopfor:${updateId}` }
      : { text: "Send now", data: `sendnow:${updateId}` };
  const drop: Button = { text: "Drop", data: `drop:${updateId}` };
  return messages(plain(isChanged ? `✏️ Changed. ${why}` : why), [
    // Where the place of another session is missing, or room, there is nothing to stop here.
    reason === "budget"
      ? [
          { text: "Run", data: `runanyway:${updateId}`, style: "primary" },
          { text: "Run all today", data: `runtoday:${updateId}` },
          drop,
        ]
      : reason === "own" || reason === "full" || reason === "room"
        ? [drop]
        : [sendNow, drop],
  ]);
}

export const droppedNote = (): Part[] => messages(plain("🗑 Dropped: Claude will not see this."));

export const heldChanged = (): Part[] => messages(plain("✏️ Changed."));

export const editTooLate = (): Part[] =>
  messages(plain("Claude has this already, as it was before. Send it as a new message to ask again."));

export const droppedHeld = (count: number): Part[] =>
  messages(plain(count === 0 ? "Nothing was waiting here any more." : "🗑 Dropped what you had written."));

export const waitsNoMore = "That does not wait any more.";
export const isOnItsWay = "It goes into the running turn already.";
export const stopTooLate = "That turn is over.";

const SHOWN = 5;
const WORDS_UNITS = 60;

/** A message that waits, and how many files came with it. */
export interface Waits {
  readonly updateId: number;
  readonly text: string;
  readonly files: number;
  readonly reason: WaitReason;
}

/** What waits in a session, for /status, with the buttons of the first few. */
export function waitingList(list: readonly Waits[]): {
  lines: ReturnType<typeof join>;
  buttons: Button[][];
} {
  const shown = list.slice(0, SHOWN);
  const more = list.length - shown.length;
  return {
    lines: join(
      [
        ...shown.map((one, index) => concat(`⏳ ${index + 1}. `, inShort(one))),
        ...(more > 0 ? [plain(`and ${more} more`)] : []),
      ],
      "\n",
    ),
    buttons: shown.map(({ updateId, reason }, index) => [
      ...hurry(updateId, reason, index + 1),
      { text: `Drop ${index + 1}`, data: `drop:${updateId}` },
    ]),
  };
}

/** What lets one of several begin; nothing, where only a free place or room does. */
function hurry(updateId: number, reason: WaitReason, number: number): Button[] {
  switch (reason) {
    case "unread":
      return [{ text: `Stop and send ${number}`, data: `stopfor:${updateId}` }];
    case "behind":
      return [{ text: `Send ${number} now`, data: `sendnow:${updateId}` }];
    case "budget":
      return [{ text: `Run ${number}`, data: `runanyway:${updateId}` }];
    case "own":
    case "full":
    case "room":
      return [];
  }
}

const SHORT_WHY: Record<WaitReason, string> = {
  unread: "",
  behind: "",
  own: "",
  full: " — waits for a free place",
  room: " — waits for room on the disk",
  budget: " — today's budget is used up",
};

function inShort({ text, files, reason }: Waits): string {
  const words = clip(text, WORDS_UNITS);
  const filed = words === "" ? count(files, "file") : `${words} (${count(files, "file")})`;
  return `${files === 0 ? words : filed}${SHORT_WHY[reason]}`;
}
