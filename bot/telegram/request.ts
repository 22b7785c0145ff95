/**
 * An update that grammY handles → what a command, or a button, is asked with. Pure.
 * It does not know which command that is.
 */
import type { Context } from "grammy";
import type { Message } from "grammy/types";
import type { Request } from "./command.ts";
import { answeredBy, placeOf } from "./place.ts";

/** The request; `text` is what stands behind the command's name, or in the button's data behind its kind. */
export function requestOf(ctx: Context, text: string): Request {
  const message = ctx.message ?? ctx.callbackQuery?.message;
  // Access let it through, so it has both.
  if (message === undefined || ctx.from === undefined)
    throw new TypeError("an update without a chat or a person");
  const place = placeOf(message);
  const { chat } = message;
  const hasTopics = chat.type === "private" ? ctx.me.has_topics_enabled : chat.is_forum === true;
  // Every message of a topic that answers no other hangs under the one that opened it.
  const topicName =
    place.threadId !== undefined && "reply_to_message" in message
      ? message.reply_to_message?.forum_topic_created?.name
      : undefined;
  return {
    updateId: ctx.update.update_id,
    messageId: message.message_id,
    place,
    userId: ctx.from.id,
    text: text.trim(),
    ...replyOf(ctx.message),
    hasTopics,
    ...(topicName === undefined ? {} : { topicName }),
  };
}

function replyOf(message: Message | undefined): { replyTo?: number } {
  const answered = message && answeredBy(message);
  return answered === undefined ? {} : { replyTo: answered.message_id };
}
