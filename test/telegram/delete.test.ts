/** /delete: what it asks, what goes, and what a press that is handled twice does. */
import { readdir } from "node:fs/promises";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createArchives } from "../../bot/store/archive/archive.ts";
import { startWorker } from "../../bot/store/archive/process.ts";
import type { Request, WorkButton } from "../../bot/telegram/command.ts";
import { archiveCommand } from "../../bot/telegram/commands/archive.ts";
import { deleteButtons, deleteCommand } from "../../bot/telegram/commands/delete.ts";
import { exportCommand } from "../../bot/telegram/commands/export.ts";
import { restoreCommand } from "../../bot/telegram/commands/restore.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import { createArchiving } from "../../bot/turns/archiving.ts";
import { makeHouse, PLACE } from "../turns/kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

async function bench() {
  const house = await makeHouse();
  const life = await house.live();
  const { paths } = house;
  const logger = pino({ level: "silent" });
  const now = () => new Date();
  const archives = createArchives({
    paths,
    now,
    startWorker,
  });
  const archiving = createArchiving({ ...life, archives, paths, configDir: undefined, logger });
  const deps = { ...life, archives, archiving, paths, logger, now };
  const command = deleteCommand(deps);
  const buttons = deleteButtons(deps);
  let updates = 100;
  const request = async (text: string, more: Partial<Request> = {}): Promise<Request> => {
    updates += 1;
    await life.journal.take([{ update_id: updates }]);
    return { updateId: updates, place: PLACE, userId: 7, text, ...more };
  };
  const said = (parts: readonly Part[] | undefined): string => {
    checkParts(parts ?? []);
    return textOf(parts ?? []);
  };
  const ask = async (text: string, more?: Partial<Request>) => command.run(await request(text, more));
  /** Presses the button that reads so; where it is refused, gives why. */
  const pressOf = (parts: readonly Part[], label: string): { button: WorkButton; text: string } => {
    const all = parts.flatMap((part) => ("buttons" in part ? (part.buttons ?? []).flat() : []));
    const found = all.find(({ text }) => text === label);
    if (found === undefined || !("data" in found)) throw new Error(`no button ${label}`);
    const [kind, ...rest] = found.data.split(":");
    const button = buttons.find((each) => each.kind === kind);
    if (button === undefined) throw new Error(`no kind ${kind}`);
    return { button, text: rest.join(":") };
  };
  const press = async (parts: readonly Part[], label: string, more?: Partial<Request>) => {
    const { button, text } = pressOf(parts, label);
    const asked = await request(text, more);
    const refusal = await button.refuse?.(asked);
    if (refusal !== undefined) return { refusal, asked, parts: [] };
    return { asked, parts: (await button.press(asked)) ?? [], again: () => button.press(asked) };
  };
  const restore = async (text: string) => restoreCommand(deps).run(await request(text));
  const pack = async (text: string) => archiveCommand(deps).run(await request(text));
  const page = async (text: string) => exportCommand(deps).run(await request(text));
  return { house, life, archives, archiving, paths, ask, press, said, restore, pack, page };
}

it("deletes a session only when it was asked and archived, and its archive only when that was asked", async () => {
  const { house, life, archives, paths, ask, press, said } = await bench();
  expect(said(await ask(""))).toMatch(/No session is current/);
  await life.sessions.makeCurrent(PLACE, house.session.id);
  const question = await ask("");
  expect(said(question)).toMatch(/Delete .*\? Its 0 turns, .* the files in its workspace.*the archive stays/);
  expect(said((await press(question, "Keep it")).parts)).toBe("Kept as it is.");
  expect(life.sessions.get(house.session.id)).toBeDefined();
  // Of another chat it is nobody's.
  expect(await press(question, "Delete it", { place: { chatId: 8 } })).toHaveProperty("refusal");

  const gone = await press(question, "Delete it");
  expect(said(gone.parts)).toMatch(/is deleted\. Its archive stays .*\/restore brings it back/);
  expect(life.sessions.get(house.session.id)).toBeUndefined();
  expect(await archives.list()).toMatchObject([{ kind: "archive", isLive: false }]);
  // The same press again, as a start hands it out when the bot died before it answered.
  expect(said(await gone.again?.())).toMatch(/is deleted\. Its archive stays/);
  expect(await press(question, "Delete it")).toHaveProperty("refusal");

  const last = await press(gone.parts, "Delete the archive, too");
  expect(said(last.parts)).toMatch(/Delete the archive of .* for ever \(0 turns, .*\)\? Nothing here/);
  const sent = await press(last.parts, "Send it here first");
  expect(said(sent.parts)).toMatch(/Here is the archive of .*sent to me again, it is restored/);
  expect(sent.parts.at(-1)).toMatchObject({
    kind: "file",
    path: paths.archive(house.session.folder).tarball,
  });
  expect(said(await ask(house.session.name))).toMatch(/Delete the archive of/);
  expect(said(await ask(house.session.name, { place: { chatId: 8 } }))).toMatch(/There is no session/);
  expect(await archives.list()).toHaveLength(1);

  const erased = await press(sent.parts, "Delete it for ever");
  expect(said(erased.parts)).toMatch(/The archive of .* is deleted for ever/);
  expect(await readdir(paths.folders.archive)).toEqual([]);
  expect(said(await erased.again?.())).toBe("🗑 The archive is deleted for ever.");
  expect(said((await press(last.parts, "Delete it for ever")).parts)).toMatch(/Nothing called/);
});

