/**
 * Plain messages → a turn in the lane of the session that is current where they
 * were written; without one, they are kept and the person is asked. It never
 * waits for a turn.
 */
import type { Message, Update } from "grammy/types";
import { placeKey } from "../store/chats.ts";
import type { SessionManager } from "../store/session-manager.ts";
import type { KeptOrder } from "../turns/order.ts";
import type { Kept } from "../turns/kept.ts";
import { isNamedLikeArchive, type Parcels } from "../turns/parcels.ts";
import { messagesOf, type Piece, asOne, withEdit } from "../turns/pieces.ts";
import type { Turns } from "../turns/turns.ts";
import type { Place } from "../turns/view.ts";
import { answerIn, type ReplyDeps } from "./ask-replies.ts";
import { questionAbout } from "./commands/parcel.ts";
import { sessionsSeen } from "./commands/session.ts";
import type { Outbox } from "./outbox.ts";
import type { Part } from "./delivery.ts";
import { type Gathered, joinPieces, jointAfter, mayBeCut } from "./gather.ts";
import { type Asked, MAX_FETCH_BYTES, readMessage } from "./incoming.ts";
import { placeOf } from "./place.ts";
import { waitsForRoom } from "./presenter/replies.ts";
import { noTranscriber, tooBig, unreadable } from "./presenter/sent-in.ts";
import { offerSessions } from "./presenter/sessions.ts";
import { editTooLate, heldChanged } from "./presenter/waiting.ts";
import { react, type ReactionDeps } from "./reaction.ts";
import { speakerOf } from "./speaker.ts";

export interface ChatDeps extends ReplyDeps, ReactionDeps {
  readonly sessions: SessionManager;
  readonly turns: Turns;
  readonly kept: Pick<Kept, "edit">;
  readonly parcels: Parcels;
  readonly outbox: Outbox;
  readonly now: () => Date;
  /** Whether there is a program that makes text of speech. */
  readonly canHear: boolean;
}

/** Shows that a message was seen. */
export function acknowledge(deps: ReactionDeps, message: Message, meId: number): void {
  if (readMessage(message, meId).kind !== "asked") return;
  react(deps, { place: placeOf(message), messageId: message.message_id }, "taken");
}

/** Takes a message that answers what Claude asks; undefined where it answers nothing. */
export function takeAnswer(deps: ChatDeps, message: Message): Promise<void> | undefined {
  const answer = answerIn(deps, message);
  const decided = answer && deps.asks.decide(answer.found, answer.decision);
  if (!decided?.ok) return undefined;
  const { message_id: messageId, from, text = "" } = message;
  const place = placeOf(message);
  deps.turns.line.answered({ place, createdBy: from?.id ?? 0, messageId, text });
  react(deps, { place, messageId }, "read");
  return decided.done;
}

