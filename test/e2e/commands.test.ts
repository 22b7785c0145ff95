/**
 * The commands and their buttons, as they are typed and tapped.
 */
import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("the commands", () => {
  it("stand in Telegram's menu, and /help lists the same", async () => {
    const { world, anna } = await annaAtHome();
    const menu = (await world.api.waitForCall("setMyCommands")).payload["commands"] as { command: string }[];
    const help = await ask(anna, "/help", /Write, and Claude Code on your machine answers/);
    expect(menu.map(({ command }) => command)).toEqual([
      "new",
      "session",
      "rename",
      "persona",
      "model",
      "effort",
      "mode",
      "stop",
      "status",
      "fork",
      "terminal",
      "resume",
      "archive",
      "restore",
      "search",
      "delete",
      "export",
      "usage",
      "doctor",
      "help",
      "start",
    ]);
    for (const { command } of menu) expect(help.text).toContain(`/${command} — `);
    await expectSound(world);
  });

  it("/new makes a session of that name and persona, current only where none is", async () => {
    const { world, anna } = await annaAtHome();
    const made = await ask(
      anna,
      // As /persona lists it; a phone writes it so, too.
      `/new "Spring plans" Planner`,
      /Made a new session: Spring plans .* persona planner/,
    );
    await ask(anna, "/status", /You are in Home/);
    anna.press(made, "Switch to it");
    await anna.sees(/You are in Spring plans [0-9a-f]{8} now/);
    await ask(anna, "/status", /You are in Spring plans/);
    await expectSound(world);
  });

  it("/new --dir works only inside WORKSPACE_ROOTS, links resolved", async () => {
    const { world, anna } = await annaAtHome();
    await world.bot.kill();
    const root = join(await realpath(world.folders.home), "projects");
    await mkdir(join(root, "garden"), { recursive: true });
    await world.start({ env: { WORKSPACE_ROOTS: root } });

    await ask(anna, "/new Garden --dir garden", /in .*\/projects\/garden/);
    await ask(
      anna,
      "/new Out --dir /etc",
      /That folder cannot be used.* inside .*\/projects \(WORKSPACE_ROOTS\)/,
    );
    await ask(
      anna,
      "/new --help",
      /\/new \[name\] \[persona\] makes a session.*\n--dir PATH .* inside .*\/projects/,
    );
    await ask(anna, "/new Away —dir=", /makes a session/);
    await ask(anna, `/new Away —dir "~/projects"`, /Made a new session: Away .*\/projects\./);
    await ask(anna, "/session start ../..", /That folder cannot be used/);
    await ask(anna, "/session Garden", /You are in Garden/);
    await ask(anna, "RUN:pwd", /After the tool: .*\/projects\/garden/);

    // The owner has closed it since.
    await world.bot.stop();
    await world.start({ env: { WORKSPACE_ROOTS: "" } });
    await ask(
      anna,
      "SAY still here",
      /did not run: its session works in .*\/projects\/garden, which WORKSPACE_ROOTS does not name any more/,
    );
    await ask(anna, "/session Home", /You are in Home/);
    await ask(anna, "SAY at home", /^at home/);
    await expectSound(world, { repeatable: [/cannot be used/, /makes a session/] });
  });

  it("/session lists, switches by name and by 8 characters, sets aside and takes up again", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "/new Garden", /Made a new session: Garden/);
    const list = await ask(anna, "/session", /● Home [0-9a-f]{8}/);
    expect(list.buttons.map(({ text }) => text)).toEqual(["Garden", "● Home", "＋ New session"]);
    const id = /Garden ([0-9a-f]{8})/.exec(list.text)?.[1] ?? "";

    await ask(anna, `/session ${id}`, /You are in Garden/);
    await ask(anna, "/session nowhere", /There is no session nowhere/);
    await ask(anna, "/new Garden", /Made a new session: Garden/);
    const which = await ask(anna, "/session garden", /fits several sessions; tap the one that you mean/);
    const other = which.buttons.find(({ text }) => text !== `Garden ${id}`)?.text ?? "";
    expect(other).toMatch(/^Garden [0-9a-f]{8}$/);
    anna.press(which, other);
    await anna.sees(new RegExp(`You are in ${other} now`));
    await ask(anna, `/session ${id}`, new RegExp(`You are in Garden ${id} now`));
    await ask(anna, `/session Stop ${id}`, /Garden .* is set aside/);
    await ask(anna, "/status", /No session is current here/);
    await ask(anna, `/session resume ${id}`, /You are in Garden/);
    await ask(anna, "/session help", /lists the sessions of this chat/);
    await expectSound(world, { repeatable: [/You are in Garden/] });
  });

  it("a button from another time says so and does nothing", async () => {
    const { world, anna } = await annaAtHome();
    const list = await ask(anna, "/session", /Tap one to talk in it/);
    const press = anna.press(list, "switch:deadbeef", { isStale: true });
    expect((await press.answered()).text).toMatch(/from another time/);
    await ask(anna, "/status", /You are in Home/);
    await expectSound(world);
  });

  it("two people on the list never see each other's sessions", async () => {
    const { world, anna } = await annaAtHome();
    await world.bot.kill();
    const bert = world.person("Bert");
    await world.start();
    await ask(bert, "/session", /There are no sessions yet/);
    await ask(bert, "/session Home", /There is no session Home/);
    await ask(anna, "/session", /Home/);
    await expectSound(world);
  });
});
