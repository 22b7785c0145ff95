/**
 * What Claude wants to know, and plans to do: questions and plans, as a person
 * meets them; and what becomes of asks that nobody answers in time.
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { endProcessesOf } from "../harness/processes.ts";
import type { World } from "../harness/world.ts";
import { allDone, annaAtHome, ask } from "./stories.ts";

async function home(world: World): Promise<string> {
  const [folder = ""] = (await readdir(world.folders.sessions)).filter((name) => name.startsWith("home-"));
  return join(world.folders.sessions, folder);
}

/** The commands that were run and had an effect: names in the working folder. */
const made = async (world: World): Promise<string[]> => readdir(join(await home(world), "workspace"));

const QUESTIONS = `TOOL:AskUserQuestion ${JSON.stringify({
  questions: [
    {
      question: "Which colour?",
      header: "Colour",
      multiSelect: false,
      options: [
        { label: "Teal", description: "a green-blue" },
        { label: "Crimson", description: "a red" },
      ],
    },
    {
      question: "Which fruits?",
      header: "Fruit",
      multiSelect: true,
      options: [
        { label: "Apple", description: "round" },
        { label: "Banana", description: "bent" },
        { label: "Cherry", description: "sour" },
      ],
    },
  ],
})}`;

describe("a question", () => {
  it("comes after the other, is answered by buttons, ticks and own words, and all reaches Claude", async () => {
    const { world, anna } = await annaAtHome();
    const colour = await ask(anna, QUESTIONS, /Colour \(1 of 2\): Which colour\?/);
    expect(colour.text).toContain("Teal: a green-blue");
    anna.press(colour, "Teal");
    const fruit = await anna.chat.waitForText(/Fruit \(2 of 2\)/);
    expect(colour.text).toBe("❓ Colour (1 of 2): Which colour?\n→ Teal");
    expect((await anna.press(fruit, "Done").answered()).text).toMatch(/Tick at least one/);
    anna.press(fruit, /Apple/);
    await anna.seesButton("☑ Apple");
    anna.press(fruit, /Cherry/);
    await anna.seesButton("☑ Cherry");
    anna.press(fruit, "Done");
    await anna.chat.waitForText(
      /After the tool:.*"Which colour\?"="Teal".*"Which fruits\?"="Apple, Cherry"/s,
    );

    const again = await ask(anna, QUESTIONS, /1 of 2/);
    expect((await anna.press(again, "Other").answered()).text).toMatch(/Write your answer/);
    anna.send("mauve, of all things");
    const skipped = await anna.sees(/2 of 2/);
    anna.press(skipped, "Skip");
    await anna.sees(/After the tool:.*mauve, of all things/s);
    await expectSound(world, { repeatable: [/Let me run/] });
  });
});

/** In plan mode: a plan is presented, then a file is written. */
function planFirst(world: World): void {
  world.model.script(({ prompt, toolResults, messages }) => {
    if (!prompt.includes("PLAN")) return undefined;
    const results = messages.filter((message) =>
      JSON.stringify(message.content).includes("tool_result"),
    ).length;
    const last = toolResults.at(-1) ?? "";
    if (/has approved/.test(last))
      return { blocks: [{ tool: "Bash", input: { command: "touch planned.txt", description: "do it" } }] };
    if (results === 0 || /wants the plan changed/.test(last))
      return {
        blocks: [
          { text: `Here is what I would do.` },
          { tool: "ExitPlanMode", input: { plan: `# Plan ${results}\n\n1. do **this**\n2. do that\n` } },
        ],
      };
    return { blocks: [{ text: `The end: ${last.slice(0, 60)}` }] };
  });
}

