import { mkdir, readdir, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { findAnswered, noteAnswered } from "../../bot/turns/answered.ts";
import type { Session } from "../../bot/store/session.ts";
import { createOne } from "../store/room.ts";
import { makeHouse, PLACE } from "./kit.ts";

it("where an answer stands is found again, and of a life that was killed while it noted that, nothing is left over", async () => {
  const { paths, session, live } = await makeHouse();
  const deps = { ...(await live()), paths };
  const { root, receipt } = paths.turn(session.folder, 5);
  await mkdir(root, { recursive: true });
  await writeFile(receipt, `{"version":1}\n`);
  await writeFile(`${root}/.turn.json.0123456789ab.tmp`, `{"version":1,"mess`);
  await noteAnswered(deps, { id: 5, sessionId: session.id }, [70, 71]);
  expect(await readdir(root)).toEqual(["turn.json"]);
  expect(await findAnswered(deps, PLACE.chatId, 71, undefined)).toMatchObject({ updateId: 5 });
});

it("an answer and what was asked in a session that is just being archived are out of reach, and back if that fails", async () => {
  const { paths, session, live } = await makeHouse();
  const life = await live();
  const deps = { ...life, paths };
  const { root, receipt, asks } = paths.turn(session.folder, 5);
  await mkdir(root, { recursive: true });
  await writeFile(receipt, `{"version":1,"messages":[71]}\n`);
  const about = { kind: "permission", toolName: "Bash", doing: { kind: "command", command: "x" }, rules: [] };
  const ask = { n: 1, key: "r1", about, state: { kind: "parked", why: "timeout" } };
  await writeFile(asks, JSON.stringify({ version: 1, asks: [ask], silent: [] }));
  const find = async () => ({
    answer: await findAnswered(deps, PLACE.chatId, 71, undefined),
    ask: await life.asks.find({ session: session.id.slice(0, 8), updateId: 5, n: 1 }, PLACE),
  });
  await life.sessions.transition(session.id, "terminated");
  expect(await find()).toEqual({ answer: undefined, ask: undefined });
  await life.sessions.transition(session.id, "paused");
  expect(await find()).toMatchObject({ answer: { updateId: 5 }, ask: { ask: { n: 1 } } });
});

it("an answer of this chat is found before one of a session that was sent in, whose messages were another chat's", async () => {
  const { paths, session: brought, live } = await makeHouse();
  const own = await createOne((await live()).sessions, { place: PLACE });
  const leave = async ({ folder }: Session, updateId: number, endedAt: string): Promise<void> => {
    const { root, receipt } = paths.turn(folder, updateId);
    await mkdir(root, { recursive: true });
    await writeFile(receipt, JSON.stringify({ version: 1, endedAt, messages: [71] }));
  };
  const arrivedAt = "2026-02-01T00:00:00.000Z";
  await writeFile(paths.session(brought.folder).file, JSON.stringify({ ...brought, arrivedAt }));
  await leave(brought, 5, "2026-01-15T00:00:00.000Z");
  const { sessions } = await live();
  const find = () => findAnswered({ sessions, paths }, PLACE.chatId, 71, sessions.get(brought.id));
  expect(await find()).toMatchObject({ session: { id: brought.id }, updateId: 5 });
  await leave(own, 6, "2026-01-10T00:00:00.000Z");
  expect(await find()).toMatchObject({ session: { id: own.id }, updateId: 6 });
  await leave(brought, 7, "2026-02-02T00:00:00.000Z");
  expect(await find()).toMatchObject({ session: { id: brought.id }, updateId: 7 });
});
