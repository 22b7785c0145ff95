/**
 * The doctor as people meet it: in a terminal, in the chat, with the real CLI.
 */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../bot/doctor/finding.ts";
import { cliPath } from "../fakes/cli-path.ts";
import { createWorld } from "../harness/create-world.ts";
import { expectSound } from "../harness/invariants.ts";
import { runProgram } from "../harness/run-program.ts";
import type { World } from "../harness/world.ts";

/** What a terminal's environment and a `.env` of this world would hold. */
const given = ({ folders, api, allowed }: World) => ({
  HOME: folders.home,
  TELEGRAM_BOT_TOKEN: api.token,
  TELEGRAM_API_ROOT: api.url,
  ALLOWED_USER_IDS: allowed.userIds.join(","),
  CLAUDE_BIN: cliPath(),
  SESSIONS_DIR: folders.sessions,
  ARCHIVE_DIR: folders.archive,
  PERSONAS_DIR: folders.personas,
  ANTHROPIC_API_KEY: "sk-ant-test-not-a-key",
});

const byName = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ name, state, says }) => [name, `${state}: ${says}`]));

describe("the doctor", () => {
  it("finds a good machine good, while the bot runs and before, and says the same in the chat", async () => {
    const world = await createWorld();
    const anna = world.person();
    const doctor = async () => {
      const { code, stdout } = await runProgram("doctor", {
        cwd: world.folders.cwd,
        args: ["--json"],
        env: given(world),
      });
      return { code, findings: byName((JSON.parse(stdout) as { findings: Finding[] }).findings) };
    };
    const before = await doctor();
    expect(before).toMatchObject({
      code: 0,
      findings: {
        Settings: "ok: every setting can be used.",
        Token: "ok: Telegram knows it: the bot is @parley_test_bot.",
        Login: "ok: ANTHROPIC_API_KEY is set: each turn is paid per use.",
        "Other pollers": "ok: none came within 6 s.",
        Clock: "ok: it agrees with Telegram's.",
        Bot: "ok: it does not run; `npm start` starts it.",
      },
    });
    expect(before.findings["Claude Code"]).toMatch(/^ok: \d+\.\d+\.\d+ at .+ takes every flag/);

    const bot = await world.start();
    const polls = world.api.model.callsOf("getUpdates").length;
    const during = await doctor();
    expect(during.code).toBe(0);
    expect(during.findings["Bot"]).toMatch(new RegExp(`^ok: it runs \\(process ${bot.pid}\\) and heard`));
    expect(during.findings).not.toHaveProperty("Other pollers");
    anna.send("/doctor");
    const answer = await anna.sees(/🩺 Nothing is broken; 1 warning\./);
    expect(answer.text).toMatch(/⚠️ Transcripts: /);
    expect(answer.text).toMatch(/✅ Bot: it runs/);
    expect(answer.text).toMatch(/✅ Other pollers: no other program/);
    // The doctor did not end the bot's poll.
    expect(world.api.model.callsOf("getUpdates").length).toBeLessThanOrEqual(polls + 3);
    expect(bot.lines.join("\n")).not.toMatch(/another program polls/);
    await expectSound(world);
  });

  it("goes through with a .env that is wrong and open to all, no CLI, no token, and says each", async () => {
    const world = await createWorld();
    world.person();
    const { cwd } = world.folders;
    await writeFile(join(cwd, ".env"), "ALLOWED_USER_IDS=anna\nMAX_TURNS=many\n");
    await chmod(join(cwd, ".env"), 0o644);
    const { ALLOWED_USER_IDS: _, TELEGRAM_BOT_TOKEN: __, ...env } = given(world);
    const { code, stdout, stderr } = await runProgram("doctor", {
      cwd,
      env: { ...env, CLAUDE_BIN: "/nowhere/claude" },
    });
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(
      /✖ Settings +the bot does not start: TELEGRAM_BOT_TOKEN must be .+ ALLOWED_USER_IDS must be .+ MAX_TURNS must be/,
    );
    expect(stdout).toMatch(/! \.env +others on this machine can read it \(mode 0644\)/);
    expect(stdout).toMatch(/✖ Claude Code +`\/nowhere\/claude` is not/);
    expect(stdout).toMatch(/\n2 broken, 2 warnings\.$/);
  });

  it("names a webhook and a token that is not known, and never says a secret", async () => {
    const world = await createWorld();
    world.person();
    world.api.model.webhookUrl = "https://elsewhere.example/secret-path";
    const hooked = await runProgram("doctor", { cwd: world.folders.cwd, env: given(world) });
    expect(hooked.code).toBe(1);
    expect(hooked.stdout).toMatch(/✖ Webhook +one is set: .+elsewhere\.example/);
    const env = { ...given(world), TELEGRAM_BOT_TOKEN: "999999:NOT-THE-ONE" };
    const unknown = await runProgram("doctor", { cwd: world.folders.cwd, env });
    expect(unknown.stdout).toMatch(/✖ Token +Telegram does not know it/);
    const said = [hooked, unknown].map(({ stdout, stderr }) => stdout + stderr).join("\n");
    expect(said).not.toMatch(/secret-path|NOT-THE-ONE|sk-ant-test/);
    expect(said).not.toContain(world.api.token);
  });

  it("knows no other argument", async () => {
    const world = await createWorld();
    const help = await runProgram("doctor", { cwd: world.folders.cwd, args: ["--help"] });
    expect([help.code, help.stdout.trim()]).toEqual([0, "npm run doctor [-- --json]"]);
    const { code, stderr } = await runProgram("doctor", { cwd: world.folders.cwd, args: ["--fix"] });
    expect([code, stderr]).toEqual([64, "npm run doctor [-- --json]"]);
  });
});
