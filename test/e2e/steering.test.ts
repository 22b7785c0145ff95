/**
 * A message while a turn runs: into the turn where it can take it, else in line,
 * where the person can see, change, hurry or drop it. Stop ends a turn at once.
 */
import { describe, expect, it } from "vitest";
import type { Person } from "../fakes/bot-api/person.ts";
import { createWorld } from "../harness/create-world.ts";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

const BASH = { env: { PERMISSION_MODE: "bypassPermissions", IS_SANDBOX: "1", CLAUDE_ENV: "IS_SANDBOX" } };

describe("a message while a turn runs", () => {
  it("during a tool goes into the turn: the model reads it, 👌 says so, and the answer goes on below it", async () => {
    const { world, anna } = await annaAtHome(BASH);
    anna.send("RUN:sleep 2; echo slept");
    const above = await anna.chat.waitForShown(/Let me run that/);
    const steered = anna.send("and say hi");
    await anna.chat.waitForReaction(steered.message, "👀");
    const below = await anna.sees(/After the tool: slept/);
    await anna.chat.waitForReaction(steered.message, "👌");

    expect(below.id).toBeGreaterThan(steered.message.id);
    expect(above.id).toBeLessThan(steered.message.id);
    expect(above.text).toMatch(/^Let me run that\.$/);
    expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(/and say hi/);
    expect(world.model.requests).toHaveLength(2);
    await ask(anna, "SAY and on", /^and on/);
    await expectSound(world);

    // Found again, and in the conversation where it was said.
    await ask(anna, "/search say hi", /is in 1 session:\n\n○ Home .*\n.*and say hi/s);
    anna.send("/export md");
    const { document } = await anna.chat.waitFor((message) => message.document !== undefined, {
      since: anna.mark,
    });
    expect(Buffer.from(document?.bytes ?? []).toString("utf8")).toMatch(
      /> RUN:sleep 2[^]*Let me run that\.\n\n\*\*You\*\*, while Claude worked\n\n> and say hi\n\n\*\*Claude\*\*\n\nAfter the tool/,
    );
  });

  it("during text is answered by the same turn, below it, and both cost", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:40 DELAY:40");
    const above = await anna.chat.waitForShown(/w3/);
    const steered = anna.send("SAY below");
    const below = await anna.sees(/^below/);
    expect(below.id).toBeGreaterThan(steered.message.id);
    expect(above.text).toMatch(/^w0 .*w39\s*$/s);
    await expectSound(world);
    const status = await ask(anna, "/status", /You are in Home/);
    expect(status.text).toMatch(/1 turn so far, .* 2040 tokens/s);
  });
});

describe("what waits", () => {
  it("has a note, and can be changed, dropped and sent now; what was read is not run again", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:900 DELAY:40");
    const live = await anna.chat.waitForShown(/w3/);
    const command = anna.send("/context");
    const note = await anna.sees(/Waits for the answer before it/);
    expect(note.replyTo?.id).toBe(command.message.id);
    const third = anna.send("SAY third");
    const thirdNote = await anna.sees(/Waits for the answer before it/);
    await ask(anna, "/status", /2 messages waiting.*\/context.*SAY third/s);

    anna.edit(third.message, "SAY changed");
    await anna.chat.waitFor(({ id, text }) => id === thirdNote.id && text.startsWith("✏️ Changed"));
    anna.press(note, "Drop");
    await anna.chat.waitFor(({ id, text }) => id === note.id && /Dropped/.test(text));
    expect(command.message.reactions).toEqual([]);

    // Into the turn first; then it does not wait for the end of the text either.
    const twice = [anna.press(thirdNote, "Send now"), anna.press(thirdNote, "Send now")] as const;
    await anna.chat.waitFor(({ id, text }) => id === thirdNote.id && /Claude reads this/.test(text));
    expect((await twice[1].answered()).text).toMatch(/already|any more/);
    const slow = anna.press(thirdNote, `sendnow:${third.updateId}`, { isStale: true });
    expect((await slow.answered()).text).toMatch(/goes into the running turn already/);
    expect(live.text).not.toMatch(/Stopped/);
    anna.press(thirdNote, "Stop and send now");
    await anna.sees(/^changed/);
    expect(live.text).toMatch(/^w0 w1.*Stopped here/s);

    anna.edit(third.message, "SAY once more");
    await anna.sees(/Claude has this already/);
    const late = anna.press(thirdNote, "sendnow:", { isStale: true });
    expect((await late.answered()).text).toMatch(/does not wait any more/);
    await expectSound(world);
    expect(world.model.requests.map(({ prompt }) => prompt).join("\n")).not.toMatch(
      /third|context|once more/,
    );
    expect(anna.chat.answers.map(({ text }) => text).join("\n")).not.toMatch(/⏳ (Waits|Claude)/);
  });

  it("for want of a session can be changed and dropped", async () => {
    const world = await createWorld();
    const anna = world.person();
    await world.start();
    const first = anna.send("SAY first");
    const offer = await anna.sees(/no session here yet/i);
    anna.edit(first.message, "SAY better");
    await anna.sees(/Changed/);
    anna.press(offer, "Drop what I wrote");
    await anna.sees(/Dropped/);
    await ask(anna, "/new Home", /You are in a new session: Home [^(]*$/);
    await expectSound(world);
    expect(world.model.requests).toEqual([]);
  });
});

