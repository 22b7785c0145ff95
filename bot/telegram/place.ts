/**
 * Where a message stands: its chat, and the topic if it is in one. Pure.
 */
import type { MaybeInaccessibleMessage } from "grammy/types";
import type { Place } from "../turns/view.ts";

/** A reply in a plain group carries a thread id, too; only a topic is a place of its own. */
export function placeOf(message: MaybeInaccessibleMessage): Place {
  const isTopic = "is_topic_message" in message && message.is_topic_message;
  return isTopic && message.message_thread_id !== undefined
    ? { chatId: message.chat.id, threadId: message.message_thread_id }
    : { chatId: message.chat.id };
}
