/**
 * How an answer looks: what stands under it, and what of it is more than text.
 */
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("an answer", () => {
  it("ends with a line that unfolds to what was done for it, and copies its short code at a touch", async () => {
    const { world, anna } = await annaAtHome();
    const worked = await ask(anna, "RUN:echo hello", /After the tool: hello[^]*⚙️/);
    expect(worked.text).toMatch(
      /\n\n⚙️ 1 tool · [\d.]+ s · (?:\$\d+\.\d\d|under \$0\.01) · context \d+ %\n• Bash echo hello · [\d.]+ s$/,
    );
    expect(worked.entities.map(({ type }) => type)).toContain("expandable_blockquote");

    const said = await ask(anna, "SAY Run this:\n\n```sh\nnpm test\n```", /npm test$/);
    expect(said.text).not.toMatch(/⏱|context/);
    expect(said.buttons).toEqual([{ text: "📋 npm test", data: "", copy: "npm test" }]);
    await expectSound(world);
  });

  it("is rich where it has a table, if wished, plain again at a touch, and plain at once where Telegram refuses", async () => {
    const { world, anna } = await annaAtHome({ env: { RICH: "auto" } });
    const table = "SAY Here:\n\n| what | how many |\n|---|--:|\n| apples | 12 |";
    const told = await ask(anna, table, /\| apples \| 12 \|/);
    expect(told.rich).toHaveLength(2);
    expect(told.versions.slice(0, -1).every(({ rich }) => rich === undefined)).toBe(true);

    await world.restart();
    await anna.press(told, "Plain").answered();
    const plain = await anna.sees(/apples │\s+12/);
    expect(plain).toMatchObject({ id: told.id, rich: undefined, buttons: [] });
    expect((await ask(anna, "SAY no table", /^no table$/)).rich).toBeUndefined();

    world.api.fault({ kind: "refuse", when: (payload) => payload["rich_message"] !== undefined });
    await world.restart();
    await ask(anna, table.replace("12", "13"), /apples │\s+13/);
    await expectSound(world);
  });
});
