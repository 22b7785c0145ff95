/**
 * A written answer to what Claude asks: a reply to its message, or plain words
 * while it waits. What is no answer stays a message like any other. It looks
 * only at what runs, so that no message is overtaken while it looks.
 */
import type { Message } from "grammy/types";
import type { Asks, FoundAsk } from "../turns/asks/asks.ts";
import type { Journal } from "../turns/journal.ts";
import type { Ask, Decision } from "../turns/view.ts";
import { placeKey } from "../store/chats.ts";
import type { SessionManager } from "../store/session-manager.ts";
import { answeredBy, placeOf } from "./place.ts";
import { readAskButton } from "./presenter/asks/buttons.ts";
import { presentAsk } from "./presenter/asks/asks.ts";

export interface ReplyDeps {
  readonly asks: Asks;
  readonly sessions: SessionManager;
  readonly journal: Journal;
}

const YES = /^(y|yes|yep|yeah|ok|okay|sure|allow|go|go ahead|do it|ja|jo|oui|si|sí|да|👍)[.!]*$/iu;
const NO = /^(n|no|nope|deny|stop|don't|dont|nein|ne|non|нет|👎)[.!]*$/iu;

/** The ask that `message` answers, and what it says to it; undefined where it answers none. */
export function answerIn(
  deps: ReplyDeps,
  message: Message,
): { found: FoundAsk; decision: Decision } | undefined {
  const { text, from, forward_origin: forwarded } = message;
  // Another's words, only passed on, decide nothing.
  if (text === undefined || forwarded !== undefined) return undefined;
  const target = askOf(deps, message);
  if (target === undefined || target.found.createdBy !== from?.id) return undefined;
  const decision = decisionOf(target.found.ask, text.trim(), target.isReply);
  return decision && { found: target.found, decision };
}

function askOf(
  { asks, sessions, journal }: ReplyDeps,
  message: Message,
): { found: FoundAsk; isReply: boolean } | undefined {
  const place = placeOf(message);
  const replied = answeredBy(message);
  const data = replied?.reply_markup?.inline_keyboard
    .flat()
    .flatMap((button) => ("callback_data" in button ? button.callback_data : []))
    .find((each) => each.startsWith("ask:"));
  // The buttons under a message say what it asks; they are ours, and looked up like a press.
  const named = data === undefined ? undefined : readAskButton(data.slice("ask:".length));
  if (named) {
    const found = asks.findWaiting(named.ref, place);
    return found && { found, isReply: true };
  }
  const current = sessions.current(place);
  // Its session may be current in another topic, too: there nobody sees what is asked.
  const waiting = (current === undefined ? [] : asks.waitingIn(current.id)).filter(
    (one) => placeKey(one.place) === placeKey(place),
  );
  const [only] = waiting;
  if (only === undefined || waiting.length > 1) return undefined;
  if (replied === undefined) return { found: only, isReply: false };
  const messages = journal.get(only.ask.updateId)?.messages ?? [];
  if (!messages.includes(replied.message_id)) return undefined;
  // A long one stands in several messages, the last of the turn, and only its last has buttons. What
  // replies to other words of the turn is about those.
  const isReply = messages.slice(-presentAsk(only.ask).length).includes(replied.message_id);
  return { found: only, isReply };
}

/** What words say to an ask. To a permission only a clear yes or no counts, unless they reply to it. */
export function decisionOf(ask: Ask, text: string, isReply: boolean): Decision | undefined {
  if (text === "") return undefined;
  switch (ask.about.kind) {
    case "permission":
      if (YES.test(text)) return { verb: "allow", isForSession: false };
      if (NO.test(text)) return { verb: "deny" };
      return isReply ? { verb: "deny", reason: text } : undefined;
    case "question":
      return { verb: "say", text };
    case "plan":
      if (YES.test(text)) return { verb: "go", withEdits: false };
      return NO.test(text) ? { verb: "stop" } : { verb: "change", wish: text };
  }
}
