/**
 * Where a message stands: its chat, the topic if it is in one, and the message that
 * it answers. Pure.
 */
import type { MaybeInaccessibleMessage, Message } from "grammy/types";
import type { Place } from "../turns/view.ts";

/** A reply in a plain group carries a thread id, too; only a topic is a place of its own. */
export function placeOf(message: MaybeInaccessibleMessage): Place {
  const isTopic = "is_topic_message" in message && message.is_topic_message;
  return isTopic && message.message_thread_id !== undefined
    ? { chatId: message.chat.id, threadId: message.message_thread_id }
    : { chatId: message.chat.id };
}

/** The message that this one answers. In a topic what answers none hangs under the one that opened it. */
export function answeredBy({ reply_to_message: answered }: Message): Message["reply_to_message"] {
  return answered?.forum_topic_created === undefined ? answered : undefined;
}
