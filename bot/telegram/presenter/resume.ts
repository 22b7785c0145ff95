/**
 * The CLI's own conversations as a list, and the recap of one. Their words are
 * data: in short, as quotes, never as markup. Pure.
 */
import { basename } from "node:path";
import type { Session } from "../../store/session.ts";
import type { Conversation } from "../../turns/resuming.ts";
import type { Button, Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, italic, join, plain, quoted } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { switchButton } from "./session-buttons.ts";
import { sessionName } from "./sessions.ts";
import { ago, clip, count } from "./words.ts";

const PAGE = 8;

/** The list, a button each. `words` are what was looked for; then there is one page. */
export function conversationList(
  found: readonly Conversation[],
  { now, page: wanted = 0, words = "" }: { now: Date; page?: number; words?: string },
): Part[] {
  if (found.length === 0)
    return say(
      words === ""
        ? f`There is nothing to resume: Claude Code has no conversation of yours in the folders that sessions may work in (${code("WORKSPACE_ROOTS")}). Those that are sessions already are in /session.`
        : f`No conversation of Claude Code's has ${code(clip(words, 60))} in its name or its last words. /resume alone lists them.`,
    );
  const pages = words === "" ? Math.ceil(found.length / PAGE) : 1;
  const page = Math.min(Math.max(0, Math.trunc(wanted)), pages - 1);
  const shown = found.slice(page * PAGE, page * PAGE + PAGE);
  const lines = shown.map(({ title, lastWords, changedAt, cwd }) =>
    concat(
      "○ ",
      bold(clip(title, 60)),
      `\n    ${clip(basename(cwd), 40)} · ${ago(changedAt.toISOString(), now)}`,
      lastWords === title ? "" : concat("\n    ", italic(clip(lastWords, 100))),
    ),
  );
  const buttons: Button[][] = shown.map(({ title, claudeSessionId }) => [
    { text: clip(title, 40) || "without a name", data: `resume:${claudeSessionId}` },
  ]);
  const pager: Button[] = [
    ...(page > 0 ? [{ text: "◀ newer", data: `resumes:${page - 1}` }] : []),
    ...(page + 1 < pages ? [{ text: "older ▶", data: `resumes:${page + 1}` }] : []),
  ];
  return messages(
    join(
      ["🖥 Had with Claude Code at a terminal:", join(lines, "\n"), "Tap one to go on with it here."],
      "\n\n",
    ),
    [...buttons, ...(pager.length > 0 ? [pager] : [])],
  );
}

/** A conversation is a session now, and current: what was said last. */
export function resumed(
  session: Session,
  { exchanges }: Conversation,
  { existed, released }: { existed: boolean; released: number },
): Part[] {
  const runs = released > 0 ? ` Running what you wrote before (${count(released, "message")}).` : "";
  const lead = existed
    ? f`You are in ${sessionName(session)} now, which has that conversation.${runs}`
    : f`📱 You are in ${sessionName(session)} now, in ${code(session.cwd)}, with all that was said there.${runs}`;
  return messages(join([lead, recap(exchanges)], "\n\n"));
}

function recap(exchanges: Conversation["exchanges"]): Formatted {
  const lines = exchanges.flatMap(({ asked, answered }) => [
    plain(`You: ${clip(asked, 300)}`),
    plain(answered === "" ? "" : `Claude: ${clip(answered, 600)}`),
  ]);
  return quoted(join(lines, "\n"));
}

export const isSessionAlready = (session: Session): Part[] =>
  messages(f`${sessionName(session)} is a session here already.`, [[switchButton(session)]]);

export const conversationGone = (): Part[] =>
  say(
    "That conversation is not there any more, or not in a folder that sessions may work in. /resume lists what there is.",
  );

export const conversationElsewhere = (): Part[] =>
  say("That conversation is a session of another chat already. Two sessions never have one conversation.");
