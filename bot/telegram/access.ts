/**
 * Who may speak, decided before anything else and for every kind of update. Pure.
 * Anyone else gets no call, no line, no file: this says only yes or no.
 */
import type { Update, User } from "grammy/types";

/** Ids, not names: a name can be changed and taken by another. */
export interface AccessList {
  readonly userIds: ReadonlySet<number>;
  /** Groups in which those people may speak. */
  readonly chatIds: ReadonlySet<number>;
}

/** Who is meant, as far as it decides. */
type Person = Pick<User, "id" | "is_bot">;

/** Whether an update comes from a listed person, in their private chat or a listed group. */
export function isAllowed(update: Update, list: AccessList): boolean {
  const origin = originOf(update);
  if (origin === undefined) return false;
  const { user, chat, isOnBehalf } = origin;
  if (user.is_bot || isOnBehalf || !list.userIds.has(user.id)) return false;
  return chat.type === "private" ? chat.id === user.id : list.chatIds.has(chat.id);
}

/** Whether who asked for something in an earlier life, there, still may: `createdBy` where it is known. */
export function isStillAllowed(
  { chatId, createdBy }: { readonly chatId: number; readonly createdBy?: number },
  list: AccessList,
): boolean {
  if (createdBy !== undefined && !list.userIds.has(createdBy)) return false;
  // A private chat has the id of who is in it; a group's is below zero.
  return chatId > 0 ? list.userIds.has(chatId) : list.chatIds.has(chatId);
}

interface Origin {
  readonly user: Person;
  readonly chat: { readonly id: number; readonly type: string };
  /** Sent in the name of a channel or as an anonymous admin: who wrote it is not known. */
  readonly isOnBehalf: boolean;
}

/** Only the kinds that are handled have an origin; every other is refused. */
function originOf(update: Update): Origin | undefined {
  const { callback_query: press } = update;
  const message = update.message ?? update.edited_message;
  // A broken update may lack what its kind must have.
  if (message?.from && message.chat) {
    return { user: message.from, chat: message.chat, isOnBehalf: message.sender_chat !== undefined };
  }
  if (press?.from && press.message?.chat)
    return { user: press.from, chat: press.message.chat, isOnBehalf: false };
  // It names no person; a private chat has the id of the one who is in it, and there is no other kind.
  const stopped = update.stopped_message_generation?.chat;
  if (stopped) return { user: { id: stopped.id, is_bot: false }, chat: stopped, isOnBehalf: false };
  return undefined;
}
