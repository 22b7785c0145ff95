/**
 * Telegram in trouble: the bot goes on, loses nothing, and repeats nothing
 * unmarked.
 */
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("while Telegram is in trouble", () => {
  it.each([
    "409",
    "429",
    "500",
    "html502",
    "cutJson",
    "nullInArray",
    "malformedUpdate",
    "dropBefore",
    "dropAfter",
  ] as const)("polling survives %s and the next message is answered", async (kind) => {
    const { world, anna } = await annaAtHome();
    const fault = world.api.fault({ method: "getUpdates", kind });
    await fault.happened();
    await ask(anna, "/status", /You are in Home/);
    await expectSound(world);
  });

  it("an answer waits out a 429 and is not dropped", async () => {
    const { world, anna } = await annaAtHome();
    world.api.fault({ method: "sendMessage", kind: "429", retryAfterS: 2 });
    await ask(anna, "SAY patience", /^patience$/);
    await expectSound(world);
  });

  it("an answer whose sending was cut off before it arrived is sent again, marked as perhaps a repeat", async () => {
    const { world, anna } = await annaAtHome();
    world.api.fault({ method: "sendMessage", kind: "dropBefore" });
    await ask(anna, "SAY once more", /^\(may be a repeat\)\nonce more$/);
    await expectSound(world);
  });

  it("an answer that arrived although the connection broke is repeated only with its mark", async () => {
    const { world, anna } = await annaAtHome();
    world.api.fault({ method: "sendMessage", kind: "dropAfter" });
    await ask(anna, "SAY twice told", /^\(may be a repeat\)\ntwice told$/);
    await expectSound(world);
  });

  it("an edit that was carried out although the connection broke leaves one message", async () => {
    const { world, anna } = await annaAtHome();
    world.api.fault({ method: "editMessageText", kind: "dropAfter" });
    await ask(anna, "LONG:60 DELAY:50", /w59/);
    expect(anna.chat.answers.filter(({ text }) => text.includes("w0 "))).toHaveLength(1);
    await expectSound(world);
  });

  it("messages written while it was offline are answered once each, in order", async () => {
    const { world, anna } = await annaAtHome();
    await world.bot.kill();
    for (const word of ["first", "second", "third"]) anna.send(`the ${word}`);
    await world.start();
    await anna.chat.waitForText(/the third/);
    // The CLI may read several at once and answer them together: the model's echo is of all that it was sent.
    const told = anna.chat.answers.map(({ text }) => text).join("\n");
    expect(told.match(/the (first|second|third)/g)).toEqual(["the first", "the second", "the third"]);
    await expectSound(world);
  });
});