/** Takes messages that are one and no command of ours; `meId` is the bot's own user id. */
export async function takeMessages(
  deps: ChatDeps,
  group: readonly [Gathered, ...Gathered[]],
  meId: number,
): Promise<void> {
  const { sessions, turns, parcels, outbox, canHear } = deps;
  const [{ updateId, message }, ...rest] = group;
  if (mayBeCut(message)) {
    const pieces = group.flatMap((one) => one.message.text ?? []);
    const whole: Message = { ...message, text: joinPieces(pieces) };
    const answered = takeAnswer(deps, whole);
    if (answered !== undefined) return answered;
  }
  const place = placeOf(message);
  const read = group.map((one) => ({ message: one.message, ...readMessage(one.message, meId) }));
  const asked = read.flatMap((one) => (one.kind === "asked" ? [one] : []));
  const refuse = (parts: readonly Part[]): Promise<void> =>
    outbox.answer({ updateId, place }).finish(parts, "answered");
  if (asked.length === 0) {
    if (read.some(({ kind }) => kind === "unreadable")) await refuse(unreadable());
    return;
  }
  const whole = combine(asked);
  const files = whole.attachments ?? [];
  const big = files.find(({ bytes = 0 }) => bytes > MAX_FETCH_BYTES);
  if (big?.bytes !== undefined)
    return refuse(tooBig({ ...big, bytes: big.bytes, isArchive: isNamedLikeArchive(big) }));
  if (!canHear && files.some(({ kind }) => kind === "voice")) return refuse(noTranscriber());

  const speaker = speakerOf(message);
  const order: KeptOrder = {
    place,
    ...(speaker === undefined ? {} : { speaker }),
    createdBy: message.from?.id ?? 0,
    messageId: message.message_id,
    ...whole,
    ...(rest.length === 0 ? {} : { joined: rest.map((one) => one.updateId) }),
  };
  const before = parcels.looking(place);
  if (before !== undefined) await before;
  if (parcels.mayBring(order)) {
    const question = await questionAbout(deps, updateId, order);
    if (question !== undefined) return refuse(question);
  }
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
export async function takeEdit(deps: ChatDeps, message: Message, meId: number): Promise<void> {
  const read = readMessage(message, meId);
  if (read.kind !== "asked") return;
  const { message_id: messageId } = message;
  const place = placeOf(message);
  const change = (order: KeptOrder): KeptOrder => withEdit(order, messageId, read.asked);
  const outcome = (await editKept(deps, message, change))
    ? "changed_held"
    : await deps.turns.line.edit(place, messageId, change);
  // Of one that stands in line, the note under it says so.
  if (outcome === "unknown" || outcome === "changed") return;
  const remark = outcome === "too_late" ? editTooLate() : heldChanged();
  void deps.outbox.remark(place, remark, { replyTo: messageId });
}

/** Changes a message that is kept for the person's word; false where it is not. */
async function editKept(
  { kept }: ChatDeps,
  message: Message,
  change: (order: KeptOrder) => KeptOrder,
): Promise<boolean> {
  const { chat, message_id: messageId } = message;
  return kept.edit(
    ({ order, update }) => {
      if (order) return messagesOf(order).includes(messageId) && order.place.chatId === chat.id;
      const written = (update as Update | undefined)?.message;
      return written?.message_id === messageId && written.chat.id === chat.id;
    },
    {
      order: change,
      update: (update) => ({ ...(update as Update), message }),
    },
  );
}

/** What messages ask that are one. */
function combine(
  read: readonly { message: Message; asked: Asked }[],
): Pick<KeptOrder, "text" | "attachments" | "quote" | "pieces"> {
  const isCut = read.every(({ message }) => message.text !== undefined && !message.forward_origin);
  const pieces = read.map(({ message, asked: { text, attachments } }, at): Piece => ({
    messageId: message.message_id,
    joint: isCut ? jointAfter(read[at - 1]?.message.text ?? "") : "\n\n",
    text,
    ...(attachments === undefined ? {} : { attachments }),
  }));
  const quote = read.find(({ asked }) => asked.quote !== undefined)?.asked.quote;
  return {
    ...asOne(pieces),
    ...(quote === undefined ? {} : { quote }),
    ...(pieces.length > 1 ? { pieces } : {}),
  };
}

/** Asks where the messages that wait at `place` shall run. */
export function offer(
  deps: Pick<ChatDeps, "sessions" | "turns" | "outbox" | "now">,
  place: Place,
  waiting: number,
): void {
  void deps.outbox.notice(place, offerSessions({ ...sessionsSeen(deps, place), waiting }));
}

/** Tells each place of `updates` that they wait at Telegram until the disk has room. */
export function tellDiskFull({ outbox }: Pick<ChatDeps, "outbox">, updates: readonly Update[]): void {
  const places = new Map<string, Place>();
  for (const { message, callback_query: press } of updates) {
    const written = message ?? press?.message;
    if (written === undefined) continue;
    const place = placeOf(written);
    places.set(placeKey(place), place);
  }
  for (const place of places.values()) void outbox.notice(place, waitsForRoom());
}
