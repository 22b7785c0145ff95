import { readFile } from "node:fs/promises";
import type { CallbackQuery, Message, Update } from "grammy/types";
import { describe, expect, it } from "vitest";
import {
  acknowledge,
  type ChatDeps,
  offer,
  takeEdit,
  takeMessages,
  tellDiskFull,
} from "../../bot/telegram/chat.ts";
import { moveTo } from "../../bot/telegram/commands/fork.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import type { Outbox } from "../../bot/telegram/outbox.ts";
import type { KeptOrder } from "../../bot/turns/order.ts";
import type { Place } from "../../bot/turns/view.ts";
import { makeHouse, orderOf, PLACE } from "../turns/kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

const ME = 4242;

async function bench(options: { hasCurrent?: boolean; canHear?: boolean } = {}) {
  const house = await makeHouse();
  const life = await house.live();
  if (options.hasCurrent) await life.sessions.makeCurrent(PLACE, house.session.id);
  const said: { to: number | undefined; parts: readonly Part[] }[] = [];
  const told: { place: Place; parts: readonly Part[] }[] = [];
  const outbox: Outbox = {
    answer: ({ updateId }) => ({
      show: () => {},
      isDrafted: () => false,
      finish: async (parts) => void said.push({ to: updateId, parts }),
    }),
    async resume() {},
    async remark(_, parts, { replyTo }) {
      said.push({ to: replyTo, parts });
      return undefined;
    },
    async notice(place, parts) {
      said.push({ to: undefined, parts });
      told.push({ place, parts });
      return undefined;
    },
  };
  const seen: unknown[] = [];
  const api: ChatDeps["api"] = {
    async setMessageReaction(...call) {
      seen.push(call.slice(0, 3));
      throw new Error("REACTION_INVALID");
    },
  };
  const deps = {
    api,
    sessions: life.sessions,
    turns: life.turns,
    kept: life.kept,
    asks: life.asks,
    parcels: life.parcels,
    journal: life.journal,
    outbox,
    now: () => new Date("2026-01-01"),
    canHear: options.canHear ?? false,
  };
  const messageOf = (updateId: number, given: Partial<Message>): Message => ({
    message_id: updateId + 100,
    date: 1,
    from: { id: 7, is_bot: false, first_name: "Anna" },
    chat: { id: 7, type: "private", first_name: "Anna" },
    ...given,
  });
  const take = (updateId: number, ...given: Partial<Message>[]): Promise<void> => {
    const [first, ...rest] = given.map((one, at) => ({
      updateId: updateId + at,
      message: messageOf(updateId + at, one),
    }));
    if (first === undefined) throw new Error("nothing to take");
    return takeMessages(deps, [first, ...rest], ME);
  };
  /** What an update was taken as: a turn that is over already is forgotten, but not by the file. */
  const takenAs = async (updateId: number): Promise<KeptOrder | undefined> => {
    const lines = (await readFile(house.paths.journal, "utf8")).split("\n").filter((line) => line !== "");
    const facts = lines.map((line) => JSON.parse(line) as { id: number; order?: KeptOrder });
    return facts.find(({ id, order }) => id === updateId && order !== undefined)?.order;
  };
  return { house, life, seen, said, told, deps, take, takenAs, messageOf };
}

