/**
 * Conversations that began at the desk, brought into the chat: with the real CLI
 * at both.
 */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorld } from "../harness/create-world.ts";
import { asTyped, openAtDesk, sayAtDesk } from "../harness/desk.ts";
import { expectSound } from "../harness/invariants.ts";
import { ask, hear } from "./stories.ts";

describe("/resume", () => {
  it("lists what was had at a terminal, brings one in with its last words, and leaves what is open there its own", async () => {
    const world = await createWorld();
    const anna = world.person();
    const app = join(world.folders.root, "projects", "app");
    const outside = join(world.folders.root, "private");
    for (const folder of [app, outside]) await mkdir(folder, { recursive: true });
    const [typed, program, secret, open] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const begins = { begins: true };
    await Promise.all([
      sayAtDesk(
        world,
        { claudeSessionId: typed, cwd: app },
        "SAY `<b>bold</b>` and [x](tg://y) at the desk",
        begins,
      ),
      sayAtDesk(world, { claudeSessionId: program, cwd: app }, "SAY said by a program", begins),
    ]);
    await Promise.all([
      sayAtDesk(world, { claudeSessionId: secret, cwd: outside }, "SAY private", begins),
      sayAtDesk(world, { claudeSessionId: open, cwd: app }, "SAY left open", begins),
    ]);
    for (const id of [typed, secret, open]) await asTyped(world, id);
    await world.start({ env: { WORKSPACE_ROOTS: join(world.folders.root, "projects") } });

    const list = await ask(anna, "/resume", /at a terminal:/);
    expect(list.text).toContain("[x](tg://y) at the desk");
    expect(list.text).not.toMatch(/program|private/);
    anna.press(list, list.buttons.find(({ text }) => text.includes("bold"))?.text ?? "");
    const recap = await anna.sees(/You are in .* with all that was said there/s);
    expect(recap.text).toMatch(
      /You: SAY `<b>bold.*\nClaude: `<b>bold<\/b>` and \[x\]\(tg:\/\/y\) at the desk$/s,
    );
    expect((await hear(world, anna, "RECALL", /bold/)).text).toMatch(/at the desk/);

    const desk = await openAtDesk(world, { claudeSessionId: open, cwd: app });
    const second = await ask(anna, "/resume left", /SAY left open/);
    expect(second.text).not.toMatch(/bold/);
    anna.press(second, "SAY left open");
    await anna.sees(/open in a terminal right now/);
    anna.send("SAY from the phone");
    const told = await anna.sees(/open in a terminal right now.*Your message is kept/s);
    await desk.close();
    anna.press(told, "Take over");
    await anna.chat.waitForText(/^from the phone$/);
    expect((await hear(world, anna, "RECALL", /phone/)).text).toMatch(/left open/);

    await ask(anna, "/resume", /nothing to resume/);
    await ask(anna, "/resume SAY left open", /is a session here already/);
    await expectSound(world);
  });
});
