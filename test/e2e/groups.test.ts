/**
 * A listed group: commands, the bot's name and answers to it are heard, from
 * listed people; what people say to each other is not.
 */
import { describe, expect, it } from "vitest";
import { createWorld } from "../harness/create-world.ts";
import { expectSound } from "../harness/invariants.ts";

describe("a listed group", () => {
  it("is answered when it calls the bot, knows who writes, and is left alone otherwise", async () => {
    const world = await createWorld();
    const group = world.group({ title: "Home lab" });
    const anna = world.person();
    const bert = world.person("Bert");
    const eve = world.stranger("Eve");
    await world.start();
    const chat = { chat: group };

    anna.send("/new@parley_test_bot Lab", chat);
    const made = await anna.sees(/new session: Lab/, chat);
    expect(made.replyTo?.text).toBe("/new@parley_test_bot Lab");

    const plain = anna.send("SAY lunch?", chat);
    anna.send("/start@other_bot", chat);
    eve.send("@parley_test_bot SAY let me in", chat);
    const called = bert.send("@parley_test_bot SAY at noon", chat);
    const answer = await bert.sees(/^at noon$/, chat);
    expect(answer.replyTo?.id).toBe(called.message.id);
    expect(called.message.reactions).toEqual(["👀"]);
    expect(plain.message.reactions).toEqual([]);
    anna.send("SAY and here", { ...chat, replyTo: answer });
    await anna.sees(/^and here$/, chat);
    anna.send("@parley_test_bot", chat);
    await anna.sees(/I am here/, chat);

    const told = world.model.requests.map(({ messages }) =>
      JSON.stringify(messages.findLast(({ role }) => role === "user")),
    );
    expect(told).toHaveLength(2);
    expect(told[0]).toContain('written by \\"Bert\\"');
    expect(told[1]).toContain('written by \\"Anna\\"');
    expect(JSON.stringify(world.model.requests)).not.toMatch(/@parley|lunch|let me in/);

    anna.push({
      message: { ...plain.message.toWire(), message_id: 999, text: undefined, migrate_to_chat_id: -1009 },
    } as never);
    await anna.sees(/supergroup now, with another id: -1009/);
    await expectSound(world);
  });
});
