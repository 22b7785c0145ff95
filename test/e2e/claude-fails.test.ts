/**
 * Claude in trouble: every way a turn can end has its own honest sentence, and
 * the session goes on.
 */
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("a turn that fails says why", () => {
  it("when the API refuses it", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "FAIL:400", /The model's service refused this turn: .*400/);
    await ask(anna, "SAY better", /^better$/);
    await expectSound(world);
  });

  it("while it is retried, and is answered when the API is well again", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("FAIL:500 TIMES:3");
    await anna.chat.waitForShown(/did not answer .*Try \d+ of \d+/);
    await anna.sees(/^recovered$/);
    await expectSound(world);
  });

  it("when Claude Code is not logged in", async () => {
    const { world, anna } = await annaAtHome({ env: { ANTHROPIC_API_KEY: "" } });
    await ask(anna, "SAY hello", /not logged in on this machine/);
    await expectSound(world);
  });

  it("when Claude Code is not there", async () => {
    const { world, anna } = await annaAtHome({ env: { CLAUDE_BIN: "/nowhere/claude" } });
    await ask(anna, "SAY hello", /Claude Code was not found/);
    await ask(anna, "/status", /Claude Code not found/);
    await expectSound(world);
  });

  it("when the model falls silent", async () => {
    const { world, anna } = await annaAtHome({ env: { SILENCE_TIMEOUT: "3s" } });
    await ask(anna, "HANG", /Let me think.*said nothing for 3 s.*what it had said stands above/s);
    await ask(anna, "SAY awake", /^awake$/);
    await expectSound(world);
  });

  it("when a tool takes too long, and leaves nothing of it running", async () => {
    const { world, anna } = await annaAtHome({
      env: {
        TOOL_TIMEOUT: "3s",
        PERMISSION_MODE: "bypassPermissions",
        IS_SANDBOX: "1",
        CLAUDE_ENV: "IS_SANDBOX",
      },
    });
    await ask(anna, "RUN:tail -f /dev/null", /A tool ran for more than 3 s/);
    await expectSound(world);
  });

  it("when a tool is not allowed, naming it", async () => {
    const { world, anna } = await annaAtHome();
    const answer = await ask(anna, "RUN:touch made.txt", /Not allowed in this session/);
    expect(answer.text).toContain("Bash touch made.txt");
    await expectSound(world);
  });
});
