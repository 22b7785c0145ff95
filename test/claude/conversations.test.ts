import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findConversation, listConversations } from "../../bot/claude/conversations.ts";
import { projectFolderName } from "../../bot/claude/transcript.ts";
import { tempFolder } from "../store/room.ts";

const idOf = (n: number) => `${String(n).padStart(8, "0")}-1111-4111-8111-111111111111`;

/** A house with a work folder, and a way to put conversations there. */
async function house() {
  const root = await tempFolder();
  const [configDir, work] = [join(root, "claude"), join(root, "work")];
  const app = join(work, "app");
  await mkdir(app, { recursive: true });
  let age = 0;
  async function put(n: number, lines: readonly object[], { cwd = app, name = idOf(n) } = {}): Promise<void> {
    const folder = join(configDir, "projects", projectFolderName(cwd));
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}.jsonl`);
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    // The later put, the older.
    age += 60;
    await utimes(path, 1_700_000_000 - age, 1_700_000_000 - age);
  }
  const user = (text: string, more: object = {}) => ({
    type: "user",
    uuid: idOf(1),
    cwd: app,
    entrypoint: "cli",
    message: { role: "user", content: text },
    ...more,
  });
  const claude = (text: string) => ({
    type: "assistant",
    uuid: idOf(2),
    message: { id: "m", model: "m", content: [{ type: "text", text }] },
  });
  const list = (most = 10) => listConversations(configDir, [work], { isWanted: () => true, most });
  return { root, configDir, work, app, put, user, claude, list };
}

describe("the list of conversations", () => {
  it("has the newest first, each with its name or first words, and what was said last", async () => {
    const { put, user, claude, list, app } = await house();
    await put(1, [
      user("First words"),
      claude("One"),
      user("Then"),
      claude("Two"),
      { type: "ai-title", aiTitle: "Guessed" },
    ]);
    await put(2, [user("Only asked")]);
    await put(3, [
      { type: "custom-title", customTitle: "Mine" },
      user("Hello"),
      claude("Hi"),
      { type: "ai-title", aiTitle: "Guessed" },
    ]);
    const found = await list();
    expect(found.map(({ title, lastWords }) => [title, lastWords])).toEqual([
      ["Guessed", "Two"],
      ["Only asked", "Only asked"],
      ["Mine", "Hi"],
    ]);
    expect(found[0]).toMatchObject({
      claudeSessionId: idOf(1),
      cwd: app,
      isTyped: true,
      exchanges: [
        { asked: "First words", answered: "One" },
        { asked: "Then", answered: "Two" },
      ],
    });
    expect((await list(2)).length).toBe(2);
  });

  it("leaves out subagents, what was had in no folder that is asked for or in one that is gone, and what is no conversation", async () => {
    const { put, user, list, root, configDir, work } = await house();
    await put(1, [user("a subagent", { isSidechain: true })]);
    await put(2, [user("elsewhere", { cwd: root })], { cwd: root });
    await put(3, [user("moved", { cwd: join(work, "gone") })], { cwd: join(work, "gone") });
    await put(4, [{ type: "mode", mode: "normal" }]);
    await put(5, [user("of an agent")], { name: "agent-1234" });
    await put(6, [user("said where it cannot be found from", { cwd: work })]);
    await put(7, [user("by a program", { entrypoint: "sdk-cli" })]);
    expect((await list()).map(({ title, isTyped }) => [title, isTyped])).toEqual([["by a program", false]]);
    expect((await findConversation(configDir, idOf(7)))?.title).toBe("by a program");
    expect(await findConversation(configDir, idOf(8))).toBeUndefined();
    expect(await listConversations(join(root, "none"), [work], { isWanted: () => true, most: 5 })).toEqual(
      [],
    );
  });

  it("reads only the ends of large ones", async () => {
    const { put, user, claude, list } = await house();
    const noise = Array.from({ length: 3_000 }, () => ({ type: "attachment", text: "x".repeat(1_000) }));
    await put(1, [user("At the beginning"), ...noise, user("At the end"), claude("Bye")]);
    expect(await list()).toMatchObject([{ title: "At the beginning", lastWords: "Bye" }]);
  });
});
