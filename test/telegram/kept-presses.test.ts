/**
 * Presses about messages that wait for the person's word, with a kill between any
 * two facts: each message runs once, or is asked about again.
 */
import { describe, expect, it } from "vitest";
import type { Request } from "../../bot/telegram/command.ts";
import { keptButton } from "../../bot/telegram/commands/kept.ts";
import { terminalButton, type TerminalDeps } from "../../bot/telegram/commands/terminal.ts";
import { makeHouse, orderOf, PLACE, until } from "../turns/kit.ts";
import { allRun, type House, type Life, startAgain } from "./lives.ts";

const WAITING = [31, 32, 33];
const NOTICE = 90;

type Press = (house: House, life: Life, updateId: number) => Promise<void>;

async function pressed(
  button: { refuse?(request: Request): unknown; press(request: Request): Promise<unknown> },
  request: Request,
): Promise<void> {
  if ((await button.refuse?.(request)) === undefined) await button.press(request);
}

const requestOf = (updateId: number, text: string): Request => ({
  updateId,
  place: PLACE,
  userId: 7,
  text,
  messageId: NOTICE,
});

const keptPress =
  (verb: "run" | "drop"): Press =>
  (_, life, updateId) =>
    pressed(keptButton({ kept: life.kept, now: () => new Date(0) }), requestOf(updateId, verb));

const terminalPress =
  (verb: "take" | "drop"): Press =>
  (house, life, updateId) => {
    const deps: Pick<TerminalDeps, "sessions" | "turns"> = life;
    // Neither asks anything of the rest.
    const button = terminalButton(deps as TerminalDeps);
    return pressed(button, requestOf(updateId, `${verb}:${house.session.id.slice(0, 8)}`));
  };

it("a press about what waits in a topic that is gone counts where the question stands, in that chat only", async () => {
  const house = await makeHouse();
  const life = await house.live();
  const gone = { ...PLACE, threadId: 3 };
  const order = { ...orderOf("x", 31), place: gone };
  await life.journal.note(31, { state: "kept", place: gone, notice: NOTICE, order });
  const button = keptButton({ kept: life.kept, now: () => new Date(0) });
  const elsewhere: Request = { ...requestOf(7, "drop"), place: { chatId: 8 } };
  await pressed(button, elsewhere);
  await pressed(button, { ...requestOf(8, "drop"), messageId: NOTICE + 1 });
  expect(life.journal.get(31)?.state).toBe("kept");
  await pressed(button, requestOf(9, "drop"));
  expect(life.journal.get(31)?.state).toBe("done");
});

describe("a press about what waits", () => {
  it.each<[string, "kept" | "stalled", Press, number]>([
    ["Run all", "kept", keptPress("run"), WAITING.length],
    ["Drop", "kept", keptPress("drop"), 0],
    ["Take over", "stalled", terminalPress("take"), WAITING.length],
    ["Drop, of what waits for a terminal", "stalled", terminalPress("drop"), 0],
  ])("counts once, with a kill anywhere in it: %s", async (_, where, press, runs) => {
    for (let facts = 0; facts < WAITING.length; facts += 1) {
      const house = await makeHouse();
      const life = await house.live();
      await life.sessions.makeCurrent(PLACE, house.session.id);
      for (const id of WAITING) {
        const order = orderOf(`number ${id}`, id);
        await life.journal.note(
          id,
          where === "kept"
            ? { state: "kept", place: PLACE, notice: NOTICE, order }
            : { state: "stalled", sessionId: house.session.id, order },
        );
      }
      await life.journal.take([{ update_id: 7 }]);
      const died = life.dieAfter(facts);
      void press(house, life, 7);
      await died;

      const next = await house.live();
      await startAgain(next, ({ id }) => press(house, next, id));
      await press(house, next, 8);
      const ran = await allRun(house, next);
      expect([facts, ran.length, new Set(ran).size]).toEqual([facts, runs, runs]);
      await until(() => WAITING.every((id) => next.journal.get(id)?.state === "done"));
    }
  });
});
