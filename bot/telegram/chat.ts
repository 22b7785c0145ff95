/**
 * A plain message → a turn in the lane of the session that is current where it
 * was written; without one, it is kept and the person is asked. It never waits
 * for a turn.
 */
import type { Message, Update } from "grammy/types";
import type { SessionManager } from "../store/session-manager.ts";
import type { KeptOrder } from "../turns/facts.ts";
import type { Turns } from "../turns/turns.ts";
import type { Place } from "../turns/view.ts";
import { answerIn, type ReplyDeps } from "./ask-replies.ts";
import type { Outbox } from "./outbox.ts";
import { placeOf } from "./place.ts";
import { textOnly, waitsForRoom } from "./presenter/replies.ts";
import { offerSessions } from "./presenter/sessions.ts";
import { editTooLate, heldChanged } from "./presenter/waiting.ts";
import { react, type ReactionDeps } from "./reaction.ts";
import { speakerOf } from "./speaker.ts";

export interface ChatDeps extends ReplyDeps, ReactionDeps {
  readonly sessions: SessionManager;
  readonly turns: Turns;
  readonly outbox: Outbox;
  readonly now: () => Date;
}

/** Takes a message that is no command of ours. */
export async function takeMessage(deps: ChatDeps, updateId: number, message: Message): Promise<void> {
  const { sessions, turns, outbox } = deps;
  const place = placeOf(message);
  const answer = answerIn(deps, message);
  if (answer) {
    const decided = deps.asks.decide(answer.found, answer.decision);
    if (decided.ok) {
      react(deps, { place, messageId: message.message_id }, "read");
      return decided.done;
    }
  }
  if (message.text === undefined) {
    if (isSent(message)) await outbox.answer({ updateId, place }).finish(textOnly(), "answered");
    return;
  }
  react(deps, { place, messageId: message.message_id }, "taken");
  const speaker = speakerOf(message);
  const order: KeptOrder = {
    place,
    ...(speaker === undefined ? {} : { speaker }),
    createdBy: message.from?.id ?? 0,
    messageId: message.message_id,
    text: wordsOf(message, message.text),
  };
  const session = sessions.current(place);
  if (session !== undefined) return turns.submit(updateId, session.id, order);
  const waiting = await turns.hold(updateId, order);
  // Asked once; whatever else is written meanwhile waits beside the first.
  if (waiting === 1) offer(deps, place, waiting);
}

/**
 * Changes the words of a message that waits. One that has begun is not run again: the person is told
 * once, and of what is long past not at all.
 */
export async function takeEdit(deps: ChatDeps, message: Message): Promise<void> {
  const { text = message.caption } = message;
  if (text === undefined) return;
  const place = placeOf(message);
  const words = wordsOf(message, text);
  const outcome = await deps.turns.line.edit(place, message.message_id, (order) => ({
    ...order,
    text: words,
  }));
  if (outcome === "unknown" || outcome === "changed") return;
  const about = { replyTo: message.message_id };
  void deps.outbox.remark(place, outcome === "too_late" ? editTooLate() : heldChanged(), about);
}

/** What Claude is told that the person wrote. */
function wordsOf(message: Message, text: string): string {
  return message.forward_origin === undefined ? text : asForwarded(text);
}

/**
 * Another's words, passed on: marked for the model, and disarmed for the CLI. It
 * would run what begins with a slash, and read the file behind every `@` into the
 * prompt unasked; a word joiner after it is not seen and names none.
 */
function asForwarded(text: string): string {
  return `(forwarded message)\n${text.replaceAll("@", "@\u2060")}`;
}

/** Asks where the messages that wait at `place` shall run. */
export function offer({ sessions, outbox, now }: ChatDeps, place: Place, waiting: number): void {
  void outbox.notice(place, offerSessions({ sessions: sessions.list(place.chatId), waiting, now: now() }));
}

/** Tells each place of `updates` that they wait at Telegram until the disk has room. */
export function tellDiskFull({ outbox }: Pick<ChatDeps, "outbox">, updates: readonly Update[]): void {
  const places = new Map<string, Place>();
  for (const { message, callback_query: press } of updates) {
    const written = message ?? press?.message;
    if (written === undefined) continue;
    const place = placeOf(written);
    places.set(JSON.stringify(place), place);
  }
  for (const place of places.values()) void outbox.notice(place, waitsForRoom());
}

/** Whether a person sent something, rather than Telegram telling of a member, a pin or a new title. */
function isSent(message: Message): boolean {
  const kinds = [
    "photo",
    "document",
    "voice",
    "audio",
    "video",
    "video_note",
    "animation",
    "sticker",
    "location",
    "contact",
    "poll",
    "dice",
    "story",
    "game",
    "checklist",
    "paid_media",
  ];
  return kinds.some((kind) => kind in message);
}