describe("a stop", () => {
  it("by the button ends that turn, keeps what was said, and the session goes on", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:400 DELAY:60");
    const live = await anna.chat.waitForShown(/w3/);
    anna.press(live, "⏹ Stop");
    await anna.sees(/^w0 w1.*Stopped here/s);
    expect(live.buttons).toEqual([]);
    const late = anna.press(live, "stop:", { isStale: true });
    expect((await late.answered()).text).toMatch(/over/);
    await ask(anna, "SAY still here", /^still here/);
    await expectSound(world);
  });

  it.each([
    ["text streams", "LONG:400 DELAY:40", (anna: Person) => anna.chat.waitForShown(/w3/)],
    ["a tool runs", "RUN:sleep 9; echo slept", (anna: Person) => anna.chat.waitForShown(/Bash/)],
    [
      "the API is asked again",
      "FAIL:529",
      (anna: Person) => anna.chat.waitForShown(/529|overloaded|again|try/i),
    ],
    [
      "the process is only starting",
      "SAY too late",
      (anna: Person) => anna.chat.waitFor(({ isFromBot }) => isFromBot && anna.chat.actions.length > 0),
    ],
  ])("is shown within a second while %s", async (_, text, begun) => {
    const { world, anna } = await annaAtHome(BASH);
    anna.send(text);
    await begun(anna);
    const { message } = anna.send("/stop");
    const stopped = await anna.sees(/Stopped (here|before)/);
    const ms = stopped.now.at - message.parts.at;
    expect(ms).toBeLessThan(1_500);
    if (process.env["PARLEY_TEST_MS"]) console.info(`stop while ${_}: ${ms} ms`);
    await ask(anna, "SAY and on", /^and on/);
    await expectSound(world);
  });
});

describe("a SIGKILL", () => {
  it.each(["steered", "steer-sent"])(
    "at the step %s loses no message, and none is run twice",
    async (step) => {
      const { world, anna } = await annaAtHome();
      await world.bot.kill();
      const bot = await world.start({ env: { PARLEY_KILL_AT: step } });
      anna.send("LONG:60 DELAY:50");
      await anna.chat.waitForShown(/w5/);
      const steered = anna.send("SAY only once");
      expect((await bot.exit).signal).toBe("SIGKILL");
      await world.start();

      const answer = await anna.chat.waitForText(/^only once/);
      expect(answer.id).toBeGreaterThan(steered.message.id);
      await anna.chat.waitForText(/^w0 .*w59/s);
      await expectSound(world);
      const asked = (words: string) =>
        world.model.requests.filter(({ prompt }) => prompt.includes(words)).length;
      expect([asked("LONG:60"), asked("SAY only once")]).toEqual([1, 1]);
    },
  );

  it("after a message was read leaves the answer where it was, below that message", async () => {
    const { world, anna } = await annaAtHome();
    // Long enough that a busy machine, too, has the second there before the first is said.
    anna.send("LONG:45 DELAY:80");
    await anna.chat.waitForShown(/w5/);
    const steered = anna.send("LONG:50 DELAY:40");
    await anna.chat.waitForReaction(steered.message, "👌");
    await world.restart();
    const below = await anna.chat.waitForText(/w49/);
    expect(below.id).toBeGreaterThan(steered.message.id);
    // Killed while it was being sent, it may stand there twice, and says so.
    expect(below.text).toMatch(/^(\(may be a repeat\)\n)?w0 /);
    await anna.chat.waitForText(/^w0 .*w44\s*$/s);
    await expectSound(world);
    expect(world.model.requests).toHaveLength(2);
  });
});
