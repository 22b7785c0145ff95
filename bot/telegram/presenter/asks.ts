/**
 * What Claude asks of the person → messages with buttons, and the one line that
 * is left of each when it is decided. Pure. However it ends, an ask keeps the
 * number of its messages: what stands below it stays where it is.
 */
import type { AllowRule } from "../../store/session.ts";
import type { Ask, Permission, Plan, Question, TurnView } from "../../turns/view.ts";
import type { Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, italic, join, plain, pre } from "../formatted.ts";
import { renderMarkdown } from "../markdown.ts";
import { visible } from "../visible.ts";
import { askButtons } from "./ask-buttons.ts";
import { messages } from "./messages.ts";
import { ruleWords } from "./rules.ts";
import { clip } from "./words.ts";

/** What fits into one message together with its heading and hints, in UTF-16 units. */
const ONE_MESSAGE = 2_500;
/** What is shown of more than that; the file beside it holds all. */
const SHOWN = 3_000;
/** What a file holds at most; then it says how much is missing. */
const MOST_IN_FILE = 200_000;

/** Whether a turn waits for the person. */
export function isAsking({ interludes }: Pick<TurnView, "interludes">): boolean {
  return interludes.some((each) => each.kind === "ask" && each.ask.state.kind === "waiting");
}

/** The messages of an ask; none for one that is not asked yet. */
export function presentAsk(ask: Ask): Part[] {
  const { about, state } = ask;
  if (state.kind === "upcoming") return [];
  switch (about.kind) {
    case "permission":
      return presentPermission(ask, about);
    case "question":
      return presentQuestion(ask, about);
    case "plan":
      return presentPlan(ask, about);
  }
}

/** The last message of an ask: the one with the buttons. */
export function presentAskEnd(ask: Ask): Part[] {
  return presentAsk(ask).slice(-1);
}

/** What a press is answered with, in a few words. */
export const askToasts = {
  taken: "Noted.",
  late: "Running it again.",
  over: "That was decided before, or asks no more.",
  another: "Only the person who asked for this turn can decide it.",
  untick: "Tick at least one first, or Skip.",
  other: "Write your answer as a message.",
  change: "Write what should be different, as a message.",
} as const;

/**
 * What stands there when it is decided: one line in place of one message; of
 * several, only the last changes, and the others stay.
 */
function settled(waiting: readonly Part[], line: Formatted, ask: Ask): Part[] {
  return [...waiting.slice(0, -1), ...messages(line, askButtons(ask)).slice(0, 1)];
}

// === permissions

function presentPermission(ask: Ask, about: Permission): Part[] {
  const { heading, body, language, name } = exactly(about);
  const isWaiting = ask.state.kind === "waiting";
  if (body.length <= ONE_MESSAGE) {
    const shown = join([heading, pre(body, language)], "\n");
    const waiting = messages(join([shown, permissionNotes(about)], "\n\n"), askButtons(ask));
    return isWaiting ? waiting : settled(waiting, decisionLine(ask, about), ask);
  }
  const left = body.length - SHOWN;
  return [
    ...messages(
      join(
        [
          heading,
          pre(body.slice(0, SHOWN).toWellFormed(), language),
          f`… and ${left} more characters. All of it is in the file below; look at it before you allow this.`,
        ],
        "\n",
      ),
    ),
    { kind: "file", name, body: cut(body), caption: plain("All of what Claude wants to do.") },
    ...messages(
      isWaiting
        ? join([f`🔐 May Claude do what stands above?`, permissionNotes(about)], "\n\n")
        : decisionLine(ask, about),
      askButtons(ask),
    ),
  ];
}

interface Exactly {
  readonly heading: Formatted;
  readonly body: string;
  readonly language: string;
  /** What the file is called when it is too long for a message. */
  readonly name: string;
}

/** What exactly would be done; nothing in it is hidden or left out. */
function exactly({ doing, toolName }: Permission): Exactly {
  switch (doing.kind) {
    case "command":
      return {
        heading: plain("🔐 Claude wants to run a command:"),
        body: visible(doing.command),
        language: "bash",
        name: "command.txt",
      };
    case "change": {
      const path = code(clip(visible(doing.path), 300));
      const headings = {
        new: f`🔐 Claude wants to write a new file: ${path}`,
        known: f`🔐 Claude wants to change ${path}`,
        unread: f`🔐 Claude wants to replace ${path} by this (what it holds now could not be compared):`,
      };
      const body = doing.diff === "" ? "(nothing in it would change)" : visible(doing.diff);
      return { heading: headings[doing.of], body, language: "diff", name: "change.diff.txt" };
    }
    case "fetch":
      return {
        heading: plain("🔐 Claude wants to read a page of the web:"),
        body: visible(doing.prompt === "" ? doing.url : `${doing.url}\n\n${doing.prompt}`),
        language: "",
        name: "page.txt",
      };
    case "tool":
      return {
        heading:
          doing.server === undefined
            ? f`🔐 Claude wants to use ${bold(clip(visible(toolName), 100))} with:`
            : f`🔐 Claude wants to use ${bold(clip(visible(doing.tool), 100))} of ${bold(clip(visible(doing.server), 100))} with:`,
        body: visible(doing.input),
        language: "json",
        name: "input.json.txt",
      };
  }
}

