/**
 * The whole bot as a person meets it: the real process and the real CLI, with a
 * strict Bot API on one side and a scripted model on the other.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorld } from "../harness/create-world.ts";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("a conversation", () => {
  it("keeps a first message until a session is made, answers it, and remembers it in the next turn", async () => {
    const world = await createWorld();
    const anna = world.person();
    await world.start();

    anna.send("SAY hello from the model");
    const offer = await anna.sees(/no session here yet/i);
    anna.press(offer, "＋ New session");
    await anna.sees(/^hello from the model$/);

    await ask(anna, "RECALL", /SAY hello from the model/);
    await expectSound(world);
  });

  it("acknowledges with 👀 and typing, and shows the text while it is written, in one message", async () => {
    const { world, anna } = await annaAtHome();
    const sent = anna.send("LONG:60 DELAY:50");
    await anna.chat.waitForReaction(sent.message, "👀");
    const early = await anna.chat.waitForShown(/^w0 w1\b(?!.*w59)/s, { since: sent.mark });
    const whole = await anna.sees(/w59/);

    expect(whole.id).toBe(early.id);
    expect(whole.versions.length).toBeGreaterThan(2);
    expect(anna.chat.actions.map(({ action }) => action)).toContain("typing");
    const { ms } = JSON.parse(await world.bot.logs(/turn timing/)) as { ms: Record<string, number> };
    expect(Object.keys(ms)).toEqual(
      expect.arrayContaining([
        "taken",
        "spawned",
        "init",
        "first_text",
        "first_shown",
        "result",
        "delivered",
      ]),
    );
    await expectSound(world);
  });

  it("keeps two sessions of one chat apart, each with its own folder and memory", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY the first is red", /^the first is red$/);
    const made = await ask(anna, "/new Garden", /Made a new session: Garden/);
    anna.press(made, "Switch to it");
    await anna.sees(/You are in Garden/);

    const recalled = await ask(anna, "RECALL", /nothing|^\W*$|RECALL/i);
    expect(recalled.text).not.toMatch(/red/);
    await ask(anna, "RUN:pwd", /garden-[0-9a-f]{8}\/workspace/);
    await expectSound(world);
  });

  it("shows a long answer whole, in several messages and as a file", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "LONG:3000 DELAY:0", /w2999\s*$/);
    const file = await anna.chat.waitFor((message) => message.document !== undefined, { since: anna.mark });
    const words = anna.chat.answers.map(({ text }) => text).join(" ");

    for (const word of ["w0", "w1499", "w2999"]) expect(words).toContain(word);
    expect(file.document?.name).toBe("answer.md");
    await expectSound(world);
  });

  it("passes Claude's own commands through and keeps the session id that comes of them", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY before", /^before$/);
    await ask(anna, "/context", /context/i);
    await ask(anna, "/compact", /Compacted the conversation/);
    await ask(anna, "/clear", /nothing to say/);
    const recalled = await ask(anna, "RECALL", /nothing|^\W*$|RECALL|clear/i);
    expect(recalled.text).not.toMatch(/SAY before/);
    await expectSound(world, { repeatable: [/nothing to say/] });
  });

  it("runs the turns of one session in order and those of two sessions side by side, and answers /status meanwhile", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:80 DELAY:40");
    await anna.chat.waitForShown(/w0 w1/);
    const waiting = anna.send("SAY second in line");
    await anna.chat.waitForReaction(waiting.message, "👀");
    await ask(anna, "/status", /a turn is running, 1 message waiting/);
    await anna.sees(/^second in line/);

    const texts = anna.chat.answers.map(({ text }) => text);
    const first = texts.findIndex((text) => text.includes("w79"));
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(texts.findIndex((text) => text.startsWith("second in line")));
    await expectSound(world);
  });

  it("stops a running turn, keeps what was said, and goes on with the next message", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:400 DELAY:60");
    await anna.chat.waitForShown(/w3/);
    await ask(anna, "/stop", /Stopping/);
    const stopped = await anna.chat.waitForText(/^w0 w1.*Stopped here/s);
    expect(stopped.text).not.toMatch(/w399/);
    await ask(anna, "SAY still here", /^still here$/);
    // Both in one batch: what was written first is dealt with first.
    anna.send("LONG:100 DELAY:60");
    await ask(anna, "/stop", /Stopping/);
    await expectSound(world, { repeatable: [/Stopping/] });
  });

  it("leaves no process behind, not even one that a tool put into a session of its own", async () => {
    const { world, anna } = await annaAtHome({
      env: { PERMISSION_MODE: "bypassPermissions", IS_SANDBOX: "1", CLAUDE_ENV: "IS_SANDBOX" },
    });
    await ask(anna, "RUN:setsid nohup sleep 300 >/dev/null 2>&1 & echo started", /started/);
    await expectSound(world);
  });

  it("writes down every turn: prompt, output, receipt, and sums in the session", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY noted", /^noted$/);
    await expectSound(world);

    const [folder = ""] = (await readdir(world.folders.sessions)).filter((name) => name.startsWith("home-"));
    const root = join(world.folders.sessions, folder);
    const [turn = ""] = await readdir(join(root, "turns"));
    const read = async (name: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(join(root, name), "utf8")) as Record<string, unknown>;

    expect(await read(`turns/${turn}/prompt.json`)).toMatchObject({ version: 1, text: "SAY noted" });
    expect(await read(`turns/${turn}/turn.json`)).toMatchObject({ outcome: "answered", text: "noted" });
    // The pieces that the words came in go when the turn is over; each of them stands in a whole line too.
    const output = async (): Promise<string> => readFile(join(root, `turns/${turn}/out.ndjson`), "utf8");
    await expect.poll(output, { timeout: 10_000 }).not.toContain('"stream_event"');
    expect(await output()).toContain('"type":"result"');
    expect(await output()).toContain('"type":"assistant"');
    expect(await read("session.json")).toMatchObject({
      state: "active",
      totals: { turns: 1, outputTokens: 20 },
    });
  });
});