describe("a message", () => {
  it("is a turn of the current session, told who wrote it where", async () => {
    const { take, life, said, house } = await bench({ hasCurrent: true });
    await take(5, { text: "/compact now" });
    expect(life.journal.get(5)).toMatchObject({
      state: expect.stringMatching(/queued|starting/) as unknown,
      sessionId: house.session.id,
      order: { place: PLACE, createdBy: 7, messageId: 105, text: "/compact now" },
    });
    expect(said).toEqual([]);
  });

  it("is acknowledged, and where reactions are forbidden that is all", async () => {
    const { deps, seen, messageOf } = await bench();
    acknowledge(deps, messageOf(5, { text: "one" }), ME);
    acknowledge(deps, messageOf(6, { pinned_message: {} } as Partial<Message>), ME);
    expect(seen).toEqual([[7, 105, [{ type: "emoji", emoji: "👀" }]]]);
  });

  it("of one's own keeps its @paths", async () => {
    const { take, takenAs } = await bench({ hasCurrent: true });
    await take(5, { text: "read @notes.md" });
    expect((await takenAs(5))?.text).toBe("read @notes.md");
  });

  it("without a session is kept, and the person is asked once", async () => {
    const { take, life, said } = await bench();
    await take(5, { text: "one" });
    await take(6, { text: "two" });
    expect(said).toHaveLength(1);
    checkParts(said[0]?.parts ?? []);
    expect(textOf(said[0]?.parts ?? [])).toContain("Your message is kept");
    expect([5, 6].map((id) => life.journal.get(id)?.state)).toEqual(["held", "held"]);
  });

  it("without a session is asked about though another came at the same time", async () => {
    const { take, said } = await bench();
    await Promise.all([take(5, { text: "one" }), take(6, { text: "two" }), take(7, { text: "three" })]);
    expect(said).toHaveLength(1);
  });

  it("of several parts is one turn of the first, with all their files and words, and names the others", async () => {
    const { take, life, takenAs } = await bench({ hasCurrent: true });
    const photo = (id: string) => ({ photo: [{ file_id: id, file_unique_id: id, width: 1, height: 1 }] });
    await take(5, { ...photo("a"), caption: "two views" }, photo("b"), {
      ...photo("c"),
      caption: "the third",
    });
    expect(await takenAs(5)).toMatchObject({
      messageId: 105,
      text: "two views\n\nthe third",
      attachments: ["a", "b", "c"].map((fileId) => ({ kind: "photo", fileId })),
      joined: [6, 7],
    });
    expect(life.journal.get(6)).toBeUndefined();
  });

  it("that a client cut is the text that it was", async () => {
    const { take, takenAs } = await bench({ hasCurrent: true });
    const full = "x".repeat(4_096);
    await take(5, { text: full }, { text: "yz and" }, { text: "an end" });
    expect((await takenAs(5))?.text).toBe(`${full}yz and\nan end`);
  });

  it.each<[string, object, RegExp]>([
    ["a story", { story: { id: 1 } }, /cannot be read here/],
    ["a game", { game: {} }, /cannot be read here/],
    ["a voice message, where nothing understands speech", { voice: { file_id: "x" } }, /TRANSCRIBE_CMD/],
    [
      "a file that no bot can fetch",
      { document: { file_id: "x", file_name: "big.iso", file_size: 21_000_000 } },
      /big\.iso has 21\.0 MB; Telegram lets a bot fetch no more than 20 MB/,
    ],
  ])("that is %s is answered with a sentence, and nothing runs", async (_, given, words) => {
    const { take, said, life } = await bench({ hasCurrent: true });
    await take(5, given);
    expect(said).toMatchObject([{ to: 5 }]);
    checkParts(said[0]?.parts ?? []);
    expect(textOf(said[0]?.parts ?? [])).toMatch(words);
    expect(life.starts).toEqual([]);
  });

  it("that is a voice message is a turn where something understands speech", async () => {
    const { take, takenAs } = await bench({ hasCurrent: true, canHear: true });
    await take(5, { voice: { file_id: "x", file_unique_id: "y", duration: 3 } });
    expect((await takenAs(5))?.attachments).toEqual([{ kind: "voice", fileId: "x" }]);
  });

  it.each<[string, object]>([
    ["a new title", { new_chat_title: "x" }],
    ["a member", { new_chat_members: [] }],
    ["a pin", { pinned_message: {} }],
    ["a new topic", { forum_topic_created: { name: "x", icon_color: 1 } }],
  ])("that only tells of %s is passed over", async (_, given) => {
    const { take, said, life } = await bench({ hasCurrent: true });
    await take(5, given);
    expect([said, life.starts]).toEqual([[], []]);
  });
});

describe("a full disk", () => {
  it("is told once in each place that wrote, whatever was sent there", async () => {
    const { deps, told } = await bench();
    const chat = { id: 7, type: "private" as const, first_name: "Anna" };
    const messageOf = (more: object) =>
      ({ message_id: 1, date: 1, chat, ...more }) as Message & Update.NonChannel;
    const topic = { is_topic_message: true, message_thread_id: 3 };
    tellDiskFull(deps, [
      { update_id: 1, message: messageOf({ text: "a" }) },
      { update_id: 2, message: messageOf({ text: "b" }) },
      { update_id: 3, message: messageOf({ text: "c", ...topic }) },
      { update_id: 4, callback_query: { id: "1", message: messageOf(topic) } as unknown as CallbackQuery },
      { update_id: 5 },
    ]);
    expect(told.map(({ place }) => place)).toEqual([{ chatId: 7 }, { chatId: 7, threadId: 3 }]);
    for (const { parts } of told) checkParts(parts);
    expect(textOf(told[0]?.parts ?? [])).toMatch(/disk of the machine is full.*waits at Telegram/);
  });
});