describe("a plan", () => {
  it("is shown, changed by words, and carried out by Go; the session plans no more", async () => {
    const { world, anna } = await annaAtHome({ env: { PERMISSION_MODE: "plan" } });
    planFirst(world);
    const plan = await ask(anna, "PLAN it", /That is Claude's plan|plan stands above/);
    expect(anna.chat.answers.map(({ text }) => text).join()).toMatch(/1\. do this/);
    anna.send("in one step, please");
    const second = await anna.chat.waitFor(
      (message) => message.id > plan.id && message.buttons.some(({ text }) => text === "Go"),
    );
    expect(plan.text).toMatch(/To be changed: “in one step, please”/);
    anna.press(second, "Go");
    await anna.sees(/▶️ Go: the plan is carried out/);
    const step = await anna.sees(/wants to run a command/);
    expect(step.text).toContain("touch planned.txt");
    anna.send("yes");
    await anna.sees(/^The end/);
    expect(await made(world)).toEqual(["planned.txt"]);
    const session: unknown = JSON.parse(await readFile(join(await home(world), "session.json"), "utf8"));
    expect(session).toMatchObject({ permissionMode: "default" });
    await expectSound(world, { repeatable: [/Here is what/, /plan/i] });
  });

  it("that is stopped ends the turn, and nothing of it is done", async () => {
    const { world, anna } = await annaAtHome({ env: { PERMISSION_MODE: "plan" } });
    planFirst(world);
    const plan = await ask(anna, "PLAN it", /That is Claude's plan|plan stands above/);
    anna.press(plan, "Stop");
    await anna.sees(/Stopped: nothing of the plan was done/);
    await expectSound(world);
    await ask(anna, "SAY still here", /^still here$/);
    expect(await made(world)).toEqual([]);
    await expectSound(world);
  });
});

/** Told that it may, the model does it again. */
function doAsAllowed(world: World, command: string): void {
  world.model.script(({ prompt, toolResults }) =>
    prompt.includes("I allow now") && toolResults.length === 0
      ? { blocks: [{ tool: "Bash", input: { command, description: "again, as allowed" } }] }
      : undefined,
  );
}

describe("an ask that nobody answers", () => {
  it("in time is a no, and runs again with a later tap, in the next life too, without another question", async () => {
    const { world, anna } = await annaAtHome({ env: { ASK_TIMEOUT: "2s" } });
    const asked = await ask(anna, "RUN:touch late.txt", /Nobody answered within 2 s/);
    await anna.chat.waitForText(/After the tool:.*Nobody answered within 2 seconds/s);
    expect(existsSync(join(await home(world), "workspace/late.txt"))).toBe(false);
    // The words are there before the turn is over.
    await allDone(world);
    await world.restart();

    doAsAllowed(world, "touch late.txt");
    const data = asked.buttons[0]?.data ?? "";
    anna.press(asked, "Allow and run again");
    await anna.sees(/✅ Allowed after all, and running again: touch late\.txt/);
    await anna.sees(/After the tool: \(Bash completed/);
    expect(await made(world)).toEqual(["late.txt"]);
    const again = anna.press(asked, data, { isStale: true });
    expect((await again.answered()).text).toMatch(/decided before/);
    await expectSound(world);
  });

  it("before the bot is killed is parked honestly, and its own Allow still counts, once", async () => {
    const { world, anna } = await annaAtHome();
    const asked = await ask(anna, "RUN:touch kept.txt", /Claude wants to run a command/);
    // By then it is written down which message asks.
    await ask(anna, "/status", /a turn is running/);
    const dataOf = (name: string): string => asked.buttons.find(({ text }) => text === name)?.data ?? "";
    const [allow, deny] = [dataOf("Allow once"), dataOf("Deny")];
    await world.restart();
    await anna.chat.waitForText(
      /The bot was restarted while this waited, so it was not done: touch kept\.txt/,
    );
    await anna.chat.waitForText(/After the tool:/);
    expect((await anna.press(asked, deny, { isStale: true }).answered()).text).toMatch(/It was not done/);
    expect(await made(world)).toEqual([]);

    doAsAllowed(world, "touch kept.txt");
    anna.press(asked, allow, { isStale: true });
    await anna.sees(/✅ Allowed after all, and running again: touch kept\.txt/);
    await anna.sees(/After the tool: \(Bash completed/);
    expect(await made(world)).toEqual(["kept.txt"]);
    expect((await anna.press(asked, allow, { isStale: true }).answered()).text).toMatch(/decided before/);
    await expectSound(world, { repeatable: [/Let me run/] });
  });

  it("before bot and Claude are killed goes on with the turn when it is allowed, and Continue is over then", async () => {
    const { world, anna } = await annaAtHome();
    const asked = await ask(anna, "RUN:touch after.txt", /Claude wants to run a command/);
    // By then it is written down which message asks.
    await ask(anna, "/status", /a turn is running/);
    // A Claude that hears of the death of the bot gets no further before it dies, too.
    let isDown = true;
    world.model.script(() => (isDown ? { blocks: [{ text: "Let me see" }], ending: "hang" } : undefined));
    await world.bot.kill();
    await endProcessesOf(world.folders.home);
    isDown = false;
    await world.start();
    const cutOff = await anna.chat.waitForText(/This turn was cut off/);
    await anna.chat.waitForText(
      /The turn was cut off while this waited, so it was not done: touch after\.txt/,
    );

    doAsAllowed(world, "touch after.txt");
    anna.press(asked, "Allow and continue");
    await anna.sees(/After the tool: \(Bash completed/);
    expect(await made(world)).toEqual(["after.txt"]);
    expect((await anna.press(cutOff, "Continue").answered()).text).toMatch(/decided/);
    await expectSound(world, { repeatable: [/Let me run/] });
  });

  it("before /stop ends with the turn", async () => {
    const { world, anna } = await annaAtHome();
    const asked = await ask(anna, "RUN:touch never.txt", /Claude wants to run a command/);
    await ask(anna, "/stop", /Stopping/);
    await anna.chat.waitForText(/Not answered; the turn ended: touch never\.txt/);
    expect(asked.buttons).toEqual([]);
    expect(await made(world)).toEqual([]);
    await expectSound(world);
  });
});
