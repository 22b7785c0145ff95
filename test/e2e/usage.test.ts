/**
 * What turns cost, and a budget that warns and then asks.
 */
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { allDone, annaAtHome, ask, hear } from "./stories.ts";

describe("a daily budget", () => {
  it("is told of when it is used up, then each message asks: over a restart, too; /usage shows where it went, and an archived session counts", async () => {
    const { world, anna } = await annaAtHome({ env: { DAILY_BUDGET_USD: "0.001" } });
    await ask(anna, "one", /echo: one[^]*Today's budget of .* is used up .*: the next message will ask/);

    anna.send("two");
    const question = await anna.sees(/Today's budget .* is used up .*Run it anyway\?/);
    expect(question.buttons.map(({ text }) => text)).toEqual(["Run", "Run all today", "Drop"]);
    const asked = world.model.requests.length;
    await world.restart();
    await ask(
      anna,
      "/usage",
      /Today: .* · 1 turn · 1k in, 20 out[^]*By session[^]*Home: .*[^]*By persona[^]*default/,
    );
    expect(world.model.requests).toHaveLength(asked);
    anna.press(question, "Run");
    await anna.sees(/echo: two/);
    await allDone(world);

    anna.send("three");
    anna.press(await anna.sees(/Run it anyway\?/), "Drop");
    await anna.sees(/Dropped/);
    anna.send("four");
    anna.press(await anna.sees(/Run it anyway\?/), "Run all today");
    await anna.sees(/echo: four/);
    await allDone(world);
    await hear(world, anna, "five", /echo: five/);

    await ask(anna, "/archive", /is archived/);
    await ask(anna, "/usage", /Today: .* · 4 turns[^]*• Home \(archived\): /);
    await expectSound(world);

    // Said to be archived only as long as it is.
    anna.press(await ask(anna, "/delete home", /for ever/), "Delete it for ever");
    await anna.sees(/is deleted for ever/);
    await ask(anna, "/usage", /Today: .* · 4 turns[^]*• home \(gone\): /);
  });
});
