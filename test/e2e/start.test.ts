/**
 * How a start goes wrong: one sentence, an exit code that a supervisor can act
 * on, no stack.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { createWorld } from "../harness/create-world.ts";
import { processesOf } from "../harness/processes.ts";
import { repoRoot } from "../harness/folders.ts";
import { startBot } from "../harness/bot-process.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("a start", () => {
  it.each([
    ["TELEGRAM_BOT_TOKEN", "", /TELEGRAM_BOT_TOKEN must be the token/],
    ["ALLOWED_USER_IDS", "", /ALLOWED_USER_IDS must be numeric user ids/],
    ["ALLOWED_USER_IDS", "*", /ALLOWED_USER_IDS must be numeric user ids/],
    ["ALLOWED_USER_IDS", "anna", /ALLOWED_USER_IDS must be numeric user ids/],
    ["MAX_TURNS", "many", /MAX_TURNS must be a whole number from 1 to 64/],
    ["TURN_TIMEOUT", "soon", /TURN_TIMEOUT must be a time such as/],
    ["TELEGRAM_API_ROOT", "ftp://nowhere", /TELEGRAM_API_ROOT must be an http/],
  ])("with %s=%j ends with 78 and one sentence", async (name, value, sentence) => {
    const world = await createWorld();
    world.person();
    const bot = await world.start({ env: { [name]: value }, mayEnd: true });

    expect((await bot.exit).code).toBe(78);
    expect(bot.lines).toHaveLength(1);
    expect(bot.lines[0]).toMatch(sentence);
  });

  it("with a token that Telegram does not know ends with 78", async () => {
    const world = await createWorld();
    world.person();
    const bot = await world.start({ env: { TELEGRAM_BOT_TOKEN: "999999:NOT-THE-ONE" }, mayEnd: true });
    expect((await bot.exit).code).toBe(78);
    expect(bot.lines.join("\n")).toMatch(/does not know this TELEGRAM_BOT_TOKEN/);
  });

  it("in a folder that it cannot use ends with 1, and says who helps", async () => {
    const world = await createWorld();
    world.person();
    await mkdir(join(world.folders.sessions, ".lock"));
    const bot = await world.start({ mayEnd: true });
    expect((await bot.exit).code).toBe(1);
    expect(bot.lines).toEqual([expect.stringMatching(/^Parley could not start: EISDIR.+`npm run doctor`/)]);
  });

  it("beside another bot on the same folder ends with 75 and leaves the first alone", async () => {
    const { world, anna } = await annaAtHome();
    const second = await startBot({
      api: world.api,
      folders: world.folders,
      allowedUserIds: [anna.id],
      isAwaited: false,
    });
    expect((await second.exit).code).toBe(75);
    expect(second.lines.join("\n")).toMatch(/Another Parley already runs/);
    await ask(anna, "/status", /You are in Home/);
  });

  it("finds the lock free after a SIGKILL, and the session where it was", async () => {
    const { world, anna } = await annaAtHome();
    await world.restart();
    await ask(anna, "/status", /You are in Home/);
  });

  it("by npm start is one process, which a SIGTERM to npm ends", async () => {
    const world = await createWorld();
    const anna = world.person();
    const npm = execa("npm", ["start"], {
      cwd: repoRoot,
      reject: false,
      extendEnv: false,
      env: {
        PATH: process.env["PATH"],
        HOME: world.folders.home,
        TELEGRAM_BOT_TOKEN: world.api.token,
        TELEGRAM_API_ROOT: world.api.url,
        ALLOWED_USER_IDS: String(anna.id),
        SESSIONS_DIR: world.folders.sessions,
        ARCHIVE_DIR: world.folders.archive,
      },
    });
    await world.api.waitForCall("getUpdates");
    const bots = async () =>
      (await processesOf(world.folders.home)).filter(({ command }) =>
        command.includes("bot/launch.cjs main"),
      );
    expect(await bots()).toHaveLength(1);
    npm.kill("SIGTERM");
    const { stdout } = await npm;
    expect(stdout).toContain('"msg":"stopped"');
    expect(await bots()).toEqual([]);
  });

  it("answers SIGTERM itself, at once and with 0", async () => {
    const { world } = await annaAtHome();
    expect(await world.bot.stop()).toEqual({ code: 0, signal: null });
  });
});
