/** What takes a while and is asked for twice: a second tap, or a second message, while the first is at work. */
import { pino } from "pino";
import { expect, it } from "vitest";
import { createArchives } from "../../bot/store/archive/archive.ts";
import { startWorker } from "../../bot/store/archive/process.ts";
import { createPersonas } from "../../bot/store/personas.ts";
import { shortId } from "../../bot/store/session.ts";
import type { Request } from "../../bot/telegram/command.ts";
import { archiveCommand } from "../../bot/telegram/commands/archive.ts";
import { deleteButtons } from "../../bot/telegram/commands/delete.ts";
import { newButton } from "../../bot/telegram/commands/new.ts";
import { restoreButtons, restoreCommand } from "../../bot/telegram/commands/restore.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import { createArchiving } from "../../bot/turns/archiving.ts";
import { makeHouse, PLACE } from "../turns/kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

async function bench() {
  const house = await makeHouse();
  const life = await house.live();
  const { paths, session } = house;
  const logger = pino({ level: "silent" });
  const now = () => new Date();
  const archives = createArchives({ paths, now, startWorker });
  const archiving = createArchiving({ ...life, archives, paths, configDir: undefined, logger });
  const deps = { ...life, archives, archiving, paths, logger, now };
  let updates = 100;
  const said = async (
    work: (request: Request) => Promise<readonly Part[] | undefined>,
    text: string,
  ): Promise<string> => {
    updates += 1;
    await life.journal.take([{ update_id: updates }]);
    const parts = (await work({ updateId: updates, place: PLACE, userId: 7, text })) ?? [];
    checkParts(parts);
    return textOf(parts);
  };
  const press = (kind: string, text: string): Promise<string> => {
    const button = [...deleteButtons(deps), ...restoreButtons(deps)].find((each) => each.kind === kind);
    if (button === undefined || !("press" in button)) throw new Error(`no kind ${kind}`);
    return said((request) => button.press(request), text);
  };
  const archive = (): Promise<string> => said((request) => archiveCommand(deps).run(request), session.name);
  const restore = (): Promise<string> => said((request) => restoreCommand(deps).run(request), session.name);
  await life.sessions.makeCurrent(PLACE, session.id);
  return { house, life, archives, session, press, archive, restore };
}

it("/archive twice at once says twice that it is archived", async () => {
  const { archives, archive } = await bench();
  const both = await Promise.all([archive(), archive()]);
  expect(both).toEqual([
    expect.stringMatching(/^📦 .* is archived/),
    expect.stringMatching(/^📦 .* is archived/),
  ]);
  expect(await archives.list()).toHaveLength(1);
});

it("Delete pressed twice at once says that it is deleted, not that it could not be", async () => {
  const { session, press } = await bench();
  const both = await Promise.all([press("delete", shortId(session)), press("delete", shortId(session))]);
  for (const text of both) expect(text).toMatch(/is deleted\. Its archive stays/);
});

it("a restore asked for twice at once brings the session back once, and says so twice", async () => {
  const { life, session, press, archive, restore } = await bench();
  await archive();
  const both = await Promise.all([press("restore", session.folder), restore()]);
  for (const text of both) expect(text).toMatch(/is back, and you are in it/);
  expect(life.sessions.current(PLACE)).toMatchObject({ id: session.id, state: "active" });
});

it("＋ New session tapped twice makes one session; a while later, or under another message, another", async () => {
  const { house, life } = await bench();
  let ms = Date.UTC(2026, 0, 1);
  const personas = createPersonas({ folder: house.paths.folders.personas });
  const button = newButton({
    ...life,
    personas,
    defaultPersona: "default",
    findFolder: async () => undefined,
    workspaceRoots: [],
    now: () => new Date(ms),
  });
  if (!("press" in button)) throw new Error("not a button with work");
  let updates = 200;
  const tap = async (messageId: number): Promise<string> => {
    const request = { updateId: (updates += 1), messageId, place: PLACE, userId: 7, text: "" };
    const refusal = await button.refuse?.(request);
    return refusal ?? textOf((await button.press(request)) ?? []);
  };
  const made = (): number => life.sessions.list(PLACE.chatId).length;
  const before = made();
  expect(await tap(1)).toMatch(/new session/);
  ms += 500;
  expect(await tap(1)).toBe("Your new session is made already.");
  expect(await tap(2)).toMatch(/new session/);
  ms += 3_000;
  expect(await tap(2)).toMatch(/new session/);
  // The clock was put back meanwhile.
  ms -= 3_600_000;
  expect(await tap(2)).toMatch(/new session/);
  expect(made() - before).toBe(4);
});
