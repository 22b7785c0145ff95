/**
 * A permission → messages with buttons: exactly what would be done, with nothing
 * in it hidden or left out. What is too long for a message is in a file. Pure.
 */
import type { Ask, Permission } from "../../../turns/view.ts";
import type { Part } from "../../delivery.ts";
import { bold, code, concat, f, type Formatted, italic, join, plain, pre } from "../../formatted.ts";
import { visible } from "../../visible.ts";
import { messages } from "../messages.ts";
import { allRules } from "../rules.ts";
import { clip } from "../words.ts";
import { askButtons } from "./buttons.ts";
import { outcome, settled } from "./outcome.ts";

/** What fits into one message together with its heading and hints, in UTF-16 units. */
const ONE_MESSAGE = 2_500;
/** What is shown of more than that; the file beside it holds all. */
const SHOWN = 3_000;
/** What a file holds at most; then it says how much is missing. */
const MOST_IN_FILE = 200_000;

/** Its messages, as it stands. */
export function presentPermission(ask: Ask, about: Permission): Part[] {
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
      rules.length === 0 ? "" : f`“For this session” allows ${allRules(rules)}.`,
      italic("Answer yes or no, or reply to this message: your words are then the reason for a no."),
    ],
    "\n",
  );
}

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
