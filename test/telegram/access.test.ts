import type { Update } from "grammy/types";
import { describe, expect, it } from "vitest";
import { isAllowed, isStillAllowed } from "../../bot/telegram/access.ts";

const LIST = { userIds: new Set([7, 8]), chatIds: new Set([-100]) };

const anna = { id: 7, is_bot: false, first_name: "Anna" };
const eve = { id: 66, is_bot: false, first_name: "Anna", username: "anna" };
const robot = { id: 8, is_bot: true, first_name: "Bot" };
const chat = (id: number, type = id > 0 ? "private" : "supergroup") => ({
  id,
  type,
  title: "x",
  first_name: "x",
});
const message = (from: unknown, where: unknown, more: object = {}) => ({
  message: { message_id: 1, date: 1, from, chat: where, text: "hi", ...more },
});
const press = (from: unknown, where: unknown) => ({
  callback_query: {
    id: "1",
    chat_instance: "1",
    data: "new",
    from,
    message: { message_id: 1, date: 0, chat: where },
  },
});

describe("a listed person", () => {
  it.each<[string, object]>([
    ["in their private chat", message(anna, chat(7))],
    ["with a photo", message(anna, chat(7), { text: undefined, photo: [] })],
    ["with something forwarded", message(anna, chat(7), { forward_origin: { type: "hidden_user" } })],
    ["in a listed group", message(anna, chat(-100))],
    ["in a topic of it", message(anna, chat(-100), { message_thread_id: 3, is_topic_message: true })],
    ["by editing a message", { edited_message: { ...message(anna, chat(7)).message } }],
    ["with a button in their private chat", press(anna, chat(7))],
    ["with a button in a listed group", press(anna, chat(-100))],
    [
      "with Stop under a draft, which names no person",
      { stopped_message_generation: { chat: chat(7), draft_id: 1 } },
    ],
    ["with a button under a message too old to be seen", press(anna, { ...chat(7), date: 0 })],
  ])("may speak %s", (_, update) => {
    expect(isAllowed({ update_id: 1, ...update }, LIST)).toBe(true);
  });
});

describe("nobody may speak", () => {
  const gone = { message_id: 1, date: 1, from: anna, chat: chat(7), text: "x" };
  it.each<[string, object]>([
    ["as a stranger", message(eve, chat(66))],
    ["as a stranger in a listed group", message(eve, chat(-100))],
    ["as a stranger in the private chat of a listed one", message(eve, chat(7))],
    ["as a listed person in the private chat of another", message(anna, chat(8))],
    ["as a listed person in a group that is not listed", message(anna, chat(-200))],
    ["as a bot, listed or not", message(robot, chat(8))],
    ["as a bot in a listed group", message(robot, chat(-100))],
    ["in a channel's name", message(anna, chat(-100), { sender_chat: chat(-300, "channel") })],
    [
      "as an anonymous admin",
      message({ id: 1087968824, is_bot: true }, chat(-100), { sender_chat: chat(-100) }),
    ],
    ["without a name at all", message(undefined, chat(-100))],
    ["in a channel", { channel_post: gone }],
    ["by editing a message as a stranger", { edited_message: { ...gone, from: eve } }],
    ["by editing in the private chat of another", { edited_message: { ...gone, chat: chat(8) } }],
    ["by editing a channel's post", { edited_channel_post: gone }],
    ["through a business account", { business_message: gone }],
    ["inline", { inline_query: { id: "1", from: anna, query: "x", offset: "" } }],
    ["by choosing an inline result", { chosen_inline_result: { result_id: "1", from: anna, query: "x" } }],
    [
      "with a button of an inline message",
      { callback_query: { id: "1", from: anna, inline_message_id: "9", data: "new" } },
    ],
    ["with a button as a stranger", press(eve, chat(-100))],
    ["with a button in the private chat of another", press(anna, chat(8))],
    ["with a button in a group that is not listed", press(anna, chat(-200))],
    ["with Stop as a stranger", { stopped_message_generation: { chat: chat(66), draft_id: 1 } }],
    ["with Stop in a group", { stopped_message_generation: { chat: chat(-100), draft_id: 1 } }],
    [
      "with Stop in a chat with their id that is not private",
      { stopped_message_generation: { chat: chat(7, "group"), draft_id: 1 } },
    ],
    ["with a broken Stop", { stopped_message_generation: { draft_id: 1 } }],
    ["with a reaction", { message_reaction: { chat: chat(7), message_id: 1, user: anna, date: 1 } }],
    ["by blocking the bot", { my_chat_member: { chat: chat(7), from: anna, date: 1 } }],
    ["by joining", { chat_member: { chat: chat(-100), from: anna, date: 1 } }],
    ["by asking to join", { chat_join_request: { chat: chat(-100), from: anna, user_chat_id: 7, date: 1 } }],
    ["with a poll's answer", { poll_answer: { poll_id: "1", user: anna, option_ids: [] } }],
    [
      "by paying",
      { pre_checkout_query: { id: "1", from: anna, currency: "XTR", total_amount: 1, invoice_payload: "" } },
    ],
    ["with a kind that is not yet known", { telepathy: { from: anna, chat: chat(7) } }],
    ["with nothing", {}],
    ["with a broken message: no chat", { message: { message_id: "one", from: anna } }],
    ["with a broken message: null", { message: null }],
    ["with a broken press: nobody pressed", { callback_query: { message: { chat: chat(7) } } }],
    ["with a broken press: no chat", { callback_query: { from: anna, message: {} } }],
    ["in a chat with their id that is not private", message(anna, chat(7, "group"))],
  ])("%s", (_, update) => {
    expect(isAllowed({ update_id: 1, ...update }, LIST)).toBe(false);
  });

  it("where nobody is listed", () => {
    const update = { update_id: 1, ...message(anna, chat(7)) } as Update;
    expect(isAllowed(update, { userIds: new Set(), chatIds: new Set() })).toBe(false);
  });
});

describe("what was asked in an earlier life", () => {
  it.each<[boolean, string, { chatId: number; createdBy?: number }]>([
    [true, "of a listed person", { chatId: 7, createdBy: 7 }],
    [true, "in a private chat, asked by we know not whom", { chatId: 7 }],
    [true, "in a listed group", { chatId: -100, createdBy: 8 }],
    [true, "in a listed group, asked by we know not whom", { chatId: -100 }],
    [false, "of who is listed no more", { chatId: 66, createdBy: 66 }],
    [false, "in the chat of who is listed no more", { chatId: 66 }],
    [false, "of who is listed no more, in a listed group", { chatId: -100, createdBy: 66 }],
    [false, "in a group that is listed no more", { chatId: -200, createdBy: 7 }],
  ])("is gone on with (%s): %s", (is, _, asked) => {
    expect(isStillAllowed(asked, LIST)).toBe(is);
  });
});
