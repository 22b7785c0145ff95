import { mkdir, readdir, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { findAnswered, noteAnswered } from "../../bot/turns/answered.ts";
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
