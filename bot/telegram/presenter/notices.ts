/**
 * What the bot says unasked: after a restart, and about itself. Pure.
 */
import type { Modes } from "../../store/modes.ts";
import { type AllowRule, ruleId, type Session, shortId } from "../../store/session.ts";
import type { Button, Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, join, plain } from "../formatted.ts";
import { keptWords, recoveredWords, SHOW_KEPT } from "./away.ts";
import { messages, say } from "./messages.ts";
import { modesLine } from "./modes.ts";
import { pulse, type PulseFacts } from "./pulse.ts";
import { ruleLabel, ruleWords } from "./rules.ts";
import { sessionName } from "./sessions.ts";
import { deskFacts } from "./terminal.ts";
import { waitingList, type Waits } from "./waiting.ts";
import { clip, count, money } from "./words.ts";

/** Told in each chat whose sessions had a turn under way when the bot died. */
export const recovered = (sessions: readonly Session[]): Part[] => say(recoveredWords(sessions));

/** Told when an archive that a crash had interrupted was finished, and nobody waits for its answer. */
export function archiveFinished(name: string): Part[] {
  return say(f`📦 The archive of ${bold(name)}, which a restart had interrupted, is finished.`);
}

/** Told to everyone on the list: a session's file was unreadable at the start. */
export function sessionSetAside(folder: string): Part[] {
  return say(
    f`⚠️ The session in ${code(folder)} could not be read: its session.json is damaged. It was set aside as session.json.broken-…; everything else in the folder is untouched, and all other sessions work. To have it back, mend that file by hand, call it session.json again, and start the bot again.`,
  );
}

/** Told to everyone on the list: the file that says which session is current was unreadable at the start. */
export function chatsSetAside(): Part[] {
  return say(
    "⚠️ The list of which session was current where was damaged and set aside; it was made again from the sessions themselves. /session shows where you are.",
  );
}

/** Told where a session lives of which a start found a second copy, frozen for an archive. */
export function needsLook(session: Session): Part[] {
  return say(
    f`⚠️ Of ${sessionName(session)} there is a second copy beside it, frozen while it was archived. Both are kept as they are and the session works; it needs a look by hand, and the log on the machine names it.`,
  );
}

/** Told to whoever made a group a supergroup. */
export function groupMigrated(title: string | undefined, newId: number): Part[] {
  return say(
    f`⚠️ The group ${bold(clip(title ?? "", 60) || "without a title")} is a supergroup now, with another id: ${code(String(newId))}. Put it into ${code("ALLOWED_CHAT_IDS")} and start the bot again; until then it hears nothing there. Its sessions stay on the machine under the old id.`,
  );
}

/** Told after an answer of which Telegram takes a part never, however it is written. */
export function partRefused({ isTurn }: { isTurn: boolean }): Part[] {
  return say(
    isTurn
      ? "⚠️ Telegram refused part of this answer; all of it is in the turn's folder on the machine."
      : "⚠️ Telegram refused part of this answer; the log on the machine says why.",
  );
}

/** Told where an answer that an earlier life had stored cannot be read any more. */
export function notShown({ isTurn }: { isTurn: boolean }): Part[] {
  return say(
    isTurn
      ? "⚠️ The answer is in the turn's folder on the machine; it could not be shown."
      : "⚠️ The answer to your command could not be shown. Send it again to see where things stand.",
  );
}

export interface StatusFacts extends PulseFacts {
  readonly current: Session | undefined;
  /** What the current session's next turn is run with. */
  readonly modes?: Modes;
  readonly isRunning: boolean;
  /** The running turn waits for the person. */
  readonly isAsking?: boolean;
  /** What has not begun in the current session, in order. */
  readonly waiting: readonly Waits[];
  /** What is kept because the current session's conversation goes on at a terminal. */
  readonly stalled?: number;
  /** Messages that are kept until a session is current here. */
  readonly held: number;
  /** What waited while the bot was away, and is done only if the person says so. */
  readonly kept?: number;
  readonly sessions: number;
}

/** The answer to /status. */
export function status(facts: StatusFacts): Part[] {
  const { current } = facts;
  const here = current
    ? f`You are in ${sessionName(current)} (persona ${bold(current.persona)}): ${
        facts.isRunning
          ? `a turn is running${facts.isAsking ? " and waits for an answer to what Claude asks" : ""}`
          : "nothing is running"
      }${facts.waiting.length > 0 ? `, ${count(facts.waiting.length, "message")} waiting` : ""}.`
    : plain(`No session is current here${heldWords(facts.held)}.`);
  const used = current
    ? plain(
        `${count(current.totals.turns, "turn")} so far, ${money(current.totals.costUsd)}, ` +
          `${current.totals.inputTokens + current.totals.outputTokens} tokens.`,
      )
    : plain("");
  const waiting = waitingList(facts.waiting);
  const desk = current ? deskFacts(current, facts.stalled ?? 0) : { line: plain(""), buttons: [] };
  const rules = current?.allowRules ?? [];
  return messages(
    join(
      [
        here,
        desk.line,
        current && facts.modes ? f`${modesLine(facts.modes)} It works in ${code(current.cwd)}.` : plain(""),
        waiting.lines,
        keptWords(facts.kept ?? 0),
        used,
        allowedHere(rules),
        plain(`${count(facts.sessions, "session")} in this chat.`),
        pulse(facts),
      ],
      "\n",
    ),
    [
      ...waiting.buttons,
      ...desk.buttons,
      ...((facts.kept ?? 0) > 0 ? [SHOW_KEPT] : []),
      ...((current && revokeButtons(current, rules)) ?? []),
    ],
  );
}

/** More rules than this are counted; they come up when others are taken back. */
const MOST_RULES = 20;

function allowedHere(rules: readonly AllowRule[]): Formatted {
  if (rules.length === 0) return plain("");
  const more = rules.length > MOST_RULES ? [plain(`• and ${rules.length - MOST_RULES} more`)] : [];
  const listed = rules.slice(0, MOST_RULES).map((rule) => concat("• ", ruleWords(rule)));
  return join([plain("Allowed in this session without asking:"), ...listed, ...more], "\n");
}

function revokeButtons(session: Session, rules: readonly AllowRule[]): Button[][] {
  return rules.slice(0, MOST_RULES).map((rule) => [
    {
      text: `Take back: ${ruleLabel(rule)}`,
      data: `revoke:${shortId(session)}:${ruleId(rule)}`,
    },
  ]);
}

export function help(commands: readonly { name: string; description: string }[]): Part[] {
  return say(
    join(
      [
        plain(
          "Write, and Claude Code on your machine answers. Sessions keep conversations apart; each has its own folder.",
        ),
        join(
          commands.map((command) => plain(`/${command.name} — ${command.description}`)),
          "\n",
        ),
        plain("Claude's own commands work too, for example /compact or /context."),
      ],
      "\n\n",
    ),
  );
}

function heldWords(held: number): string {
  if (held === 0) return "";
  const kept = `${count(held, "message")} ${held === 1 ? "is" : "are"} kept until you choose one`;
  return `; ${kept}. /session lists what there is, /new makes one`;
}
