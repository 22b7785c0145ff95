/** What an earlier life of the bot left of a turn whose answer is stored. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createClaude, type Claude } from "../../bot/claude/claude.ts";
import { identify, isAlive, type Identity } from "../../bot/claude/identity.ts";
import type { RunLimits } from "../../bot/claude/limits.ts";
import { findMarked } from "../../bot/claude/process-list.ts";
import { FEATURES } from "./harness.ts";

vi.mock("node:timers/promises", { spy: true });

function makeClaude(limits: Partial<RunLimits> = {}): Claude {
  return createClaude({ probe: async () => ({ ok: true, features: FEATURES }), env: {}, limits });
}

/** A shell as a CLI is started, with `script` run first. */
async function leave(script: string, marker: string): Promise<Identity> {
  const child = spawn("sh", ["-c", `${script}\necho ready; exec sleep 300`], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: process.env["PATH"], PARLEY_TURN: marker },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const identity = await identify(child.pid ?? 0);
  if (!identity) throw new Error("it did not start");
  return identity;
}

describe("a sweep", () => {
  test("ends a CLI that still runs, and all it started", async () => {
    const marker = randomUUID();
    const identity = await leave("setsid sleep 300 & env -i sleep 300 &", marker);
    expect(await makeClaude().sweep(marker, identity)).toBe(3);
    expect(await isAlive(identity)).toBe(false);
    expect(await findMarked(marker)).toEqual([]);
  });

  test("ends what is left of a turn whose CLI has gone", async () => {
    const marker = randomUUID();
    const identity = await leave("setsid sleep 300 & sleep 300 &", marker);
    process.kill(identity.pid, "SIGKILL");
    await expect.poll(() => isAlive(identity)).toBe(false);
    expect(await makeClaude().sweep(marker, identity)).toBe(2);
    expect(await findMarked(marker)).toEqual([]);
  });

  test("needs no more than the marker", async () => {
    const marker = randomUUID();
    await leave("setsid sleep 300 &", marker);
    expect(await makeClaude().sweep(marker)).toBe(2);
    expect(await findMarked(marker)).toEqual([]);
  });

  test("ends what does not listen, too", async () => {
    const marker = randomUUID();
    const deaf = "sh -c \"trap '' TERM; while :; do sleep 0.1; done\" & trap '' TERM";
    const identity = await leave(deaf, marker);
    await makeClaude({ termMs: 50, leftoverMs: 50 }).sweep(marker, identity);
    expect(await isAlive(identity)).toBe(false);
    expect(await findMarked(marker)).toEqual([]);
  });

  test("of one turn leaves another alone", async () => {
    const other = await leave("", randomUUID());
    expect(await makeClaude().sweep(randomUUID())).toBe(0);
    expect(await isAlive(other)).toBe(true);
  });

  test("takes no process of another start of the machine for its own", async () => {
    const other = await leave("", randomUUID());
    expect(await makeClaude().sweep(randomUUID(), { ...other, bootId: "before" })).toBe(0);
    expect(await isAlive(other)).toBe(true);
  });

  test("waits for nothing where there is nothing", async () => {
    vi.mocked(delay).mockClear();
    expect(await makeClaude().sweep(randomUUID())).toBe(0);
    expect(delay).not.toHaveBeenCalled();
  });
});
