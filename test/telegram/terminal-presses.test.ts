/** The buttons of a session that is at a terminal, pressed twice. */
import { expect, it } from "vitest";
import type { Request } from "../../bot/telegram/command.ts";
import { terminalButton, type TerminalDeps } from "../../bot/telegram/commands/terminal.ts";
import { alreadyDecided } from "../../bot/telegram/presenter/replies.ts";
import type { ForkOutcome } from "../../bot/turns/forking.ts";
import { makeHouse, PLACE } from "../turns/kit.ts";

it("a second tap on Fork makes no second copy", async () => {
  const house = await makeHouse();
  const life = await house.live();
  await life.sessions.update(house.session.id, { terminal: { since: "2026-01-01T00:00:00.000Z" } });
  const forks: ((outcome: ForkOutcome) => void)[] = [];
  const forking: TerminalDeps["forking"] = {
    fork: () => new Promise((resolve) => void forks.push(resolve)),
  };
  const deps: Pick<TerminalDeps, "sessions" | "turns" | "forking"> = { ...life, forking };
  // Fork asks nothing of the rest.
  const button = terminalButton(deps as TerminalDeps);
  const request = (updateId: number): Request => ({
    updateId,
    place: PLACE,
    userId: 7,
    text: `fork:${house.session.id.slice(0, 8)}`,
  });
  // Both are looked at before either is done.
  expect(await Promise.all([button.refuse?.(request(7)), button.refuse?.(request(8))])).toEqual([
    undefined,
    undefined,
  ]);
  const pressed = [button.press(request(7)), button.press(request(8))];
  expect(await button.refuse?.(request(9))).toBe(alreadyDecided);
  expect(await pressed[1]).toBeUndefined();
  expect(forks).toHaveLength(1);
  forks[0]?.({ ok: false, kind: "no_history" });
  expect(await pressed[0]).not.toBeUndefined();
  expect(await button.refuse?.(request(10))).toBeUndefined();
});
