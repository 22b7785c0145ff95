/**
 * The set-up as a person goes through it, at a real terminal.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { createWorld } from "../harness/create-world.ts";
import { repoRoot } from "../harness/folders.ts";
import { atTerminal, CTRL_C, DOWN, ENTER } from "../harness/pty.ts";

async function newcomer() {
  const world = await createWorld();
  const anna = world.person();
  const { cwd, home, sessions, archive, personas } = world.folders;
  const start = () => {
    const terminal = atTerminal([process.execPath, join(repoRoot, "bot/launch.cjs"), "setup/main"], {
      cwd,
      env: {
        HOME: home,
        TELEGRAM_API_ROOT: world.api.url,
        CLAUDE_BIN: "/nowhere/claude",
        SESSIONS_DIR: sessions,
        ARCHIVE_DIR: archive,
        PERSONAS_DIR: personas,
      },
    });
    onTestFinished(() => terminal.kill());
    return terminal;
  };
  return { world, anna, cwd, start };
}

describe("at a terminal", () => {
  it("the set-up explains BotFather, checks the token, takes the id from a message, and rings the phone", async () => {
    const { world, anna, cwd, start } = await newcomer();
    const terminal = start();
    await terminal.sees(/BotFather in Telegram and send it \/newbot/);
    await terminal.sees(/The token \(it is not shown/);
    terminal.types(`999999:NOT-THE-ONE${ENTER}`);
    await terminal.sees(/Telegram does not know this token/);
    await terminal.sees(/The token/);
    terminal.types(`${world.api.token}${ENTER}`);
    await terminal.sees(/Hello, Parley \(@parley_test_bot\)/);
    await terminal.sees(/send any message to @parley_test_bot/);
    await world.api.waitForCall("getUpdates");
    world.stranger("Mallory").send("let me in");
    await terminal.sees(/Is this you: Mallory/);
    terminal.types("n");
    await terminal.sees(/Then I wait for another message/);
    anna.send("hello");
    await terminal.sees(/Is this you: Anna.+id 7001\?/);
    terminal.types("y");
    await terminal.sees(/Folders of yours/);
    terminal.types(`/nowhere${ENTER}`);
    await terminal.sees(/WORKSPACE_ROOTS must be absolute paths/);
    for (let count = 0; count < "/nowhere".length; count += 1) terminal.types("\u007f");
    terminal.types(`${cwd}${ENTER}`);
    await terminal.sees(/When Claude wants to use a tool/);
    terminal.types(DOWN);
    terminal.types(ENTER);
    await terminal.sees(/Written to .+\.env/);
    await terminal.sees(/A message is on your phone/);
    await terminal.sees(/✔ Settings/);
    await terminal.sees(/Next: mend what is broken[^]*npm start/);
    expect(await terminal.exit).toBe(0);
    expect(parseEnv(await readFile(join(cwd, ".env"), "utf8"))).toMatchObject({
      TELEGRAM_BOT_TOKEN: world.api.token,
      ALLOWED_USER_IDS: "7001",
      WORKSPACE_ROOTS: cwd,
      PERMISSION_MODE: "plan",
    });
    await anna.sees(/Parley is set up/);
    expect(terminal.shown()).not.toContain(world.api.token.split(":")[1]);
    expect(world.api.model.updates.confirmed).toEqual([]);
    expect(world.api.violations).toEqual([]);
  });

  it("a second person is looked for beside who is on the list", async () => {
    const { world, anna, cwd, start } = await newcomer();
    const ben = world.stranger("Ben");
    const envFile = join(cwd, ".env");
    const before = `TELEGRAM_BOT_TOKEN=${world.api.token}\nALLOWED_USER_IDS=${anna.id}\n`;
    await writeFile(envFile, before);
    const terminal = start();
    await terminal.sees(/Keep Parley/);
    terminal.types(ENTER);
    await terminal.sees(/Who may use it\? Now: 7001/);
    terminal.types(DOWN);
    terminal.types(ENTER);
    await terminal.sees(/Now have the person send any message/);
    anna.send("I only say something");
    ben.send("hello");
    await terminal.sees(/Is this the person: Ben .*id 9001\?/);
    expect(terminal.shown()).not.toContain("Anna");
    terminal.types("y");
    await terminal.sees(/Folders of yours/);
    terminal.types(ENTER);
    await terminal.sees(/When Claude wants/);
    terminal.types(ENTER);
    await terminal.sees(/Written to/);
    expect(parseEnv(await readFile(envFile, "utf8"))).toMatchObject({ ALLOWED_USER_IDS: "7001,9001" });
  });

  it("Ctrl-C at any question leaves nothing behind", async () => {
    const { world, cwd, start } = await newcomer();
    const first = start();
    await first.sees(/The token/);
    first.types(CTRL_C);
    expect(await first.exit).toBe(130);
    const second = start();
    await second.sees(/The token/);
    second.types(`${world.api.token}${ENTER}`);
    await second.sees(/send any message/);
    await world.api.waitForCall("getUpdates");
    second.types(CTRL_C);
    expect(await second.exit).toBe(130);
    expect(await readdir(cwd)).toEqual([]);
  });
});
