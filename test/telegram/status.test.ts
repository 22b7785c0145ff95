import { expect, it } from "vitest";
import { createPersonas } from "../../bot/store/personas.ts";
import { statusCommand } from "../../bot/telegram/commands/status.ts";
import { makeHouse, PLACE } from "../turns/kit.ts";
import { textOf } from "./presenter-check.ts";

/** /status, where the CLI says its version as `cliVersion` does; and what was waited for, in ms. */
async function ask(cliVersion: () => Promise<string | undefined>, wait: (ms: number) => Promise<void>) {
  const house = await makeHouse();
  const command = statusCommand({
    ...(await house.live()),
    personas: createPersonas({ folder: house.paths.folders.personas }),
    permissionMode: "default",
    latencies: { medians: () => undefined },
    standbyCount: () => 0,
    diskSpaces: async () => ({ sessions: undefined, archives: undefined }),
    version: "0.1",
    maxTurns: 4,
    lastPollAgoMs: () => 1_000,
    uptimeMs: () => 0,
    cliVersion,
    wait,
  });
  return textOf((await command.run({ updateId: 1, place: PLACE, userId: 7, text: "" })) ?? []);
}

const never = new Promise<never>(() => {});

it("a CLI that hangs does not hold /status up", async () => {
  const waits: number[] = [];
  const said = await ask(
    () => never,
    async (ms) => void waits.push(ms),
  );
  expect(said).toMatch(/Last word from Telegram 1 s ago.*Claude Code has not said its version yet\.$/s);
  expect(waits).toEqual([1_000]);
});

it("a CLI that answers is named, one that is not there is missed", async () => {
  expect(
    await ask(
      async () => "2.1.329",
      () => never,
    ),
  ).toMatch(/Parley 0\.1, Claude Code 2\.1\.329\.$/);
  expect(
    await ask(
      async () => undefined,
      () => never,
    ),
  ).toMatch(/Claude Code not found\.$/);
});
