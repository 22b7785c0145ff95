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

describe("with STREAM=draft", () => {
  it("an answer grows as a draft, is stopped by the draft's own button, comes as one message, also after a crash, and makes way for a question", async () => {
    const { world, anna } = await annaAtHome({ env: { STREAM: "draft" } });
    const { chat } = anna;
    anna.send("LONG:40 DELAY:60");
    const draft = await chat.waitForDraft(/^w0 w1\b(?!.*w39)/);
    const whole = await anna.sees(/w39/);
    expect(whole.versions).toHaveLength(1);
    expect(chat.draftHistory[0]).toMatchObject({ text: "", draftId: draft.draftId, canStop: true });

    const second = anna.send("LONG:400 DELAY:60");
    const { draftId } = await chat.waitForDraft(/w5\b/, { since: second.mark });
    expect(draftId).not.toBe(draft.draftId);
    anna.stopDraft(draftId);
    expect((await anna.sees(/Stopped here/)).text).not.toMatch(/w399/);

    const last = anna.send("LONG:60 DELAY:60");
    const third = await chat.waitForDraft(/w12\b/, { since: last.mark });
    await world.restart();
    expect((await anna.sees(/w59/)).versions).toHaveLength(1);
    expect(third.draftId).not.toBe(draftId);

    const asked = await ask(anna, "RUN:mkdir made", /wants to run/);
    expect(chat.seenDrafts).toEqual([]);
    anna.press(asked, "Allow once");
    await anna.sees(/After the tool/);
    expect(asked.text).toMatch(/Allowed once/);
    await expectSound(world);
  });
});
