import type { CallbackQuery, Message, MessageOrigin, Update } from "grammy/types";
import { describe, expect, it } from "vitest";
import { type ChatDeps, offer, takeMessage, tellDiskFull } from "../../bot/telegram/chat.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import type { Outbox } from "../../bot/telegram/outbox.ts";
import type { Place } from "../../bot/turns/view.ts";
import { makeHouse, PLACE } from "../turns/kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

async function bench(options: { hasCurrent?: boolean; isReactionRefused?: boolean } = {}) {
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
    },
  };
  const seen: unknown[] = [];
  const api: ChatDeps["api"] = {
    async setMessageReaction(...call) {
      seen.push(call.slice(0, 3));
      if (options.isReactionRefused) throw new Error("REACTION_INVALID");
      return true;
    },
  };
  const { sessions, turns, asks, journal } = life;
  const deps = { api, sessions, turns, asks, journal, outbox, now: () => new Date("2026-01-01") };
  const take = (updateId: number, given: Partial<Message>): Promise<void> =>
    takeMessage(deps, updateId, {
      message_id: updateId + 100,
      date: 1,
      from: { id: 7, is_bot: false, first_name: "Anna" },
      chat: { id: 7, type: "private", first_name: "Anna" },
      ...given,
    });
  return { house, life, seen, said, told, deps, take };
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

  it.each([true, false])("is acknowledged at once, each of them (with a session: %s)", async (hasCurrent) => {
    const { take, seen } = await bench({ hasCurrent });
    await take(5, { text: "one" });
    await take(6, { text: "two" });
    const eyes = [{ type: "emoji", emoji: "👀" }];
    expect(seen).toEqual([
      [7, 105, eyes],
      [7, 106, eyes],
    ]);
  });

  it("is taken where reactions are forbidden", async () => {
    const { take, life } = await bench({ isReactionRefused: true });
    await take(5, { text: "one" });
    expect(life.journal.get(5)?.state).toBe("held");
  });

  it.each(["user", "hidden_user", "chat", "channel"])(
    "that was forwarded from a %s is marked, is no command of the CLI, and names no file to it",
    async (type) => {
      const { take, life } = await bench({ hasCurrent: true });
      await take(5, { text: "/init\n@~/.ssh/id mail@x.y", forward_origin: { type } as MessageOrigin });
      expect(life.journal.get(5)?.order?.text).toBe(
        "(forwarded message)\n/init\n@\u2060~/.ssh/id mail@\u2060x.y",
      );
    },
  );

  it("of one's own keeps its @paths", async () => {
    const { take, life } = await bench({ hasCurrent: true });
    await take(5, { text: "read @notes.md" });
    expect(life.journal.get(5)?.order?.text).toBe("read @notes.md");
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

  it.each<[string, object]>([
    ["a photo", { photo: [] }],
    ["a file with a caption", { document: { file_id: "x" }, caption: "read this" }],
    ["a voice message", { voice: { file_id: "x" } }],
    ["a sticker", { sticker: { file_id: "x" } }],
    ["a place", { location: { latitude: 1, longitude: 1 } }],
    ["dice", { dice: { emoji: "🎲", value: 3 } }],
    ["a story", { story: { id: 1 } }],
  ])("that is %s is answered with what can be sent", async (_, given) => {
    const { take, said, life } = await bench({ hasCurrent: true });
    await take(5, given);
    expect(said).toMatchObject([{ to: 5 }]);
    checkParts(said[0]?.parts ?? []);
    expect(life.starts).toEqual([]);
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

  it("in a chat without sessions offers a new one", async () => {
    const { deps, said } = await bench();
    offer(deps, { chatId: 8 }, 1);
    expect(said[0]?.parts).toMatchObject([{ buttons: [[{ data: "new" }], [{ data: "drop-held" }]] }]);
  });
});
