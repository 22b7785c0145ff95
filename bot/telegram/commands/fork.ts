/**
 * /fork [NAME]: a copy of the current session that goes its own way; in reply to
 * an answer, a copy of that answer's session from there on.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import { unquoted } from "../../store/session-name.ts";
import type { Session } from "../../store/session.ts";
import { type AnswerDeps, findAnswered } from "../../turns/answered.ts";
import type { ForkOutcome, Forking } from "../../turns/forking.ts";
import type { Journal } from "../../turns/journal.ts";
import type { Turns } from "../../turns/turns.ts";
import type { Command, Request } from "../command.ts";
import type { Part } from "../delivery.ts";
import { forked, noSuchAnswer, notForked } from "../presenter/fork.ts";
import { noCurrentSession, notMoved } from "../presenter/session-replies.ts";
import { begunSession } from "./begun.ts";

export interface ForkDeps extends AnswerDeps {
  readonly sessions: SessionManager;
  readonly turns: Turns;
  readonly forking: Forking;
  readonly journal: Journal;
}

/** The command. */
export function forkCommand(deps: ForkDeps): Command {
  return {
    name: "fork",
    description: "a copy of the session that goes its own way; in reply to an answer: from there",
    isSlow: true,
    leads: true,
    async run(request) {
      const { place, replyTo } = request;
      // Begun before, its copy may be current by now.
      const current = begunSession(deps, request) ?? deps.sessions.current(place);
      if (replyTo === undefined)
        return current === undefined ? noCurrentSession() : fork(deps, request, { session: current });
      const answered = await findAnswered(deps, place.chatId, replyTo, current);
      return answered === undefined ? noSuchAnswer() : fork(deps, request, answered);
    },
  };
}

async function fork(
  deps: ForkDeps,
  request: Request,
  { session, updateId: at }: { session: Session; updateId?: number },
): Promise<Part[]> {
  const { place, text, userId, updateId } = request;
  await deps.journal.note(updateId, { state: "acting", target: session.folder });
  const outcome = await deps.forking.fork({
    session,
    ...(at === undefined ? {} : { at }),
    ...(text === "" ? {} : { name: unquoted(text) }),
    place,
    createdBy: userId,
    originUpdateId: updateId,
  });
  return moveTo(deps, request, session, { outcome, isFromAnswer: at !== undefined });
}

/** Makes a copy current; with `releases`, what was kept of the first session runs in it. */
export async function moveTo(
  deps: Pick<ForkDeps, "sessions" | "turns">,
  { place }: Request,
  from: Session,
  {
    outcome,
    isFromAnswer = false,
    releases = false,
  }: {
    outcome: ForkOutcome;
    isFromAnswer?: boolean;
    releases?: boolean;
  },
): Promise<Part[]> {
  if (!outcome.ok) return notForked(from, outcome);
  const moved = await deps.sessions.makeCurrent(place, outcome.session.id);
  if (!moved.ok) return notMoved(outcome.session, "was made");
  // In reply to an answer it can be the first session of its place.
  const held = await deps.turns.release(place, outcome.session.id);
  const stalled = releases ? await deps.turns.terminal.release(from.id, outcome.session.id) : 0;
  const released = held + stalled;
  return forked(from, outcome, { isFromAnswer, released });
}
