/**
 * /model, /effort and /mode, as the model and the CLI get to know of them.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("what a session is run with", () => {
  it("changes from its next turn, by a button or a word, survives a restart, and stands in /status", async () => {
    const { world, anna } = await annaAtHome();
    const lastModel = () => world.model.requests.at(-1)?.model ?? "";
    await ask(anna, "SAY one", /^one$/);
    const before = lastModel();

    const list = await ask(anna, "/model", /Any other name can be typed/);
    anna.press(list, "sonnet");
    await anna.sees(/Model of Home .*: sonnet/);
    await ask(anna, "/effort low", /Effort of Home .*: low/);
    const modes = await ask(anna, "/mode", /○ plan — only reads/);
    anna.press(modes, "plan");
    await anna.sees(/Mode of Home .*: plan/);
    await world.restart();

    await ask(anna, "SAY two", /^two$/);
    expect(before).not.toMatch(/sonnet/);
    expect(lastModel()).toMatch(/sonnet/);
    expect(world.model.requests.map(({ effort }) => effort === "low")).toEqual([false, true]);
    await ask(anna, "/status", /runs with model sonnet, effort low, mode plan/);
    const [folder = ""] = (await readdir(world.folders.sessions)).filter((name) => name.startsWith("home-"));
    const turns = join(world.folders.sessions, folder, "turns");
    const [, second = ""] = (await readdir(turns)).sort();
    expect(await readFile(join(turns, second, "out.ndjson"), "utf8")).toContain('"permissionMode":"plan"');
    await expectSound(world);
  });
});
