import type { Message } from "grammy/types";
import { expect, it } from "vitest";
import { answeredBy, placeOf } from "../../bot/telegram/place.ts";

const chat = { id: -100, type: "supergroup", title: "Work" };

it.each([
  ["in a private chat", { chat: { id: 7, type: "private" } }, { chatId: 7 }],
  ["in a group", { chat }, { chatId: -100 }],
  ["in a topic", { chat, message_thread_id: 5, is_topic_message: true }, { chatId: -100, threadId: 5 }],
  ["in a reply's thread, which is no topic", { chat, message_thread_id: 5 }, { chatId: -100 }],
  ["that nobody can see any more", { chat, date: 0 }, { chatId: -100 }],
])("a message %s stands in its place", (_, message, place) => {
  expect(placeOf({ message_id: 1, ...message } as Message)).toEqual(place);
});

it("a message answers the one under which it hangs, unless that only opened the topic", () => {
  const message = { message_id: 9, chat, message_thread_id: 5, is_topic_message: true } as Message;
  const under = (answered: object): Message =>
    ({ ...message, reply_to_message: { message_id: 5, chat, ...answered } }) as Message;
  expect(answeredBy(message)).toBeUndefined();
  expect(answeredBy(under({ forum_topic_created: { name: "Lab" } }))).toBeUndefined();
  expect(answeredBy(under({ text: "hello" }))?.message_id).toBe(5);
});