describe("an offer", () => {
  it("names the sessions of the chat, a button each, and a new one", async () => {
    const { deps, said, house } = await bench();
    offer(deps, PLACE, 2);
    const [{ parts } = { parts: [] }] = said;
    checkParts(parts);
    expect(textOf(parts)).toContain("Your 2 messages are kept");
    expect(parts[0]).toMatchObject({
      buttons: [
        [{ data: `switch:${house.session.id.slice(0, 8)}` }],
        [{ data: "new" }],
        [{ data: "drop-held" }],
      ],
    });
  });

  it("says which of them are current in another topic", async () => {
    const { deps, said, house, life } = await bench();
    await life.sessions.makeCurrent({ ...PLACE, threadId: 5 }, house.session.id);
    offer(deps, { ...PLACE, threadId: 6 }, 1);
    expect(textOf(said[0]?.parts ?? [])).toContain("in another topic");
    offer(deps, { ...PLACE, threadId: 5 }, 1);
    expect(textOf(said[1]?.parts ?? [])).not.toContain("in another topic");
  });

  it("in a chat without sessions offers a new one", async () => {
    const { deps, said } = await bench();
    offer(deps, { chatId: 8 }, 1);
    expect(said[0]?.parts).toMatchObject([{ buttons: [[{ data: "new" }], [{ data: "drop-held" }]] }]);
  });
});

describe("a text that came in several messages and waits", () => {
  it.each([
    ["for a session", "held"],
    ["for the person's word", "kept"],
  ])("%s changes where one of them is edited", async (_, state) => {
    const { life, deps, take, said, messageOf } = await bench();
    const long = "x".repeat(4_096);
    await take(5, { text: long }, { text: "one" });
    if (state === "kept") await life.journal.note(5, { state: "kept", place: PLACE });
    said.length = 0;
    await takeEdit(deps, messageOf(6, { text: "two" }), ME);
    expect(life.journal.get(5)?.order?.text).toBe(`${long}two`);
    expect(said.map(({ to, parts }) => [to, textOf(parts)])).toEqual([[106, "✏️ Changed."]]);
  });
});

describe("a message whose file is another since an edit", () => {
  const photo = (file_id: string) => ({
    photo: [{ file_id, file_unique_id: file_id, width: 1, height: 1 }],
  });

  it("asks about that one, with the words that stand under it", async () => {
    const { deps, take, life, messageOf } = await bench();
    await take(5, { ...photo("old"), caption: "what is this?" });
    await takeEdit(deps, messageOf(5, { ...photo("new"), caption: "and this?" }), ME);
    expect(life.journal.get(5)?.order).toMatchObject({
      text: "and this?",
      attachments: [{ kind: "photo", fileId: "new" }],
    });
    await takeEdit(deps, messageOf(5, { text: "never mind the picture" }), ME);
    expect(life.journal.get(5)?.order).not.toHaveProperty("attachments");
  });

  it("asks about all of an album, with the picture and the words that each of it has now", async () => {
    const { deps, take, life, messageOf } = await bench();
    await take(5, { ...photo("a"), caption: "old" }, photo("b"));
    await takeEdit(deps, messageOf(5, { ...photo("a"), caption: "new" }), ME);
    await takeEdit(deps, messageOf(6, { ...photo("c"), caption: "its own" }), ME);
    expect(life.journal.get(5)?.order).toMatchObject({
      text: "new\n\nits own",
      attachments: [{ fileId: "a" }, { fileId: "c" }],
    });
  });
});

describe("a message that waits for a session", () => {
  it("runs in a copy that is the first session of its place", async () => {
    const { life, house } = await bench();
    await life.turns.hold(5, orderOf("one", 105));
    const outcome = { ok: true, session: house.session, files: undefined, isBeforeRunning: false } as const;
    const request = { updateId: 6, place: PLACE, userId: 7, text: "" };
    const told = await moveTo(life, request, house.session, { outcome, isFromAnswer: true });
    expect(textOf(told)).toMatch(/Running what you wrote \(1 message\)/);
    expect(life.journal.get(5)).toMatchObject({ sessionId: house.session.id });
    (await life.run(0)).answer("ok");
    await life.end(5);
  });
});
