/**
 * What is said of a session that goes on at a terminal. What was said there is
 * another's words: shown as such, in short. Pure.
 */
import type { Session } from "../../store/session.ts";
import { shortId } from "../../store/session.ts";
import type { AtTerminal } from "../../turns/terminal/terminal.ts";
import { cleanText } from "../clean.ts";
import type { Button, Part } from "../delivery.ts";
import { concat, f, type Formatted, join, plain, pre, quoted } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { clip, count } from "./words.ts";

/** What a button of a terminal does; its data is `terminal:<verb>:<session>`. */
export type TerminalVerb = "take" | "anyway" | "fork" | "wait" | "drop" | "back";

const LABELS: Record<TerminalVerb, string> = {
  take: "Take over",
  anyway: "Take over anyway",
  fork: "Fork",
  wait: "Wait",
  drop: "Drop",
  back: "Back to the phone",
};

function button(session: Session, verb: TerminalVerb, style?: "primary" | "danger"): Button {
  const data = `terminal:${verb}:${shortId(session)}`;
  return { text: LABELS[verb], data, ...(style === undefined ? {} : { style }) };
}

const MOST_COPIED = 256;

/** The answer to /terminal: the line that goes on with a session, for a shell. */
export function terminalLine(session: Session, line: string, isRunning: boolean): Part[] {
  // Telegram would rewrite some signs on their way to the clipboard.
  const isCopied = line.length <= MOST_COPIED && cleanText(line) === line;
  const copy: Button[][] = isCopied ? [[{ text: "📋 Copy the line", copy: line }]] : [];
  return messages(
    join(
      [
        f`🖥 This line goes on with ${sessionName(session)} in a terminal of that machine:`,
        pre(line, "sh"),
        plain(
          isRunning
            ? "A turn is running here: take the line when it has ended."
            : "It is marked as at the desk. When you write here again, you are told what was said there.",
        ),
      ],
      "\n",
    ),
    [...copy, [button(session, "back")]],
  );
}

export const notForkedYet = (session: Session): Part[] =>
  say(f`${sessionName(session)} is a fork that has not spoken yet. Write something here first.`);

/** The mark is gone. */
export const backHere = (session: Session): Part[] =>
  say(f`📱 ${sessionName(session)} is not at the desk any more. Just write.`);

/** A session that is not where it was left: what happened at the terminal, and what may be done. `kept` messages wait. */
export function atTerminal(session: Session, at: AtTerminal, kept: number): Part[] {
  return messages(join([whatHappened(session, at), choices(at, kept)], "\n\n"), [
    [button(session, "take", "primary"), button(session, "fork")],
    ...(kept > 0 ? [[button(session, "wait")]] : []),
  ]);
}

function whatHappened(session: Session, { holders, news }: AtTerminal): Formatted {
  const open = holders.map(({ pid }) => `process ${pid}`).join(", ");
  const lead =
    news === undefined
      ? holders.length === 0
        ? f`🖥 ${sessionName(session)} was at a terminal.`
        : f`🖥 ${sessionName(session)} is open in a terminal right now (${open}).`
      : f`🖥 ${sessionName(session)} went on at a terminal: ${count(news.prompts, "message")} since it was last here.${
          holders.length === 0 ? "" : ` It is still open there (${open}).`
        }`;
  if (news === undefined) return lead;
  const { lastPrompt, lastAnswer } = news;
  const words = [
    lastPrompt === undefined ? "" : concat("You: ", clip(lastPrompt, 200)),
    lastAnswer === undefined ? "" : concat("Claude: ", clip(lastAnswer, 400)),
  ];
  return join([lead, quoted(join(words, "\n"))], "\n");
}

function choices({ holders }: AtTerminal, kept: number): Formatted {
  return join(
    [
      plain(kept === 0 ? "" : `${kept === 1 ? "Your message is" : `Your ${kept} messages are`} kept.`),
      plain(
        `• Take over: it goes on here, with all that was said there.${holders.length === 0 ? " Close it at the terminal, if you have not." : ""}`,
      ),
      plain("• Fork: a copy goes on here, the terminal keeps its own."),
      plain(kept === 0 ? "" : "• Wait: nothing happens until you say."),
    ],
    "\n",
  );
}

/** The second question: a process has it open. */
export function stillOpen(session: Session, { holders }: AtTerminal): Part[] {
  const open = holders.map(({ pid }) => `process ${pid}`).join(", ");
  return messages(
    join(
      [
        f`🖥 ${sessionName(session)} is still open in a terminal (${open}). End it there (/exit), then press Take over.`,
        plain(
          "⚠️ Anyway: both would write into one conversation. Claude then remembers only the branch of whichever ends last; what was said in the other is lost to it, without a word.",
        ),
      ],
      "\n\n",
    ),
    [
      [button(session, "take", "primary"), button(session, "fork")],
      [button(session, "anyway", "danger"), button(session, "wait")],
    ],
  );
}

export function takenOver(session: Session, released: number): Part[] {
  const runs = released > 0 ? ` Running what you wrote (${count(released, "message")}).` : "";
  return say(f`📱 ${sessionName(session)} goes on here.${runs}`);
}

export function stillKept(session: Session, kept: number): Part[] {
  return messages(
    f`⏳ ${count(kept, "message")} for ${sessionName(session)} ${kept === 1 ? "is" : "are"} kept until you say.`,
    [[button(session, "take", "primary"), button(session, "fork")], [button(session, "drop")]],
  );
}

/** What /status says of a session that is at the desk, or for which messages are kept because it was. */
export function deskFacts(
  session: Session,
  kept: number,
): { readonly line: Formatted; readonly buttons: Button[][] } {
  if (kept > 0) {
    const row = [button(session, "take"), button(session, "fork"), button(session, "drop")];
    return {
      line: plain(`🖥 It went on at a terminal: ${count(kept, "message")} kept until you say.`),
      buttons: [row],
    };
  }
  return session.terminal === undefined
    ? { line: plain(""), buttons: [] }
    : { line: plain("🖥 It is marked as at the desk."), buttons: [[button(session, "back")]] };
}

export const droppedKept = (dropped: number): Part[] =>
  say(
    dropped === 0
      ? "Nothing was waiting here any more."
      : `🗑 Dropped: Claude will not see ${dropped === 1 ? "it" : "them"}.`,
  );

export const notTaken = (): Part[] =>
  say("⚠️ The disk is full; nothing was changed. What was kept is still kept.");
