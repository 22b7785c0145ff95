/**
 * The bot under a supervisor: it says that it is up, and beats with its polls.
 */
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { createWorld } from "../harness/create-world.ts";

it("the bot tells systemd that it is up, then of each poll, and marks the good ones on the disk", async () => {
  const world = await createWorld();
  const anna = world.person();
  const bin = join(world.folders.root, "bin");
  const said = join(world.folders.root, "said");
  await mkdir(bin);
  await writeFile(join(bin, "systemd-notify"), `#!/bin/sh\nprintf '%s|' "$@" >> ${said}\necho >> ${said}\n`);
  await chmod(join(bin, "systemd-notify"), 0o700);
  const bot = await world.start({
    env: { NOTIFY_SOCKET: "/run/notify", PATH: `${bin}:${process.env["PATH"]}` },
  });
  const lines = async () => (await readFile(said, "utf8").catch(() => "")).split("\n");
  await vi.waitFor(
    async () => expect(await lines()).toContain("READY=1|STATUS=waiting for Telegram|"),
    10_000,
  );

  const lock = join(world.folders.sessions, ".lock");
  const before = (await stat(lock)).mtimeMs;
  anna.send("/status");
  await anna.sees(/Last word from Telegram/);
  await vi.waitFor(
    async () => expect(await lines()).toContain("WATCHDOG=1|STATUS=Telegram answers; 0 turns run|"),
    10_000,
  );
  await vi.waitFor(async () => expect((await stat(lock)).mtimeMs).toBeGreaterThan(before), 10_000);
  // No secret and no text of a person's in what others may read.
  expect((await lines()).join("\n")).not.toMatch(/status\b(?!=)|AAFake/);

  await bot.stop();
  await vi.waitFor(async () => expect(await lines()).toContain("STOPPING=1|"), 10_000);
});
