import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { type Attached, attachWhileWanted } from "../../bot/claude/attach.ts";
import { identify, isAlive } from "../../bot/claude/identity.ts";

const LIMITS = { termMs: 1_000, leftoverMs: 500 };
const turn = () => ({ marker: randomUUID(), limits: LIMITS });
const never = new Promise<void>(() => {});

test("a process that comes is given", async () => {
  const attached: Attached = { ok: true, identity: Promise.resolve(undefined), exited: Promise.resolve({}) };
  expect(await attachWhileWanted(async () => attached, never, turn())).toBe(attached);
});

test("a start that throws throws", async () => {
  const failing = async () => Promise.reject(new Error("no disk"));
  await expect(attachWhileWanted(failing, never, turn())).rejects.toThrow("no disk");
});

test("a start that is under way is waited for, so that its process is ended in order", async () => {
  const failed: Attached = { ok: false, failure: { kind: "not_started", code: "EIO", detail: "" } };
  const slow = async () => new Promise<Attached>((resolve) => setImmediate(() => resolve(failed)));
  expect(await attachWhileWanted(slow, Promise.resolve(), turn())).toBe(failed);
});

test("a process that comes when nobody waits any more is ended", async () => {
  let come: (attached: Attached) => void = () => {};
  const hanging = async () => new Promise<Attached>((resolve) => (come = resolve));
  const given = await attachWhileWanted(hanging, Promise.resolve(), turn());
  expect(given).toEqual({ ok: false, failure: { kind: "stopped" } });
  const child = spawn("sleep", ["300"], { stdio: "ignore", detached: true });
  onTestFinished(() => void child.kill("SIGKILL"));
  const identity = await identify(child.pid ?? 0);
  if (!identity) throw new Error("it did not start");
  const stdin = new PassThrough();
  come({ ok: true, identity: Promise.resolve(identity), stdin, exited: Promise.resolve({}) });
  await expect.poll(() => isAlive(identity)).toBe(false);
  expect(stdin.writableEnded).toBe(true);
});
