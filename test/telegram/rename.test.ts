import { describe, expect, it } from "vitest";
import { renameCommand } from "../../bot/telegram/commands/rename.ts";
import { makeHouse, PLACE } from "../turns/kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

/** The command in a chat; `takes` is whether Telegram renames topics. */
async function bench(takes = true) {
  const house = await makeHouse();
  const { sessions } = await house.live();
  const topics: [number, number, string][] = [];
  const command = renameCommand({
    sessions,
    renameTopic: async (...given) => {
      topics.push(given);
      return takes;
    },
  });
  const rename = async (text: string): Promise<string> => {
    const parts = await command.run({ updateId: 1, place: PLACE, userId: 7, text });
    checkParts(parts);
    return textOf(parts);
  };
  return { sessions, id: house.session.id, topics, rename };
}

describe("/rename", () => {
  it("gives the current session another name, and leaves its folder and its id", async () => {
    const { sessions, id, rename, topics } = await bench();
    await sessions.makeCurrent(PLACE, id);
    const folder = sessions.get(id)?.folder;
    expect(await rename("  Spring\n\u202eplans ")).toMatch(/is called Spring plans [0-9a-f]{8} now\.$/);
    expect(sessions.get(id)).toMatchObject({ name: "Spring plans", folder });
    expect(sessions.find(PLACE.chatId, "spring PLANS")).toMatchObject({ kind: "one", session: { id } });
    expect(topics).toEqual([]);
  });

  it.each(['"Living Room"', "“Living Room”", " 'Living Room' "])(
    "takes a name in quotes, as /new does: %s",
    async (typed) => {
      const { sessions, id, rename } = await bench();
      await sessions.makeCurrent(PLACE, id);
      await rename(typed);
      expect(sessions.get(id)?.name).toBe("Living Room");
    },
  );

  it("takes along the topic that was opened for it, and says where Telegram will not", async () => {
    for (const [takes, said] of [
      [true, /Its topic is called so, too/],
      [false, /would not rename its topic/],
    ] as const) {
      const { sessions, id, rename, topics } = await bench(takes);
      await sessions.makeCurrent(PLACE, id);
      await sessions.update(id, { ownTopic: 77 });
      expect(await rename("Garden")).toMatch(said);
      expect(topics).toEqual([[PLACE.chatId, 77, "Garden"]]);
    }
  });

  it("changes nothing without a name, and says where one is not to be had", async () => {
    const { sessions, id, rename } = await bench();
    expect(await rename("Garden")).toMatch(/No session is current here/);
    await sessions.makeCurrent(PLACE, id);
    const { name } = sessions.get(id) ?? {};
    expect(await rename(" \u200b ")).toMatch(/\/rename NAME gives it another name/);
    expect(sessions.get(id)?.name).toBe(name);
  });
});
