/** Continue and Discard while their session is away. */
import { pino } from "pino";
import { expect, it } from "vitest";
import { createArchives } from "../../bot/store/archive/archive.ts";
import { startWorker } from "../../bot/store/archive/process.ts";
import { decisionButtons } from "../../bot/telegram/commands/decide.ts";
import { alreadyDecided, cutOffArchived } from "../../bot/telegram/presenter/replies.ts";
import { createArchiving } from "../../bot/turns/archiving.ts";
import { makeHouse, orderOf, PLACE } from "../turns/kit.ts";

it("Continue keeps while its session is archived, and works when it is back; Discard works all the time", async () => {
  const house = await makeHouse();
  const life = await house.live();
  const { paths, session } = house;
  const logger = pino({ level: "silent" });
  const archives = createArchives({ paths, now: () => new Date(), startWorker });
  const archiving = createArchiving({ ...life, archives, paths, configDir: undefined, logger });
  const press = async (kind: string, updateId: number, cutOff: number): Promise<string | undefined> => {
    const button = decisionButtons(life).find((each) => each.kind === kind);
    if (button === undefined || !("press" in button)) throw new Error(`no kind ${kind}`);
    const request = { updateId, place: PLACE, userId: 7, text: String(cutOff) };
    const refusal = await button.refuse?.(request);
    if (refusal === undefined) await button.press(request);
    return refusal;
  };
  for (const id of [5, 6]) {
    await life.journal.note(id, { state: "queued", sessionId: session.id, order: orderOf(`m${id}`) });
    await life.journal.note(id, { state: "interrupted" });
  }
  expect(await archiving.archive(session)).toMatchObject({ ok: true });
  expect(await press("continue", 8, 5)).toBe(cutOffArchived);
  expect(life.journal.get(5)?.state).toBe("interrupted");
  expect(await press("discard", 9, 6)).toBeUndefined();
  expect(await press("continue", 10, 6)).toBe(alreadyDecided);

  expect(await archiving.restore(session.folder)).toMatchObject({ ok: true });
  expect(await press("continue", 11, 5)).toBeUndefined();
  const run = await life.run(0);
  expect(life.starts[0]?.message.content).toMatch(/continue the turn that was cut off[^]*m5/);
  run.answer("done");
  await life.end(11);
});
