/**
 * The process that waits: the next message is given to it, unless anything has
 * changed since it was started; a crash leaves none, and loses nothing.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSession, sayAtDesk } from "../harness/desk.ts";
import { expectSound } from "../harness/invariants.ts";
import { processesOf } from "../harness/processes.ts";
import type { World } from "../harness/world.ts";
import { annaAtHome, ask } from "./stories.ts";

const WAITING = { env: { STANDBY_MAX: "2" } };

/** What the bot that runs says of its standbys, in order: `started`, `taken`, `ended: why`, …, each with its session's id. */
function saidOf(world: World): { session: string; what: string; pid?: number }[] {
  return world.bot.lines.flatMap((line) => {
    if (!line.includes('"standby"')) return [];
    const { session, standby, why } = JSON.parse(line) as Record<string, string>;
    return [{ session: session ?? "", what: why === undefined ? `${standby}` : `${standby}: ${why}` }];
  });
}

/** Waits until the last word about standbys is `what`, `count` times in all. */
async function waits(world: World, what: string, count = 1): Promise<void> {
  await expect
    .poll(() => saidOf(world).filter((each) => each.what === what).length, { timeout: 15_000, interval: 20 })
    .toBeGreaterThanOrEqual(count);
}

/** How the turns of the only session were started, in order. */
async function kindsOf(world: World): Promise<unknown[]> {
  const [folder = ""] = (await readdir(world.folders.sessions)).filter((name) => name.startsWith("home-"));
  const turns = join(world.folders.sessions, folder, "turns");
  const names = (await readdir(turns)).sort((a, b) => Number(a) - Number(b));
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(turns, name, "turn.json"), "utf8")).startKind),
  );
}

const timesAsked = (world: World, prompt: string): number =>
  world.model.requests.filter((request) => request.prompt.includes(prompt)).length;

describe("a process that waits", () => {
  it("is given the next message, and asks, is steered and stopped like any other", async () => {
    const { world, anna } = await annaAtHome(WAITING);
    await waits(world, "ready");
    await ask(anna, "SAY one", /^one$/);
    await waits(world, "ready", 2);

    const asked = await ask(anna, "RUN:mkdir -p made/sub", /Claude wants to run a command/);
    anna.press(asked, "Allow once");
    await anna.chat.waitForText(/After the tool/);
    await waits(world, "ready", 3);

    anna.send("LONG:60 DELAY:40");
    await anna.chat.waitForShown(/w3/);
    anna.send("SAY below");
    await anna.sees(/^below/);
    await waits(world, "ready", 4);

    anna.send("LONG:200 DELAY:40");
    await anna.chat.waitForShown(/w65/);
    anna.send("/stop");
    await anna.chat.waitForText(/⏹ Stopped/);
    await waits(world, "ready", 5);
    await ask(anna, "RECALL", /SAY one.*RUN:mkdir.*LONG:60.*SAY below/s);
    await expectSound(world, { repeatable: [/Let me run/] });
    expect(await kindsOf(world)).toEqual(["warm", "warm", "warm", "warm", "warm"]);
  });

  it("is not used where anything has changed that it read at its start", async () => {
    const { world, anna } = await annaAtHome(WAITING);
    await waits(world, "ready");
    await ask(anna, "SAY at the phone", /^at the phone$/);
    await waits(world, "ready", 2);
    await sayAtDesk(world, await readSession(world, "home-"), "SAY at the desk");
    anna.send("RECALL");
    anna.press(await anna.sees(/went on at a terminal/), "Take over");
    await anna.chat.waitForText(/SAY at the phone.*SAY at the desk/s);
    await waits(world, "ended: transcript");
    await waits(world, "ready", 3);

    await writeFile(join(world.folders.personas, "default.md"), "Speak as a pirate.\n");
    await ask(anna, "SAY ahoy", /^ahoy$/);
    expect(world.model.requests.at(-1)?.system).toContain("Speak as a pirate.");
    await waits(world, "ended: prompt");
    await waits(world, "ready", 4);

    // What the bot itself is told to change is seen to at once.
    await ask(anna, "/model sonnet", /Model of Home .*: sonnet/);
    await waits(world, "ended: arguments");
    await waits(world, "ready", 5);
    await ask(anna, "SAY two", /^two$/);
    expect(world.model.requests.at(-1)?.model).toMatch(/sonnet/);
    await waits(world, "ready", 6);

    for (const { pid, turn } of await processesOf(world.folders.home))
      if (turn !== undefined) process.kill(pid, "SIGKILL");
    await waits(world, "ended: it went");
    await ask(anna, "SAY three", /^three$/);
    await expectSound(world);
    expect(await kindsOf(world)).toEqual(["warm", "cold", "cold", "warm", "cold"]);
  });

  it("is one of the last two sessions, not for ever, and not where memory is short", async () => {
    const { world, anna } = await annaAtHome({ env: { STANDBY_MAX: "2", STANDBY_IDLE: "3s" } });
    await waits(world, "started");
    for (const name of ["Second", "Third"]) {
      const made = await ask(anna, `/new ${name}`, new RegExp(`Made a new session: ${name}`));
      anna.press(made, "Switch to it");
    }
    await waits(world, "started", 3);
    const [first] = saidOf(world);
    expect(saidOf(world)).toContainEqual({ session: first?.session, what: "ended: others are used" });
    await waits(world, "ended: unused", 2);
    await expect.poll(() => readdir(join(world.folders.sessions, ".standby"))).toEqual([]);
    await expectSound(world);

    await world.restart({ env: { STANDBY_MIN_FREE_MB: "1000000" } });
    await ask(anna, "SAY short of memory", /^short of memory$/);
    await waits(world, "not started: memory");
    await expectSound(world);
  });
});

describe("where the bot dies", () => {
  it("what had waited and runs is taken up, what waits is ended: at once by a bot that is told to go", async () => {
    const { world, anna } = await annaAtHome(WAITING);
    await waits(world, "ready");
    anna.send("LONG:40 DELAY:60");
    const live = await anna.chat.waitForShown(/w5/);
    expect(saidOf(world).map(({ what }) => what)).toContain("taken");
    await world.restart();
    expect((await anna.chat.waitForText(/w39/)).id).toBe(live.id);
    expect(timesAsked(world, "LONG:40")).toBe(1);
    await waits(world, "ready");
    const isLeft = async (): Promise<boolean> =>
      (await processesOf(world.folders.home)).some(({ turn }) => turn !== undefined);
    expect(await isLeft()).toBe(true);
    await world.bot.stop();
    expect(await isLeft()).toBe(false);
    await expectSound(world);
  });

  it("what waits is ended by the next start, if it has not gone by itself", async () => {
    const { world } = await annaAtHome(WAITING);
    await waits(world, "ready");
    await world.restart();
    await expectSound(world);
  });

  it.each(["standby-taken", "standby-written"])(
    "at the step %s, the message is answered once and its turn ran once",
    async (step) => {
      const { world, anna } = await annaAtHome({ env: { STANDBY_MAX: "2", PARLEY_KILL_AT: step } });
      await waits(world, "ready");
      anna.send("SAY only once");
      const { bot } = world;
      expect((await bot.exit).signal).toBe("SIGKILL");
      await world.start();
      await anna.chat.waitForText(/^only once$/);
      await ask(anna, "RECALL", /SAY only once/);
      await expectSound(world);
      expect(timesAsked(world, "SAY only once")).toBe(1);
      expect(bot.lines.join()).toContain('"standby":"taken"');
    },
  );
});
