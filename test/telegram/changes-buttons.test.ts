/** Undo and Redo while others work in the same folder. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Request } from "../../bot/telegram/command.ts";
import { changesButtons } from "../../bot/telegram/commands/changes.ts";
import { changeToasts } from "../../bot/telegram/presenter/changes.ts";
import { createOne } from "../store/room.ts";
import { makeHouse, orderOf, PLACE, until } from "../turns/kit.ts";
import { textOf } from "./presenter-check.ts";

it("nothing goes back while a turn of another session works in the same folder", async () => {
  const house = await makeHouse({ snapshots: "auto" });
  const life = await house.live();
  const top = join(house.paths.folders.sessions, "../repo");
  await mkdir(join(top, "sub"), { recursive: true });
  execFileSync("git", ["init", "-q"], { cwd: top });
  const mine = await createOne(life.sessions, { place: PLACE, cwd: top });
  const others = await createOne(life.sessions, { place: PLACE, cwd: join(top, "sub") });
  await life.turns.submit(5, mine.id, orderOf("do"));
  const run = await life.run(0);
  await until(() => life.snapshotsTaken() > 0);
  run.say({ type: "tool_started", id: "t1", name: "Bash", input: {}, main: true });
  await writeFile(join(top, "a.txt"), "a");
  run.say({ type: "tool_finished", id: "t1", isError: false, text: "" });
  run.answer("Done.");
  await life.end(5);
  await until(() => life.turns.runningCount() === 0);

  let beforeWork = async (): Promise<void> => {};
  const exclusive: typeof life.turns.exclusive = (id, work) =>
    life.turns.exclusive(id, () => beforeWork().then(work));
  const turns = { ...life.turns, exclusive };
  const buttons = changesButtons({ ...life, turns, paths: house.paths, bring: async () => {} });
  const request: Request = { updateId: 9, place: PLACE, userId: 7, text: `${mine.id.slice(0, 8)}:5` };
  const press = async (kind: string) => {
    const button = buttons.find((each) => each.kind === kind);
    if (button === undefined || !("press" in button)) throw new Error(kind);
    return { refusal: await button.refuse?.(request), said: textOf((await button.press(request)) ?? []) };
  };

  await life.turns.submit(6, others.id, orderOf("work"));
  const running = await life.run(1);
  expect(await press("undo-do")).toEqual({ refusal: changeToasts.shared, said: changeToasts.shared });
  expect(existsSync(join(top, "a.txt"))).toBe(true);
  running.answer("Done.");
  await life.end(6);
  await until(() => life.turns.runningCount() === 0);
  // Nor where that one begins between the press and its turn.
  beforeWork = async () => {
    await life.turns.submit(7, others.id, orderOf("work on"));
    await life.run(2);
  };
  expect(await press("undo-do")).toEqual({ refusal: undefined, said: changeToasts.shared });
  expect(existsSync(join(top, "a.txt"))).toBe(true);
  (await life.run(2)).answer("Done.");
  await life.end(7);
  await until(() => life.turns.runningCount() === 0);
  beforeWork = async () => {};
  expect(await press("undo-do")).toMatchObject({
    refusal: undefined,
    said: expect.stringMatching(/^↩️ Undone/),
  });
  expect(existsSync(join(top, "a.txt"))).toBe(false);
});
