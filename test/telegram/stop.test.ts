/** /stop, with and without words behind it. */
import { expect, it } from "vitest";
import { stopCommand } from "../../bot/telegram/commands/stop.ts";
import { makeHouse, orderOf, PLACE, type ScriptedRun } from "../turns/kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

type Run = Pick<ScriptedRun, "interrupts" | "exit">;
interface Bench {
  readonly elsewhere: Run;
  readonly here: Run;
  readonly stop: (text: string) => Promise<string>;
}

/** A turn runs in the session "Elsewhere", and one in "Here", which is current, until `act` is done. */
async function whileBothRun(act: (bench: Bench) => Promise<void>): Promise<void> {
  const house = await makeHouse();
  const life = await house.live();
  const make = async (name: string, updateId: number) => {
    const made = await life.sessions.create({ name, persona: "default", place: PLACE, createdBy: 7 });
    if (!made.ok) throw new Error(made.kind);
    await life.turns.submit(updateId, made.session.id, orderOf(name, updateId + 100));
    return made.session;
  };
  await make("Elsewhere", 5);
  const elsewhere = await life.run(0);
  const current = await make("Here", 6);
  const here = await life.run(1);
  await life.sessions.makeCurrent(PLACE, current.id);
  const stop = async (text: string): Promise<string> => {
    const parts = await stopCommand(life).run({ updateId: 9, place: PLACE, userId: 7, text });
    checkParts(parts);
    return textOf(parts);
  };
  await act({ elsewhere, here, stop });
  for (const run of [elsewhere, here]) run.exit({ kind: "stopped" });
  await Promise.all([life.end(5), life.end(6)]);
}

it("/stop with the name of a session ends what runs there, and says where that was", () =>
  whileBothRun(async ({ elsewhere, here, stop }) => {
    expect(await stop("elsewhere")).toMatch(/^⏹ Stopping Elsewhere [0-9a-f]{8}\. What was said so far stays/);
    expect([elsewhere.interrupts, here.interrupts]).toEqual([1, 0]);
  }));

it.each(["", "here", "it, please"])("/stop %s ends what runs here", (text) =>
  whileBothRun(async ({ elsewhere, here, stop }) => {
    expect(await stop(text)).toBe("⏹ Stopping. What was said so far stays.");
    expect([elsewhere.interrupts, here.interrupts]).toEqual([0, 1]);
  }),
);

it("/stop names the session in which there is nothing to stop", () =>
  whileBothRun(async ({ elsewhere, stop }) => {
    await stop("Elsewhere");
    elsewhere.exit({ kind: "stopped" });
    await expect.poll(() => stop("Elsewhere")).toMatch(/^Nothing is running in Elsewhere [0-9a-f]{8}\.$/);
  }));
