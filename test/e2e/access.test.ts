/**
 * Who is not on the list: silence, and not a byte on the disk.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { processesOf } from "../harness/processes.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("a stranger", () => {
  it("gets no call, no line in the journal and no line in the log, whatever is sent", async () => {
    const { world, anna } = await annaAtHome();
    const eve = world.stranger("Eve");
    const calls = world.api.calls.filter(({ method }) => method !== "getUpdates").length;
    const lines = world.bot.lines.length;

    eve.send("SAY let me in");
    eve.send("/start");
    eve.send("/new Mine");
    eve.edit(eve.send("hello").message, "hello again");
    eve.block();
    // A later word of Anna's is answered only after all of Eve's were taken.
    await ask(anna, "/status", /You are in Home/);

    const since = world.api.calls.filter(({ method }) => method !== "getUpdates").slice(calls);
    expect(since.map(({ method }) => method)).toEqual(["sendMessage"]);
    expect(eve.chat.answers).toEqual([]);
    expect(world.bot.lines.slice(lines).filter((line) => !line.includes('"level":20'))).toEqual([]);
    const journal = await readFile(join(world.folders.sessions, "journal.jsonl"), "utf8");
    expect(journal).not.toContain(String(eve.id));
    await expectSound(world);
  });

  it("cannot press a button that Anna was shown, nor speak in a listed group", async () => {
    const { world, anna } = await annaAtHome();
    const eve = world.stranger("Eve");
    const list = await ask(anna, "/session", /Tap one to talk in it/);
    eve.press(list, "＋ New session");
    await ask(anna, "/status", /1 session in this chat/);
    await expectSound(world);
  });
});

describe("who is taken off the list", () => {
  it("is not answered any more, and nothing runs on for them; back on it, they find all that waited", async () => {
    const { world, anna } = await annaAtHome();
    const bert = world.person("Bert");
    const everyone = [anna.id, bert.id];
    await world.restart({ allowedUserIds: everyone });
    await ask(bert, "/new Shed", /You are in a new session: Shed/);
    bert.send("HANG");
    await bert.chat.waitForShown(/Let me think/);
    const later = bert.send("SAY later");
    await bert.chat.waitForReaction(later.message, "👀");

    await world.restart({ allowedUserIds: [anna.id] });
    const calls = world.api.calls.length;
    const ofTurns = async () =>
      (await processesOf(world.folders.home)).filter(({ turn }) => turn !== undefined);
    await expect.poll(ofTurns, { timeout: 10_000 }).toEqual([]);
    await ask(anna, "/status", /You are in Home/);
    const toBert = world.api.calls.slice(calls).filter(({ payload }) => payload["chat_id"] === bert.id);
    expect(toBert).toEqual([]);

    await world.restart({ allowedUserIds: everyone });
    const cutOff = await bert.chat.waitForText(/This turn was cut off/, { since: later.mark });
    await bert.chat.waitForText(/^later$/, { since: later.mark });
    bert.press(cutOff, "Discard");
    await bert.sees(/Left as it is/);
    await expectSound(world);
  });
});

describe("a listed group", () => {
  it("hears listed people only, and never who writes in a channel's name", async () => {
    const { world } = await annaAtHome();
    await world.bot.kill();
    const group = world.group({ title: "Home lab" });
    const bert = world.person("Bert");
    const eve = world.stranger("Eve");
    await world.start();

    eve.send("/new Eve", { chat: group });
    bert.send("/new Bert", { chat: group, senderChat: group.wire });
    bert.send("/new Lab", { chat: group });
    await bert.sees(/new session: Lab/, { chat: group });
    expect(group.answers).toHaveLength(1);
    await expectSound(world);
  });
});
