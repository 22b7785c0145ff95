import type { Message } from "grammy/types";
import { describe, expect, it } from "vitest";
import { readMessage } from "../../bot/telegram/incoming.ts";

const ME = 4242;
const anna = { id: 7, is_bot: false, first_name: "Anna" };
const bert = { id: 8, is_bot: false, first_name: "Bert", last_name: "B" };
const bot = { id: ME, is_bot: true, first_name: "Parley" };

function messageOf(given: object): Message {
  const chat = { id: 7, type: "private", first_name: "Anna" };
  return { message_id: 1, date: 1, from: anna, chat, ...given } as Message;
}
const read = (given: object) => readMessage(messageOf(given), ME);
const asked = (given: object) => {
  const incoming = read(given);
  if (incoming.kind !== "asked") throw new Error(incoming.kind);
  return incoming.asked;
};
const answering = (given: object) => ({ reply_to_message: messageOf(given) });

describe("words", () => {
  it("of one's own are as they are written, @paths and all", () => {
    expect(asked({ text: "read @notes.md" })).toEqual({ text: "read @notes.md" });
    expect(asked({ photo: [{ file_id: "p" }], caption: "@a" }).text).toBe("@a");
  });

  it.each<[object, string]>([
    [{ type: "user", sender_user: bert }, ' from "Bert B"'],
    [{ type: "hidden_user", sender_user_name: "E\n@v\u202ee" }, ' from "E @\u2060v e"'],
    [{ type: "chat", sender_chat: { title: "Club" } }, ' from "Club"'],
    [{ type: "channel", chat: { title: "News" } }, ' from "News"'],
    [{ type: "something new" }, ""],
  ])("of another are marked, are no command, and name no file: %j", (origin, from) => {
    const { text } = asked({ text: "/init\n@~/.ssh/id mail@x.y", forward_origin: origin });
    expect(text).toBe(`(forwarded message${from})\n/init\n@\u2060~/.ssh/id mail@\u2060x.y`);
  });

  it("of a forwarded photo without any are the mark alone", () => {
    const origin = { type: "user", sender_user: bert };
    expect(asked({ photo: [{ file_id: "p" }], forward_origin: origin }).text).toBe(
      '(forwarded message from "Bert B")',
    );
  });
});

describe("files", () => {
  it.each<[string, object, object]>([
    [
      "a photo in its largest size",
      { photo: [{ file_id: "s" }, { file_id: "l", file_size: 9 }] },
      { kind: "photo", fileId: "l", bytes: 9 },
    ],
    [
      "a document",
      { document: { file_id: "d", file_name: "a.pdf", mime_type: "application/pdf", file_size: 5 } },
      { kind: "document", fileId: "d", name: "a.pdf", mimeType: "application/pdf", bytes: 5 },
    ],
    [
      "an animation, which is a document, too",
      { animation: { file_id: "a" }, document: { file_id: "a" } },
      { kind: "animation", fileId: "a" },
    ],
    [
      "a voice message",
      { voice: { file_id: "v", mime_type: "audio/ogg" } },
      { kind: "voice", fileId: "v", mimeType: "audio/ogg" },
    ],
    ["a song", { audio: { file_id: "m" } }, { kind: "audio", fileId: "m" }],
    ["a film", { video: { file_id: "f" } }, { kind: "video", fileId: "f" }],
    ["a round film", { video_note: { file_id: "n" } }, { kind: "video_note", fileId: "n" }],
  ])("are known by their ids: %s", (_, given, attachment) => {
    expect(asked(given)).toEqual({ text: "", attachments: [attachment] });
  });

  it("of the message that is answered come along, but for the bot's own, voice, and what is too big", () => {
    const photo = { photo: [{ file_id: "p" }] };
    expect(asked({ text: "what is this?", ...answering(photo) }).attachments).toEqual([
      { kind: "photo", fileId: "p", isQuoted: true },
    ]);
    for (const given of [
      { ...photo, from: bot },
      { voice: { file_id: "v" } },
      { document: { file_id: "d", file_size: 21_000_000 } },
    ])
      expect(asked({ text: "this?", ...answering(given) }).attachments).toBeUndefined();
  });
});

