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
});
