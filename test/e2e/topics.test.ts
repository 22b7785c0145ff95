/**
 * A topic is a place of its own, in a private chat and in a group.
 */
import { describe, expect, it } from "vitest";
import { createWorld } from "../harness/create-world.ts";
import { expectSound } from "../harness/invariants.ts";

describe("a private chat with topics", () => {
  it("has a session in each topic, side by side, and /new can open one", async () => {
    const world = await createWorld({ bot: { has_topics_enabled: true } });
    const anna = world.person();
    await world.start();

    anna.send("/new Home");
    await anna.sees(/You are in a new session: Home/);
    anna.send("/new Garden");
    const made = await anna.sees(/Made a new session: Garden/);
    anna.press(made, "Open in a topic of its own");
    const welcome = await anna.chat.waitForText(/^✨ This topic is the session Garden/);
    const garden = { threadId: welcome.threadId ?? 0 };
    await anna.chat.waitForText(/Garden .* has a topic of its own now/);

    // A topic that the person opens: nothing happens until something is written in it.
    const cellar = { threadId: anna.openTopic("Cellar").message.id };
    anna.send("LONG:60 DELAY:50", cellar);
    const offer = await anna.sees(/No session is current here/, cellar);
    anna.press(offer, "＋ New session");
    await anna.sees(/You are in a new session: Cellar/, cellar);
    await anna.chat.waitForShown(/w3/);
    anna.send("SAY tulips", garden);
    await anna.sees(/^tulips$/, garden);
    anna.send("SAY at home");
    const atHome = await anna.sees(/^at home$/);
    expect(atHome.threadId).toBeUndefined();
    anna.send("RECALL", garden);
    const recalled = await anna.sees(/tulips/, garden);
    expect(recalled.text).not.toMatch(/at home|LONG/);

    anna.send("RUN:touch mint", garden);
    await anna.seesButton("Allow once", garden);
    // In a topic each message hangs under the one that opened it: that is no reply.
    anna.send("yes", garden);
    await anna.sees(/Allowed once: touch mint/, garden);
    await anna.chat.waitForText(/After the tool/);

    anna.send("/session");
    await anna.sees(/Garden [0-9a-f]{8}\n.*in another topic/);

    anna.send("/rename Orchard", garden);
    await anna.sees(/Garden is called Orchard [0-9a-f]{8} now\. Its topic is called so, too/, garden);
    expect(anna.chat.topics.get(garden.threadId)).toBe("Orchard");

    // Its topic goes while it speaks: the rest is said in the chat itself.
    anna.send("LONG:60 DELAY:50", garden);
    await anna.chat.waitForShown(/^w0 w1/, { since: anna.mark });
    anna.deleteTopic(garden.threadId);
    const whole = await anna.sees(/w59/);
    expect(whole.threadId).toBeUndefined();
    await anna.chat.waitForText(/w59/, cellar);
    await expectSound(world);
  });
});

describe("a group with topics", () => {
  it("has a session in each, typing shows in the right one, and no topic is opened without the right to", async () => {
    const world = await createWorld();
    const group = world.group({ title: "Lab", isForum: true });
    const anna = world.person();
    await world.start();
    const topic = { chat: group, threadId: anna.openTopic("Kitchen", group).message.id };

    anna.send("/new", topic);
    await anna.sees(/You are in a new session: Kitchen/, topic);
    anna.send("/new Hall", { chat: group });
    const made = await anna.sees(/You are in a new session: Hall/, { chat: group });
    anna.press(made, "Open in a topic of its own");
    await anna.sees(/opened no topic for Hall/, { chat: group });

    anna.send("plain words in a topic that nobody called the bot in", topic);
    anna.send("@parley_test_bot SAY salt", topic);
    await anna.sees(/^salt$/, topic);
    anna.send("@parley_test_bot RUN:touch pepper", topic);
    anna.press(await anna.seesButton("Allow once", topic), "Allow once");
    await anna.sees(/After the tool/, topic);
    expect(new Set(group.actions.map(({ threadId }) => threadId))).toEqual(new Set([topic.threadId]));
    anna.send("/status", topic);
    await anna.sees(/You are in Kitchen/, topic);
    anna.send("/status", { chat: group });
    await anna.sees(/You are in Hall/, { chat: group });
    await expectSound(world);
  });
});
