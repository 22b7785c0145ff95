/**
 * Personas as they reach the model: on every turn, and a change from the next one.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { allDone, annaAtHome, ask } from "./stories.ts";

describe("a persona", () => {
  it("is in every request, and a change in mid-session is from the next turn on", async () => {
    const { world, anna } = await annaAtHome();
    const file = join(world.folders.personas, "pirate.md");
    await writeFile(file, "---\nname: Pirate\ndescription: speaks like one\n---\nPIRATE-ONE\n", {
      mode: 0o600,
    });
    const list = await ask(anna, "/persona", /Pirate — speaks like one/);
    anna.press(list, "Pirate");
    await anna.sees(/speaks as Pirate/);

    await ask(anna, "SAY aye", /^aye$/);
    expect(world.model.requests.at(-1)?.system).toContain("PIRATE-ONE");
    await ask(anna, "SAY aye aye", /^aye aye$/);
    expect(world.model.requests.at(-1)?.system).toContain("PIRATE-ONE");

    // The words are there before the turn is over; what is written in between goes into it.
    await allDone(world);
    await writeFile(file, "---\nname: Pirate\n---\nPIRATE-TWO\n");
    await ask(anna, "SAY arr", /^arr$/);
    expect(world.model.requests.at(-1)?.system).toContain("PIRATE-TWO");
    expect(world.model.requests.at(-1)?.system).not.toContain("PIRATE-ONE");
    await expectSound(world);
  });

  it("that is damaged is named with its fault and harms no other; its session does not run without its limits", async () => {
    const { world, anna } = await annaAtHome();
    const file = join(world.folders.personas, "pirate.md");
    await writeFile(file, "---\nname: Pirate\n---\nPIRATE\n", { mode: 0o600 });
    await ask(anna, "/persona pirate", /speaks as Pirate/);
    await writeFile(file, "---\npermission_mode: everything\n---\nPIRATE\n");
    await ask(anna, "/persona", /pirate cannot be used: permission_mode must be/);
    await ask(anna, "/new Sea pirate", /^The persona pirate cannot be used: permission_mode must be/);
    await ask(anna, "SAY hm", /This did not run: the persona pirate cannot be used/);
    expect(world.model.requests).toEqual([]);
    await ask(anna, "/persona default", /speaks as Default/);
    await ask(anna, "SAY hm again", /^hm again$/);
    await expectSound(world);
  });
});