describe("an answer", () => {
  it.each<[string, object, object]>([
    ["Claude's", { text: "yes", from: bot }, { whose: "assistant", text: "yes" }],
    ["one's own", { text: "yes" }, { whose: "person", text: "yes" }],
    ["another's", { text: "yes", from: bert }, { whose: "other", name: "Bert B", text: "yes" }],
    [
      "one's own that was another's",
      { text: "yes", forward_origin: { type: "hidden_user", sender_user_name: "Eve" } },
      { whose: "other", name: "Eve", text: "yes" },
    ],
    [
      "a photo's words",
      { photo: [{ file_id: "p" }], caption: "yes", from: bot },
      { whose: "assistant", text: "yes" },
    ],
  ])("tells what it answers, and whose that is: %s", (_, answered, quote) => {
    expect(asked({ text: "why?", ...answering(answered) }).quote).toEqual(quote);
  });

  it("tells the chosen part, and one from elsewhere; a long one is cut", () => {
    const quote = { text: "that part", position: 0 };
    expect(
      asked({ text: "why?", quote, ...answering({ text: "all of that part", from: bot }) }).quote,
    ).toEqual({
      whose: "assistant",
      text: "that part",
    });
    const origin = { type: "channel", chat: { title: "News" } };
    expect(asked({ text: "so?", quote, external_reply: { origin } }).quote).toEqual({
      whose: "other",
      name: "News",
      text: "that part",
    });
    const long = asked({ text: "why?", ...answering({ text: "🎉".repeat(2_000), from: bot }) }).quote?.text;
    expect(long).toBe(`${"🎉".repeat(1_000)}…`);
  });

  it("to what made a topic, or to a photo without words, tells nothing", () => {
    expect(asked({ text: "hi", ...answering({ forum_topic_created: { name: "x" } }) })).toEqual({
      text: "hi",
    });
    expect(asked({ text: "hi", ...answering({ photo: [{ file_id: "p" }] }) }).quote).toBeUndefined();
  });
});

it.each<[string, object, string]>([
  ["a location", { location: { latitude: 1.5, longitude: 2 } }, "(location: latitude 1.5, longitude 2)"],
  [
    "a venue",
    {
      venue: { title: "Bar", address: "Street 1", location: { latitude: 1, longitude: 2 } },
      location: { latitude: 1, longitude: 2 },
    },
    "(place: Bar, Street 1; latitude 1, longitude 2)",
  ],
  ["a contact", { contact: { first_name: "@Eve", phone_number: "+49" } }, "(contact: @\u2060Eve, +49)"],
  [
    "a poll",
    { poll: { question: "Tea?", options: [{ text: "yes" }, { text: "no" }] } },
    "(poll: Tea?\n- yes\n- no\n)",
  ],
  ["dice", { dice: { emoji: "🎲", value: 3 } }, "(dice: 🎲 3)"],
  ["a sticker", { sticker: { emoji: "👍" } }, "(sticker: 👍)"],
  [
    "a checklist",
    { checklist: { title: "Shop", tasks: [{ text: "milk", completion_date: 5 }, { text: "tea" }] } },
    "(checklist: Shop\n- [x] milk\n- [ ] tea\n)",
  ],
])("%s is a line of text", (_, given, text) => {
  expect(asked(given)).toEqual({ text });
});

it.each<[string, object, string]>([
  ["a story", { story: { id: 1 } }, "unreadable"],
  ["a sticker that stands for nothing", { sticker: {} }, "unreadable"],
  ["a new title", { new_chat_title: "x" }, "told"],
  ["a member", { new_chat_members: [] }, "told"],
  ["a pin", { pinned_message: {} }, "told"],
])("%s asks nothing", (_, given, kind) => {
  expect(read(given)).toEqual({ kind });
});