function permissionNotes({ description, reason, blockedPath, rules }: Permission): Formatted {
  return join(
    [
      description === undefined ? "" : f`Claude says: ${italic(clip(visible(description), 200))}`,
      reason === undefined ? "" : f`Why it asks: ${clip(visible(reason), 200)}`,
      blockedPath === undefined ? "" : f`It touches ${code(clip(visible(blockedPath), 200))}.`,
      rules.length === 0 ? "" : f`“For this session” allows ${rulesWords(rules)}.`,
      italic("Answer yes or no, or reply to this message: your words are then the reason for a no."),
    ],
    "\n",
  );
}

const rulesWords = (rules: readonly AllowRule[]): Formatted => join(rules.map(ruleWords), ", and ");

/** What is left of a permission. */
function decisionLine(ask: Ask, about: Permission): Formatted {
  return concat(outcome(ask), " ", shortly(about));
}

/** What was asked, in one line. */
function shortly({ doing, toolName }: Permission): Formatted {
  switch (doing.kind) {
    case "command":
      return code(clip(visible(doing.command), 200));
    case "change":
      return f`${doing.of === "new" ? "writing" : "changing"} ${code(clip(visible(doing.path), 200))}`;
    case "fetch":
      return f`reading ${code(clip(visible(doing.url), 200))}`;
    case "tool":
      return code(clip(visible(toolName), 200));
  }
}

function cut(body: string): string {
  if (body.length <= MOST_IN_FILE) return body;
  return `${body.slice(0, MOST_IN_FILE).toWellFormed()}\n\n(${body.length - MOST_IN_FILE} more characters do not fit here)\n`;
}

// === questions

function presentQuestion(ask: Ask, about: Question): Part[] {
  const waiting = messages(questionText(about), askButtons(ask));
  if (ask.state.kind === "waiting") return waiting;
  return settled(waiting, join([questionLine(about), outcome(ask)], "\n"), ask);
}

function questionLine({ header, question, number, of }: Question): Formatted {
  const place = of > 1 ? ` (${number} of ${of})` : "";
  const title = header === "" || header === question ? "" : f`${bold(clip(visible(header), 60))}${place}: `;
  return concat("❓ ", title, visible(question), title === "" ? place : "");
}

function questionText(about: Question): Formatted {
  const options = about.options.map(({ label, description }) =>
    concat("• ", bold(clip(visible(label), 100)), description === "" ? "" : `: ${visible(description)}`),
  );
  const hint = about.isMulti ? "Tick what fits, then Done" : "Choose one";
  return join(
    [
      questionLine(about),
      join(options.slice(0, 20), "\n"),
      italic(options.length === 0 ? "Write your answer." : `${hint}, or write your own answer.`),
    ],
    "\n\n",
  );
}

// === plans

function presentPlan(ask: Ask, { markdown }: Plan): Part[] {
  const waiting = join(
    [
      markdown === undefined
        ? f`📋 ${bold("Claude's plan stands above.")} Nothing of it is done yet.`
        : f`📋 ${bold("That is Claude's plan.")} Nothing of it is done yet.`,
      italic("Go carries it out. To change it, write what should be different."),
    ],
    "\n",
  );
  // The plan itself stays: it is what was agreed to.
  return [
    ...(markdown === undefined ? [] : messages(renderMarkdown(markdown))),
    ...messages(ask.state.kind === "waiting" ? waiting : outcome(ask), askButtons(ask)),
  ];
}

// === what became of it

function outcome({ about, state }: Ask): Formatted {
  switch (state.kind) {
    case "upcoming":
    case "waiting":
      return plain("");
    case "allowed":
      return state.isForSession && about.kind === "permission"
        ? f`✅ Allowed for this session (${rulesWords(about.rules)}):`
        : plain("✅ Allowed once:");
    case "denied":
      return state.reason === undefined
        ? plain("🚫 Denied:")
        : f`🚫 Denied, because “${clip(state.reason, 300)}”:`;
    case "answered":
      return f`→ ${bold(clip(state.answer, 500))}`;
    case "skipped":
      return plain("→ not answered");
    case "approved":
      return plain(
        state.withEdits
          ? "▶️ Go: the plan is carried out, and files are changed without asking from here on."
          : "▶️ Go: the plan is carried out.",
      );
    case "change":
      return f`✏️ To be changed: “${clip(state.wish, 500)}”`;
    case "stopped":
      return plain("⏹ Stopped: nothing of the plan was done.");
    case "parked":
      return parkedWords(about.kind, state);
    case "again":
      return about.kind === "plan"
        ? plain("▶️ Go: Claude is told to carry the plan out.")
        : plain("✅ Allowed after all, and running again:");
    case "cancelled":
      return plain(
        about.kind === "plan" ? "⏹ Not answered; the turn ended." : "⏹ Not answered; the turn ended:",
      );
  }
}

function parkedWords(
  kind: Ask["about"]["kind"],
  { why, afterMs }: { why: "timeout" | "restart"; afterMs?: number },
): Formatted {
  const cause =
    why === "restart"
      ? "The bot was restarted while this waited"
      : `Nobody answered within ${afterMs === undefined ? "the time" : span(afterMs)}`;
  switch (kind) {
    case "permission":
      return plain(`⌛ ${cause}, so it was not done:`);
    case "question":
      // Some versions of the CLI end the turn with the question that nobody can answer.
      return plain(
        `⌛ ${cause}; ${why === "restart" ? "Claude got no" : "Claude went on without an"} answer. Write it as a message.`,
      );
    case "plan":
      return plain(`⌛ ${cause}, so nothing of the plan was done.`);
  }
}

/** "15 min", "90 s". */
function span(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.max(1, Math.round(ms / 1_000))} s`;
}
