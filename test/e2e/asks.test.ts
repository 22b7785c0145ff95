/**
 * What Claude asks before it acts: permissions, as a person meets them.
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorld } from "../harness/create-world.ts";
import { expectSound } from "../harness/invariants.ts";
import type { World } from "../harness/world.ts";
import { allDone, annaAtHome, ask } from "./stories.ts";

/** The folder of the only session. */
async function home(world: World): Promise<string> {
  const [folder = ""] = (await readdir(world.folders.sessions)).filter((name) => name.startsWith("home-"));
  return join(world.folders.sessions, folder);
}

const rulesOf = async (world: World): Promise<unknown> =>
  (JSON.parse(await readFile(join(await home(world), "session.json"), "utf8")) as { allowRules?: unknown })
    .allowRules;

/** How many turns had to ask us, be it that a person was asked or that we answered by ourselves. */
async function turnsThatAsked(world: World): Promise<number> {
  const turns = join(await home(world), "turns");
  const files = await Promise.all((await readdir(turns)).map((turn) => readdir(join(turns, turn))));
  return files.filter((names) => names.includes("asks.json")).length;
}

describe("a permission", () => {
  it("is asked with the whole command, given once, and asked again the next time", async () => {
    const { world, anna } = await annaAtHome();
    const asked = await ask(anna, "RUN:mkdir -p made/sub", /Claude wants to run a command/);
    expect(asked.text).toContain("mkdir -p made/sub");
    expect(asked.buttons.map(({ text }) => text)).toEqual(["Allow once", "Deny", "Allow for this session"]);
    expect(existsSync(join(await home(world), "workspace/made/sub"))).toBe(false);
    await ask(anna, "/status", /a turn is running and waits for an answer to what Claude asks/);

    const [{ data } = { data: "" }] = asked.buttons;
    anna.press(asked, "Allow once");
    await anna.chat.waitForText(/After the tool/);
    expect(existsSync(join(await home(world), "workspace/made/sub"))).toBe(true);
    expect(asked.text).toBe("✅ Allowed once: mkdir -p made/sub");
    const late = anna.press(asked, data, { isStale: true });
    expect((await late.answered()).text).toMatch(/decided before/);

    const again = await ask(anna, "RUN:mkdir -p made/sub", /Claude wants to run a command/);
    anna.press(again, "Deny");
    await anna.sees(/After the tool:.*rejected/);
    expect(await rulesOf(world)).toBeUndefined();
    expect(anna.chat.answers.at(-1)?.text).not.toMatch(/Not allowed in this session/);
    await expectSound(world, { repeatable: [/Let me run/] });
  });

  it("holds for the session, in later processes too, until it is taken back", async () => {
    const { world, anna } = await annaAtHome();
    const asked = await ask(anna, "RUN:mkdir -p made/sub", /exactly this command: mkdir -p made\/sub/);
    anna.press(asked, "Allow for this session");
    await anna.chat.waitForText(/After the tool/);
    expect(await rulesOf(world)).toEqual([{ tool: "Bash", content: "mkdir -p made/sub" }]);

    await ask(anna, "RUN:mkdir -p made/sub", /After the tool/);
    expect(await turnsThatAsked(world)).toBe(1);
    // The words are there before the turn is over.
    await allDone(world);
    const status = await ask(
      anna,
      "/status",
      /Allowed in this session without asking:\n• exactly this command: mkdir/,
    );
    anna.press(status, /^Take back/);
    await anna.sees(/^(?!.*Allowed in this session).*nothing is running/s);
    expect(await rulesOf(world)).toEqual([]);
    const again = await ask(anna, "RUN:mkdir -p made/sub", /Claude wants to run a command/);
    anna.press(again, "Deny");
    await anna.sees(/After the tool:.*rejected/);
    await expectSound(world, { repeatable: [/After the tool/, /Let me run/] });
  });

  it("of files shows what would change, and for the session covers the folder, for all tools that change files", async () => {
    const { world, anna } = await annaAtHome();
    const file = join(await home(world), "workspace/notes.txt");
    const write = (content: string): string => `TOOL:Write ${JSON.stringify({ file_path: file, content })}`;
    const asked = await ask(anna, write("one\ntwo\n"), /Claude wants to write a new file/);
    expect(asked.text).toContain("+one\n+two");
    anna.press(asked, "Allow for this session");
    await anna.chat.waitForText(/After the tool/);
    expect(await readFile(file, "utf8")).toBe("one\ntwo\n");

    const other = join(await home(world), "workspace/other.txt");
    await ask(
      anna,
      `TOOL:Write ${JSON.stringify({ file_path: other, content: "x" })}`,
      /After the tool:.*created/,
    );
    expect(await turnsThatAsked(world)).toBe(1);
    const outside = join(world.folders.home, "outside.txt");
    const stranger = await ask(
      anna,
      `TOOL:Write ${JSON.stringify({ file_path: outside, content: "x" })}`,
      /new file/,
    );
    expect(stranger.buttons.map(({ text }) => text)).not.toContain("Allow for this session");
    anna.send("no", {});
    await anna.sees(/After the tool:.*rejected/);
    expect(existsSync(outside)).toBe(false);
    await expectSound(world, { repeatable: [/After the tool/, /Let me run/] });
  });

  it("is denied with a reason that reaches Claude, and given by a yes", async () => {
    const { world, anna } = await annaAtHome();
    const asked = await ask(anna, "RUN:touch a.txt", /Claude wants to run a command/);
    const reason = anna.send("call it b.txt", { replyTo: asked });
    await anna.chat.waitForReaction(reason.message, "👌");
    await anna.sees(/After the tool:.*call it b\.txt/s);
    expect(asked.text).toMatch(/Denied, because “call it b\.txt”: touch a\.txt/);

    await ask(anna, "RUN:touch b.txt", /Claude wants to run a command/);
    anna.send("yes");
    await anna.sees(/^After the tool/);
    expect(await readdir(join(await home(world), "workspace"))).toEqual(["b.txt"]);
    await expectSound(world, { repeatable: [/Let me run/] });
  });
});

describe("in a group", () => {
  it("only who asked for the turn decides; the press of another says so", async () => {
    const world = await createWorld();
    const group = world.group({ title: "Home lab" });
    const [anna, bert] = [world.person(), world.person("Bert")];
    const eve = world.stranger("Eve");
    await world.start();
    const chat = { chat: group };
    anna.send("/new@parley_test_bot Home", chat);
    await anna.sees(/new session: Home/, chat);

    anna.send("@parley_test_bot RUN:touch a.txt", chat);
    const asked = await anna.sees(/Claude wants to run a command/, chat);
    eve.press(asked, "Allow once");
    const other = bert.press(asked, "Allow once");
    expect((await other.answered()).text).toMatch(/Only the person who asked/);
    expect(asked.buttons).toHaveLength(3);
    anna.send("not in here", { ...chat, replyTo: asked });
    await anna.sees(/After the tool:.*not in here/s, chat);
    expect(asked.text).toMatch(/Denied, because “not in here”/);
    await expectSound(world);
  });
});
