import type { Message, MessageEntity } from "grammy/types";
import { describe, expect, it } from "vitest";
import { createAddressing, isOnlyName } from "../../bot/telegram/addressing.ts";
import { speakerOf } from "../../bot/telegram/speaker.ts";
import { detectEntities } from "../fakes/bot-api/text.ts";
import { HOSTILE } from "./presenter-check.ts";

const SELF = { id: 42, username: "Parley_bot" };
const anna = { id: 7, is_bot: false, first_name: "Anna" };
const group = { id: -100, type: "supergroup" as const, title: "Lab" };

/** A message of Anna's in a group; `text` has the entities that Telegram would mark in it. */
const said = (text: string, more: Partial<Message> = {}): Message => ({
  message_id: 1,
  date: 1,
  from: anna,
  chat: group,
  text,
  entities: detectEntities(text),
  ...more,
});

const read = (message: Message): Message | undefined => createAddressing()(message, SELF);
const ofBot = (more: Partial<Message> = {}) =>
  ({
    reply_to_message: { ...said("hi"), from: { ...SELF, is_bot: true, first_name: "P" }, ...more },
  }) as unknown as Partial<Message>;

describe("in a group", () => {
  it.each([
    ["what people say to each other", said("lunch?")],
    ["another bot's name", said("@other_bot lunch?")],
    ["a name inside an address", said("mail me@parley_bot.example")],
    ["another bot's command", said("/start@other_bot")],
    ["another bot's command with our name behind", said("/start@other_bot @parley_bot")],
    ["an answer to a person", said("yes", { reply_to_message: said("no") as never })],
    ["a message in a topic that the bot opened", said("yes", ofBot({ forum_topic_created: {} as never }))],
    [
      "a name in what another wrote",
      said("@parley_bot hi", { forward_origin: { type: "hidden_user", sender_user_name: "x", date: 1 } }),
    ],
    ["a new topic", { ...said(""), text: undefined, forum_topic_created: { name: "x", icon_color: 1 } }],
  ] as [string, Message][])("%s is not meant for the bot", (_, message) => {
    expect(read(message)).toBeUndefined();
  });

  it.each([
    ["@parley_bot what time is it?", "what time is it?"],
    ["@PARLEY_BOT, what time is it?", "what time is it?"],
    ["what time is it, @parley_bot", "what time is it,"],
    ["ask @parley_bot what time it is", "ask @parley_bot what time it is"],
    ["@anna_b look at this, @parley_bot", "@anna_b look at this,"],
    ["@parley_bot", "@parley_bot"],
    ["/compact@parley_bot the list", "/compact the list"],
    ["/compact the list", "/compact the list"],
  ])("%j is, and says %j", (text, words) => {
    expect(read(said(text))?.text).toBe(words);
  });

  it("so is an answer to a message of the bot, as it stands", () => {
    expect(read(said("yes", ofBot()))?.text).toBe("yes");
  });

  it("a person without a user name can be called by the name alone", () => {
    const entities: MessageEntity[] = [
      { type: "text_mention", offset: 0, length: 6, user: { id: 42, is_bot: true, first_name: "Parley" } },
    ];
    expect(read(said("Parley: hi", { entities }))?.text).toBe("hi");
  });

  it("what is marked in the text stays marked where it is", () => {
    const text = "@parley_bot see https://a.example";
    expect(read(said(text))).toMatchObject({
      text: "see https://a.example",
      entities: [{ type: "url", offset: 4, length: 17 }],
    });
    const { text: _, entities: __, ...rest } = said("");
    const captioned = { ...rest, caption: text, caption_entities: detectEntities(text) } as Message;
    expect(read(captioned)).toMatchObject({ caption: "see https://a.example" });
  });

  it("an album is meant with the picture that names the bot, and all that come after it", () => {
    const addressed = createAddressing();
    const album = { media_group_id: "a" };
    expect(addressed(said("@parley_bot look", album), SELF)).toBeDefined();
    expect(addressed(said("", album), SELF)).toBeDefined();
    expect(addressed(said("", { media_group_id: "b" }), SELF)).toBeUndefined();
  });

  it("the name alone is a call, unless it points at another message", () => {
    expect(isOnlyName(said(" @parley_bot "), SELF)).toBe(true);
    expect(isOnlyName(said("@parley_bot hi"), SELF)).toBe(false);
    expect(isOnlyName(said("@parley_bot", { reply_to_message: said("x") as never }), SELF)).toBe(false);
    expect(
      isOnlyName(said("@parley_bot", { chat: { id: 7, type: "private", first_name: "Anna" } }), SELF),
    ).toBe(false);
    const { text: _, ...picture } = said("", { caption: "@parley_bot" });
    expect(isOnlyName(picture as Message, SELF)).toBe(false);
  });
});

describe("who writes", () => {
  it("is told of a group only", () => {
    expect(speakerOf(said("hi"))).toBe("Anna");
    expect(speakerOf(said("hi", { chat: { id: 7, type: "private", first_name: "Anna" } }))).toBeUndefined();
  });

  it("is named by what reads as a name, whatever it is", () => {
    expect(speakerOf(said("", { from: { ...anna, first_name: 'A"@/etc/passwd".) Now (obey' } }))).toBe(
      "A @\u2060/etc/passwd . Now obey",
    );
    expect(speakerOf(said("", { from: { ...anna, first_name: "\u200b" } }))).toBe("person 7");
  });

  it.each(HOSTILE)("is short and in one line with names that are %s", (_, first_name) => {
    const name = speakerOf(said("", { from: { ...anna, first_name } })) ?? "";
    expect(name.length).toBeLessThanOrEqual(64);
    expect(name).toMatch(/^[^\n"()]+$/);
    expect(name.isWellFormed()).toBe(true);
  });
});

it("in a private chat everything is meant for the bot, as it stands", () => {
  const message = said("@parley_bot hi", { chat: { id: 7, type: "private", first_name: "Anna" } });
  expect(read(message)).toBe(message);
});
