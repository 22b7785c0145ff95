/**
 * What is only in groups and topics: the message that opens a topic, what a bot
 * in privacy mode is shown, and whether a message is meant for the bot at all.
 */
import type { Message, MessageEntity, User } from "grammy/types";
import type { ChatRoom } from "./chat.ts";
import type { ChatMessage } from "./message.ts";
import { badRequest } from "./refusal.ts";

/** Opens a topic: its id is the id of the message that says so. */
export function openTopic(room: ChatRoom, name: string, by: User, bot: User): ChatMessage {
  const id = room.newId();
  room.topics.set(id, name);
  const extra = { forum_topic_created: { name, icon_color: 7_322_096 } };
  return room.add({ id, threadId: id, from: by, extra }, { text: "" }, bot);
}

/** What a message in a topic hangs under, if it answers no other: the one that opened the topic. */
export function rootOf(room: ChatRoom, threadId: number | undefined): ChatMessage | undefined {
  return threadId === undefined ? undefined : room.message(threadId);
}

/** The topic of a call, refused as the real server does; a closed one takes nothing from a bot without rights. */
export function checkTopic(room: ChatRoom, id: number): void {
  if (!room.topics.has(id)) throw badRequest("message thread not found");
  if (room.closedTopics.has(id)) throw badRequest("TOPIC_CLOSED");
}

/** Whether a message of a group is meant for `bot`: a command, its name, an answer to it. All in a private chat is. */
export function isMeantFor(bot: Pick<User, "id" | "username">, message: Message): boolean {
  if (message.chat.type === "private") return true;
  const text = message.text ?? message.caption ?? "";
  const entities: readonly MessageEntity[] = message.entities ?? message.caption_entities ?? [];
  const names = entities.map(
    ({ type, offset, length }) => [type, text.slice(offset, offset + length)] as const,
  );
  const self = `@${bot.username ?? ""}`.toLowerCase();
  const command = names.find(([type]) => type === "bot_command")?.[1].toLowerCase();
  if (command !== undefined && text.startsWith("/")) return !command.includes("@") || command.endsWith(self);
  if (names.some(([type, name]) => type === "mention" && name.toLowerCase() === self)) return true;
  const answered = message.reply_to_message;
  return answered?.from?.id === bot.id && answered.forum_topic_created === undefined;
}

/** Whether a message only tells of something that happened in a chat: nobody said it. */
export function isService(message: Message): boolean {
  return Object.keys(message).some((key) =>
    /^(forum_topic_|general_forum_topic_|new_chat_|left_chat_|migrate_|pinned_message$|group_chat_created$)/.test(
      key,
    ),
  );
}
