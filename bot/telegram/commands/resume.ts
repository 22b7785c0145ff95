/**
 * /resume [WORDS]: lists the conversations that the person had with Claude Code
 * at a terminal, and brings one into the chat with what was said last.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import type { Resuming } from "../../turns/resuming.ts";
import type { Turns } from "../../turns/turns.ts";
import type { Command, Request, WorkButton } from "../command.ts";
import type { Part } from "../delivery.ts";
import { pressExpired } from "../presenter/replies.ts";
import { notMade, notMoved } from "../presenter/session-replies.ts";
import {
  conversationElsewhere,
  conversationGone,
  conversationList,
  isSessionAlready,
  resumed,
} from "../presenter/resume.ts";
import { atTerminal } from "../presenter/terminal.ts";

export interface ResumeDeps {
  readonly sessions: SessionManager;
  readonly turns: Turns;
  readonly resuming: Resuming;
  readonly now: () => Date;
}

/** The command. */
export function resumeCommand(deps: ResumeDeps): Command {
  return {
    name: "resume",
    description: "go on with what you had at a terminal: /resume [words]",
    isSlow: true,
    async run(request) {
      const { text, place } = request;
      if (text === "") return list(deps, request, 0);
      const found = await deps.resuming.list(place.chatId, text.split(/\s+/));
      const own = found.length === 0 ? deps.sessions.find(place.chatId, text) : undefined;
      if (own?.kind === "one") return isSessionAlready(own.session);
      return conversationList(found, { now: deps.now(), words: text });
    },
  };
}

/** The buttons of the list: one brings a conversation in, one turns the page. */
export function resumeButtons(deps: ResumeDeps): WorkButton[] {
  return [
    {
      kind: "resume",
      isSlow: true,
      leads: true,
      refuse: ({ text }) => (/^[0-9a-f-]{36}$/.test(text) ? undefined : pressExpired),
      press: (request) => bring(deps, request),
    },
    { kind: "resumes", isSlow: true, press: (request) => list(deps, request, Number(request.text) || 0) },
  ];
}

async function list(deps: ResumeDeps, { place }: Request, page: number): Promise<Part[]> {
  return conversationList(await deps.resuming.list(place.chatId), { now: deps.now(), page });
}

async function bring(deps: ResumeDeps, request: Request): Promise<Part[]> {
  const { place, userId: createdBy, updateId: originUpdateId } = request;
  const { sessions, turns } = deps;
  const brought = await deps.resuming.bring(request.text, { place, createdBy, originUpdateId });
  if (!brought.ok) {
    if (brought.kind === "elsewhere") return conversationElsewhere();
    return brought.kind === "disk_full" ? notMade(true) : conversationGone();
  }
  const { session, found, existed } = brought;
  const moved = await sessions.makeCurrent(place, session.id);
  if (!moved.ok) return notMoved(session, "was made");
  // Who has it open at the desk is not driven out of it.
  const at = await turns.terminal.look(session);
  if (at !== undefined && session.terminal === undefined) await turns.terminal.mark(session.id);
  const released = await turns.release(place, session.id);
  const told = resumed(session, found, { existed, released });
  return at === undefined ? told : [...told, ...atTerminal(session, at, turns.terminal.stalled(session.id))];
}