it("deletes for ever only the archive that was asked about, not a later one of the same session", async () => {
  const { house, life, archives, archiving, ask, press, said } = await bench();
  const { id, name, folder } = house.session;
  const archive = async (): Promise<void> => {
    const session = life.sessions.get(id);
    expect(session && (await archiving.archive(session))).toMatchObject({ ok: true });
  };
  await archive();
  const question = await ask(name);
  expect(await archiving.restore(folder)).toMatchObject({ ok: true });
  await archive();
  expect(said((await press(question, "Delete it for ever")).parts)).toMatch(
    /archived anew since\. Nothing was/,
  );
  expect(await archives.list()).toMatchObject([{ kind: "archive" }]);
});

it("asks which one is meant where several archives have one name", async () => {
  const { house, life, archives, archiving, ask, said, restore, page } = await bench();
  const { name, id } = house.session;
  const twin = await life.sessions.create({
    name,
    persona: "default",
    place: PLACE,
    createdBy: 7,
    originUpdateId: 9,
  });
  if (!twin.ok) throw new Error(twin.kind);
  for (const session of [house.session, twin.session])
    expect(await archiving.archive(session)).toMatchObject({ ok: true });

  for (const parts of [await ask(name), await page(name), await restore(`"${name.toUpperCase()}"`)]) {
    expect(said(parts)).toContain(id.slice(0, 8));
    expect(said(parts)).toContain(twin.session.id.slice(0, 8));
    expect(said(parts)).not.toContain("for ever");
  }
  expect(await archives.list()).toMatchObject([{ isLive: false }, { isLive: false }]);
  expect(said(await ask(id.slice(0, 8)))).toMatch(/for ever/);
  expect(said(await restore(id.slice(0, 8)))).toMatch(/is back/);
  expect(life.sessions.get(id)).toBeDefined();
});

it("says of a session that is asked for and archived that it is, and offers to bring it back", async () => {
  const { house, pack, said } = await bench();
  const { name, folder } = house.session;
  expect(said(await pack(name))).toMatch(/is archived \(/);
  const again = await pack(name.toUpperCase());
  expect(said(again)).toMatch(/^📦 SESSION 1 is archived:\n\n○ Session 1 [^]*Tap one to bring it back/);
  expect(again.at(-1)).toMatchObject({ buttons: [[{ text: name, data: `restore:${folder}` }]] });
  expect(said(await pack("nowhere"))).toMatch(/There is no session nowhere in this chat/);
});

it("deletes nothing while a turn runs, and says what to do", async () => {
  const { house, life, archives, ask, press, said } = await bench();
  const { id, name } = house.session;
  const question = await ask(name);
  await life.journal.take([{ update_id: 5 }]);
  await life.turns.submit(5, id, { place: PLACE, createdBy: 7, text: "hello" });
  expect(said(await ask(name))).toMatch(/has a turn running or waiting\. \/stop it first, then delete/);
  expect(said((await press(question, "Delete it")).parts)).toMatch(/has a turn running or waiting/);
  expect(await archives.list()).toEqual([]);
  expect(life.sessions.get(id)).toBeDefined();
});
