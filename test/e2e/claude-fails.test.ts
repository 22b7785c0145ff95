/**
 * Claude in trouble: every way a turn can end has its own honest sentence, and
 * the session goes on.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkInvariants, expectSound } from "../harness/invariants.ts";
import { processesOf } from "../harness/processes.ts";
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
    await anna.chat.waitForShown(/service has a fault\. Try \d+ of \d+/);
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

  it("when its process is killed, and keeps what was said", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:100 DELAY:60");
    await anna.chat.waitForShown(/w5/);
    for (const { pid, turn } of await processesOf(world.folders.home)) if (turn) process.kill(pid, "SIGKILL");
    await anna.sees(/^w0 w1.*ended without an answer \(killed by SIGKILL\)/s);
    await ask(anna, "SAY alive", /^alive$/);
    expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(/previous turn was cut off/);
    await expectSound(world);
  });

  it.each([
    [
      "it exits without a result",
      [{ wait: "user" }, { init: true }, { say: "half" }, { exit: 3 }],
      /half.*ended without an answer \(exit code 3\)/s,
    ],
    [
      "its output is rubbish",
      [{ wait: "user" }, { raw: "<html>\n" }, { exit: 0 }],
      /output could not be read/,
    ],
    [
      "it ends the turn itself",
      [
        { wait: "user" },
        { init: true },
        { result: "", fields: { subtype: "error_max_turns", is_error: true } },
      ],
      /ended this turn itself \(error_max_turns\)/,
    ],
    ["it does not start", [{ hang: true }], /did not start within 2 s/],
  ])("when %s", async (_, steps, sentence) => {
    const { world, anna } = await annaAtHome();
    const script = join(world.folders.home, "script.json");
    await writeFile(script, JSON.stringify({ steps }));
    await world.bot.kill();
    await world.start({
      claudeBin: join(import.meta.dirname, "../fakes/claude.mjs"),
      env: { PARLEY_FAKE_CLAUDE: script, CLAUDE_ENV: "PARLEY_FAKE_CLAUDE", START_TIMEOUT: "2s" },
    });
    await ask(anna, "hello", sentence);
    // What Claude wrote is kept as it was, rubbish and all.
    const faults = await checkInvariants(world);
    expect(faults.filter((fault) => !fault.includes("out.ndjson"))).toEqual([]);
  });

  it("when a tool is refused without a question, naming it", async () => {
    const { world, anna } = await annaAtHome({ env: { PERMISSION_MODE: "dontAsk" } });
    const answer = await ask(anna, "RUN:touch made.txt", /Not allowed in this session/);
    expect(answer.text).toContain("Bash touch made.txt");
    await expectSound(world);
  });
});
