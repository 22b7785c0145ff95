/**
 * A message while a turn runs: into the turn where it can take it, else in line,
 * where the person can see, change, hurry or drop it. Stop ends a turn at once.
 */
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

const BASH = { env: { PERMISSION_MODE: "bypassPermissions", IS_SANDBOX: "1", CLAUDE_ENV: "IS_SANDBOX" } };

describe("a message while a turn runs", () => {
  it("during a tool goes into the turn: the model reads it, 👌 says so, and the answer goes on below it", async () => {
    const { world, anna } = await annaAtHome(BASH);
    anna.send("RUN:sleep 2; echo slept");
    const above = await anna.chat.waitForShown(/Let me run that/);
    const steered = anna.send("and say hi");
    await anna.chat.waitForReaction(steered.message, "👀");
    const below = await anna.sees(/After the tool: slept/);
    await anna.chat.waitForReaction(steered.message, "👌");

    expect(below.id).toBeGreaterThan(steered.message.id);
    expect(above.id).toBeLessThan(steered.message.id);
    expect(above.text).toMatch(/^Let me run that\.$/);
    expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(/and say hi/);
    expect(world.model.requests).toHaveLength(2);
    await ask(anna, "SAY and on", /^and on/);
    await expectSound(world);
  });

  it("during text is answered by the same turn, below it, and both cost", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:40 DELAY:40");
    const above = await anna.chat.waitForShown(/w3/);
    const steered = anna.send("SAY below");
    const below = await anna.sees(/^below/);
    expect(below.id).toBeGreaterThan(steered.message.id);
    expect(above.text).toMatch(/^w0 .*w39\s*$/s);
    await expectSound(world);
    const status = await ask(anna, "/status", /You are in Home/);
    expect(status.text).toMatch(/1 turn so far, .* 2040 tokens/s);
  });
});
