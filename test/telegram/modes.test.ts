import { describe, expect, it } from "vitest";
import { effortSchema, permissionModeSchema } from "../../bot/store/modes.ts";
import { modeButtons, modeCommands } from "../../bot/telegram/commands/modes.ts";
import { createPersonas } from "../../bot/store/personas.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import { makeHouse, PLACE } from "../turns/kit.ts";
import { checkParts, pressButtons, textOf } from "./presenter-check.ts";

/** The three commands in a place where a session is current. */
async function bench(options: { knowsEffort?: boolean } = {}) {
  const house = await makeHouse();
  const { sessions } = await house.live();
  const { id } = house.session;
  await sessions.makeCurrent(PLACE, id);
  const deps = {
    sessions,
    personas: createPersonas({ folder: house.paths.folders.personas }),
    permissionMode: "acceptEdits" as const,
    knowsEffort: async () => options.knowsEffort,
  };
  const request = (text: string) => ({ updateId: 1, place: PLACE, userId: 7, text });
  const checked = (parts: readonly Part[] = []): readonly Part[] => {
    checkParts(parts);
    return parts;
  };
  return {
    sessions,
    session: () => sessions.get(id),
    ask: async (command: string, text = "") =>
      checked(
        await modeCommands(deps)
          .find(({ name }) => name === command)
          ?.run(request(text)),
      ),
    /** Presses what `data` stands for; a refusal is given as it is. */
    press: async (data: string) => {
      const [kind = "", ...rest] = data.split(":");
      const button = modeButtons(deps).find((each) => each.kind === kind);
      const asked = request(rest.join(":"));
      return button?.refuse?.(asked) ?? textOf(checked(await button?.press(asked)));
    },
  };
}

/** The data of the button that reads so. */
function dataOf(parts: readonly Part[], text: RegExp): string {
  return pressButtons(parts).find((button) => text.test(button.text))?.data ?? "";
}

describe("what a session is run with", () => {
  it.each([
    ["model", ["opus", "opus[1m]", "sonnet", "haiku"]],
    ["effort", effortSchema.options],
    ["mode", permissionModeSchema.options.filter((mode) => mode !== "auto")],
  ])("/%s lists what there is, with a way back to the persona's", async (command, options) => {
    const { ask } = await bench();
    const texts = pressButtons(await ask(command)).map(({ text }) => text.replace(/^● /, ""));
    expect(texts).toEqual([...options, expect.stringMatching(/^As (the )?persona /)]);
  });

  it("is chosen by a button or a word, holds from the next turn, and is marked in the list", async () => {
    const { ask, press, session } = await bench();
    expect(await press(dataOf(await ask("model"), /^haiku$/))).toMatch(/Model of .*: haiku\..* next turn/);
    expect(session()).toMatchObject({ model: "haiku" });
    expect(dataOf(await ask("model"), /^● haiku$/)).not.toBe("");
    await ask("mode", "auto");
    expect(dataOf(await ask("mode"), /^● auto$/)).not.toBe("");
    expect(textOf(await ask("model", "claude-next-9[1m]"))).toMatch(/: claude-next-9\[1m\]\./);
    expect(textOf(await ask("effort", "HIGH"))).toMatch(/: high\./);
    expect(textOf(await ask("mode", "manual"))).toMatch(/: default\..*asks before it runs/);
    expect(session()).toMatchObject({
      model: "claude-next-9[1m]",
      effort: "high",
      permissionMode: "default",
    });
  });

  it("goes back to what the persona says, or else the setting", async () => {
    const { ask, press, session } = await bench();
    await ask("mode", "plan");
    expect(await press(dataOf(await ask("mode"), /^As persona and settings say/))).toMatch(
      /: acceptEdits \(as persona and settings say\)\./,
    );
    expect(session()).not.toHaveProperty("permissionMode");
  });

  it.each([
    ["model", "--dangerously-skip-permissions"],
    ["model", "two words"],
    ["effort", "extreme"],
    ["mode", "yolo"],
    ["mode", "bypassPermissions!"],
  ])("is no other word: /%s %s changes nothing", async (command, word) => {
    const { ask, session } = await bench();
    const before = session();
    expect(textOf(await ask(command, word))).toMatch(/cannot be the name|must be one of/);
    expect(session()).toEqual(before);
  });

  it("asks twice before nobody is asked any more", async () => {
    const { ask, press, session } = await bench();
    const asked = await ask("mode", "bypassPermissions");
    expect(session()).not.toHaveProperty("permissionMode");
    expect(await press(dataOf(asked, /Leave/))).toMatch(/stays as it is/);
    expect(session()).not.toHaveProperty("permissionMode");
    expect(await press(dataOf(asked, /Allow everything/))).toMatch(/without asking/);
    expect(session()).toMatchObject({ permissionMode: "bypassPermissions" });
  });

  it("is changed by a late press only in the session that the button names", async () => {
    const { ask, press, sessions, session } = await bench();
    const list = await ask("model");
    const made = await sessions.create({ persona: "default", place: PLACE, createdBy: 7, name: "Other" });
    if (made.ok) await sessions.makeCurrent(PLACE, made.session.id);
    await press(dataOf(list, /^opus$/));
    expect(session()).toMatchObject({ model: "opus" });
    expect(sessions.current(PLACE)).not.toHaveProperty("model");
    expect(await press("model:ffffffff:opus")).toMatch(/from another time/);
  });

  it("says it where the installed CLI takes no effort, and where no session is current", async () => {
    const { ask, sessions } = await bench({ knowsEffort: false });
    expect(textOf(await ask("effort", "low"))).toMatch(/does not know efforts/);
    await sessions.leave(PLACE);
    expect(textOf(await ask("model"))).toMatch(/No session is current/);
  });
});
