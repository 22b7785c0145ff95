/**
 * A session at the phone and at the desk, with the real CLI at both: two
 * processes never hold one Claude session without the person's word.
 */
import { describe, expect, it } from "vitest";
import { openAtDesk, readSession, sayAtDesk } from "../harness/desk.ts";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask, hear } from "./stories.ts";

describe("a session that goes on at a terminal", () => {
  it("is told of at the next message, which waits for the person's word: taken over, it knows what was said there", async () => {
    const { world, anna } = await annaAtHome();
    await hear(world, anna, "SAY red", /^red$/);
    const home = await readSession(world, "home-");
    const line = await ask(anna, "/terminal", /goes on with Home/);
    expect(line.text).toContain(`cd '${home.cwd}' && `);
    expect(line.text).toContain(` --resume ${home.claudeSessionId}`);
    expect(line.buttons.map(({ text }) => text)).toEqual(["📋 Copy the line", "Back to the phone"]);
    await ask(anna, "/session", /Home[^●○]*at the desk/s);
    await ask(anna, "/status", /marked as at the desk/);

    expect(await sayAtDesk(world, home, "SAY *said* at the desk")).toBe("*said* at the desk");
    anna.send("SAY from the phone");
    const told = await anna.sees(
      /went on at a terminal: 1 message .*Claude: \*said\* at the desk.*Your message is kept/s,
    );
    // What waits is not lost by a restart, and is asked about again.
    await world.restart();
    const again = await anna.chat.waitForText(/went on at a terminal/, { since: told.changedAt });
    expect(world.model.requests.some(({ prompt }) => prompt.includes("phone"))).toBe(false);
    anna.press(again, "Take over");
    await anna.sees(/goes on here. Running what you wrote \(1 message\)/);
    await anna.chat.waitForText(/^from the phone$/);
    anna.press(told, "Take over");
    const recalled = await hear(world, anna, "RECALL", /SAY red/);
    expect(recalled.text).toMatch(/SAY red\nSAY said at the desk\nSAY from the phone/);
    expect(await readSession(world, "home-")).not.toHaveProperty("terminal");

    // Where nothing happens at the desk, it just goes on here, and says so.
    await ask(anna, "/terminal", /goes on with Home/);
    await hear(world, anna, "SAY blue", /^blue.*marked as at the desk. Nothing had happened there/s);
    await ask(anna, "/terminal", /goes on with Home/);
    await ask(anna, "/terminal", /not at the desk any more/);
    await expectSound(world, { repeatable: [/went on at a terminal/, /This line goes on/] });
  });

  it("and is still open there, has no turn beside it but by a second word; a fork goes on here, and the desk keeps its own", async () => {
    const { world, anna } = await annaAtHome();
    await hear(world, anna, "SAY red", /^red$/);
    const home = await readSession(world, "home-");
    const desk = await openAtDesk(world, home);
    anna.send("SAY from the phone");
    const told = await anna.sees(new RegExp(`open in a terminal right now \\(process ${desk.pid}\\)`));
    anna.press(told, "Take over");
    const asked = await anna.sees(/still open in a terminal.*Anyway: both would write/s);
    expect(world.model.requests.some(({ prompt }) => prompt.includes("phone"))).toBe(false);
    anna.press(asked, "Fork");
    await anna.sees(/You are in Home \(fork\)/);
    await anna.chat.waitForText(/^from the phone$/);

    await ask(anna, "/session Home", /You are in Home /);
    anna.send("SAY despite it");
    const second = await anna.sees(/open in a terminal right now/);
    anna.press(second, "Take over");
    anna.press(await anna.sees(/still open in a terminal/), "Take over anyway");
    await anna.chat.waitForText(/^despite it$/);
    // That word holds for that process.
    await hear(world, anna, "SAY once more", /^once more$/);
    // Its folder does not go from under that, though.
    await ask(anna, "/archive", /Home .*is open in a terminal \(process \d+\).*End it there/);
    await desk.close();
    await expectSound(world);
  });
});
