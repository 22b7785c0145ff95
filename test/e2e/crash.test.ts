/**
 * SIGKILL, at every named step and in mid-turn: what was taken is answered or
 * honestly told, and no turn runs twice.
 */
import { describe, expect, it } from "vitest";
import type { Person } from "../fakes/bot-api/person.ts";
import { expectSound } from "../harness/invariants.ts";
import { endProcessesOf } from "../harness/processes.ts";
import type { World } from "../harness/world.ts";
import { createWorld } from "../harness/create-world.ts";
import { annaAtHome, ask } from "./stories.ts";

/** How often the model was asked a prompt: a turn that ran twice would show here. */
function timesAsked(world: World, prompt: string): number {
  return world.model.requests.filter((request) => request.prompt.includes(prompt)).length;
}

/** The steps of one message, from Telegram to the chat, in order. */
const STEPS = [
  "fetched",
  "taken",
  "queued",
  "prepared",
  "starting",
  "spawned",
  "running",
  "result",
  "saved",
  "answered",
  "sending",
  "sent",
  "sent-noted",
  "delivered",
  "done",
];

describe("after a SIGKILL", () => {
  it.each(STEPS)("at the step %s, the message is answered once and its turn ran once", async (step) => {
    const { world, anna } = await annaAtHome();
    await world.bot.kill();
    const bot = await world.start({ env: { PARLEY_KILL_AT: step } });
    anna.send("SAY only once");
    expect((await bot.exit).signal).toBe("SIGKILL");
    await world.start();

    const said = (text: string) => /^(\(may be a repeat\)\n)?only once$/.test(text);
    await anna.chat.waitFor((message) => message.isFromBot && said(message.text));
    await expectSound(world);
    expect(timesAsked(world, "SAY only once")).toBe(1);
    const bare = anna.chat.answers.filter(({ text }) => text === "only once");
    expect(bare.length).toBeLessThanOrEqual(1);
  });

  it.each(["answered", "delivered", "done"])(
    "at the step %s, the next start ends what the turn had left running",
    async (step) => {
      const { world, anna } = await annaAtHome({
        env: { PERMISSION_MODE: "bypassPermissions", IS_SANDBOX: "1", CLAUDE_ENV: "IS_SANDBOX" },
      });
      await expectSound(world);
      await world.bot.kill();
      const bot = await world.start({ env: { PARLEY_KILL_AT: step } });
      anna.send("RUN:setsid nohup sleep 300 >/dev/null 2>&1 & echo begun");
      expect((await bot.exit).signal).toBe("SIGKILL");
      await world.start();
      await anna.chat.waitForText(/After the tool: begun/);
      await expectSound(world);
    },
  );

  it("in mid-turn, the child lives on and its answer is delivered in the same message", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:60 DELAY:60");
    const live = await anna.chat.waitForShown(/w5/);
    await world.restart();
    await anna.chat.waitForText(/Recovered 1 session after a restart:\n• Home [0-9a-f]{8}/);
    const whole = await anna.chat.waitForText(/w59/);

    expect(whole.id).toBe(live.id);
    expect(timesAsked(world, "LONG:60")).toBe(1);
    await ask(anna, "SAY and on", /^and on$/);
    await expectSound(world);
  });

  it("of bot and child, the chat is told what was done and asked; Continue goes on where it stopped", async () => {
    const { world, anna } = await annaAtHome();
    const asked = await killBoth(world, anna);
    expect(asked.buttons.map(({ text }) => text)).toEqual(["Continue", "Discard"]);

    anna.press(asked, "Continue");
    await anna.chat.waitForText(/^w0 w1.*w59/s, { since: anna.mark });
    expect(world.model.requests.at(-1)?.prompt).toMatch(/was cut off/);
    const again = anna.press(asked, "continue:", { isStale: true });
    expect((await again.answered()).text).not.toBe("");
    await expectSound(world, { repeatable: [/w0/] });
  });

  it("of bot and child, Discard leaves it, and the model is told with the next message", async () => {
    const { world, anna } = await annaAtHome();
    const asked = await killBoth(world, anna);
    anna.press(asked, "Discard");
    await anna.sees(/Left as it is/);
    await ask(anna, "SAY new start", /^new start$/);
    expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(/previous turn was cut off/);
    await expectSound(world);
  });

  it("while messages wait, each is answered once, in order", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:40 DELAY:60");
    await anna.chat.waitForShown(/w3/);
    // The CLI's own command waits for the end of the turn, and what comes after it waits behind it.
    for (const text of ["/context", "SAY number two", "SAY number three"]) {
      const { message } = anna.send(text);
      await anna.chat.waitForReaction(message, "👀");
    }
    await world.restart();
    await anna.chat.waitForText(/^number three$/);

    for (const prompt of ["LONG:40", "SAY number two", "SAY number three"])
      expect(timesAsked(world, prompt)).toBe(1);
    await expectSound(world);
  });

  it("keeps what was written while no session was there, and asks again", async () => {
    const world = await createWorld();
    const anna = world.person();
    await world.start();
    anna.send("SAY kept safe");
    await anna.sees(/no session here yet/i);
    await world.restart();
    const offer = await anna.chat.waitFor((message) => message.buttons.length > 0, { since: anna.mark + 1 });
    anna.press(offer, "＋ New session");
    await anna.sees(/^kept safe$/);
    await expectSound(world, { repeatable: [/no session here yet/i] });
  });
});

describe("after a SIGTERM", () => {
  it("in mid-turn, it ends at once and the next start delivers the answer", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:60 DELAY:60");
    await anna.chat.waitForShown(/w5/);
    expect((await world.bot.stop()).code).toBe(0);
    await world.start();
    await anna.chat.waitForText(/w59/);
    expect(timesAsked(world, "LONG:60")).toBe(1);
    await expectSound(world);
  });
});

/** Kills the bot in mid-answer, and the CLI with it, as a power cut would; gives the question of the next start. */
async function killBoth(world: World, anna: Person) {
  anna.send("LONG:60 DELAY:60");
  await anna.chat.waitForShown(/w5/);
  await world.bot.kill();
  await endProcessesOf(world.folders.home);
  await world.start();
  return anna.chat.waitForText(/This turn was cut off/);
}
