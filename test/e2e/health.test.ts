/**
 * How the bot is, as a person and a program see it: over the real bot, after
 * real turns, and after a restart.
 */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { readExposition } from "../health/exposition.ts";
import { createWorld } from "../harness/create-world.ts";
import { expectSound } from "../harness/invariants.ts";
import { ask } from "./stories.ts";

/** A port that nobody has, held until `free` is called. */
async function takePort(): Promise<{ port: number; free: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { port, free: () => new Promise((resolve) => server.close(() => resolve())) };
}

it("the bot tells how it is and how fast it was: in /status, also after a restart, and on its port", async () => {
  const world = await createWorld();
  const anna = world.person();
  const { port, free } = await takePort();
  const env = { HEALTH_PORT: String(port) };
  // A port that another program has is a sentence, and nothing is begun.
  const refused = await world.start({ env, mayEnd: true });
  expect(refused.ended?.code).toBe(78);
  expect(refused.logTail()).toContain(`HEALTH_PORT ${port} on 127.0.0.1 cannot be listened on`);
  await free();

  await world.start({ env });
  await ask(anna, "/new Secret garden", /You are in a new session/);
  await ask(anna, "SAY roses are red", /^roses are red$/);
  await world.bot.logs(/turn timing/);
  await ask(anna, "/status", /Last word from Telegram \d+ s ago.*(Cold|Warm) start: first words after/s);

  const health = await fetch(`http://127.0.0.1:${port}/healthz`);
  expect([health.status, await health.json()]).toMatchObject([200, { ok: true, runningTurns: 0 }]);
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const samples = readExposition(text);
  const value = (name: string): number =>
    samples.filter((each) => each.name === name).reduce((sum, each) => sum + each.value, 0);
  expect(value("parley_turns_total")).toBe(1);
  expect(value("parley_first_shown_seconds_count")).toBe(1);
  expect(value("parley_telegram_calls_total")).toBeGreaterThanOrEqual(3);
  expect(value("parley_journal_bytes")).toBeGreaterThan(100);
  expect(text).not.toMatch(/Anna|7001|Secret|garden|roses/i);

  await world.bot.stop();
  await world.start({ env });
  await ask(anna, "/status", /start: first words after .* \(the last turn\)/s);
  await expectSound(world, { repeatable: [/You are in/] });
});
