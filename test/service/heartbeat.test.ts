/**
 * When the supervisor is told that the bot lives, and how: by a program of ours
 * in the place of systemd-notify, and by the real one where the machine has it.
 */
import { spawn, spawnSync } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startHeartbeat } from "../../bot/service/heartbeat.ts";
import { createNotify } from "../../bot/service/notify.ts";
import { tempFolder } from "../store/room.ts";

function bench(deafMs = 1_000) {
  const told: string[][] = [];
  const now = { ms: 0, running: 0, marks: 0 };
  const heartbeat = startHeartbeat({
    notify: (facts) => void told.push([...facts]),
    mark: () => (now.marks += 1),
    running: () => now.running,
    nowMs: () => now.ms,
    deafMs,
  });
  /** Whether the watchdog was fed by a poll that came back at `ms`. */
  const isFed = (ms: number, isGood: boolean): boolean => {
    now.ms = ms;
    heartbeat.polled(isGood, isGood);
    return told.at(-1)?.includes("WATCHDOG=1") ?? false;
  };
  return { heartbeat, told, now, isFed };
}

describe("a heartbeat", () => {
  it("says at once that it is up, and nothing more until a poll comes back", () => {
    const { told, now } = bench();
    expect(told).toEqual([["READY=1", "STATUS=waiting for Telegram"]]);
    expect(now.marks).toBe(0);
  });

  it("beats with each good poll, marks it on the disk, and says how many turns run", () => {
    const { told, now, isFed } = bench();
    expect(isFed(100, true)).toBe(true);
    now.running = 2;
    expect(isFed(200, true)).toBe(true);
    expect(told.at(-1)).toContain("STATUS=Telegram answers; 2 turns run");
    expect(now.marks).toBe(2);
  });

  it("goes on while Telegram is away for a while, stops when that lasts, and starts again", () => {
    const { told, now, isFed } = bench();
    expect(isFed(900, false)).toBe(true);
    expect(told.at(-1)).toContain("STATUS=Telegram gives no answer; 0 turns run");
    expect(isFed(1_100, false)).toBe(false);
    expect(isFed(1_200, true)).toBe(true);
    expect(isFed(2_100, false)).toBe(true);
    expect(now.marks).toBe(1);
  });

  it("never stops while a turn runs: the restart would end it", () => {
    const { now, isFed } = bench();
    now.running = 1;
    expect(isFed(60_000, false)).toBe(true);
    now.running = 0;
    expect(isFed(60_100, false)).toBe(false);
  });

  it("works without a supervisor", () => {
    let marks = 0;
    const deps = { notify: undefined, running: () => 0, nowMs: () => 0 };
    const heartbeat = startHeartbeat({ ...deps, mark: () => (marks += 1) });
    heartbeat.polled(true, true);
    heartbeat.stopping();
    expect(marks).toBe(1);
  });
});

describe("systemd", () => {
  it("is not spoken to where it did not start us", () => {
    expect(createNotify({ env: {}, onFault: () => {} })).toBeUndefined();
    expect(createNotify({ env: { NOTIFY_SOCKET: "" }, onFault: () => {} })).toBeUndefined();
  });

  it("is told by systemd-notify, which gets the socket and nothing else of ours", async () => {
    const folder = await tempFolder();
    const program = join(folder, "systemd-notify");
    await writeFile(
      program,
      `#!/bin/sh\n{ echo "$@"; env; } > ${folder}/said.tmp; mv ${folder}/said.tmp ${folder}/said\n`,
    );
    await chmod(program, 0o700);
    const notify = createNotify({
      env: { NOTIFY_SOCKET: "/run/x", PATH: process.env["PATH"], ANTHROPIC_API_KEY: "secret" },
      onFault: () => {},
      program,
    });
    notify?.(["WATCHDOG=1", "STATUS=two words"]);
    const said = await vi.waitFor(() => readFile(join(folder, "said"), "utf8"), 10_000);
    expect(said).toContain("WATCHDOG=1 STATUS=two words\n");
    expect(said).toContain("NOTIFY_SOCKET=/run/x\n");
    expect(said).not.toContain("secret");
  });

  it("that cannot be told is told of once, and nothing breaks", async () => {
    const faults: Error[] = [];
    const toNowhere = (onFault: (error: Error) => void) =>
      createNotify({ env: { NOTIFY_SOCKET: "/run/x" }, onFault, program: "/nowhere/systemd-notify" });
    const notify = toNowhere((error) => void faults.push(error));
    for (let times = 0; times < 3; times += 1) notify?.(["WATCHDOG=1"]);
    // Another, that was asked later, hears of its own fault only then.
    await new Promise((resolve) => toNowhere(resolve)?.(["WATCHDOG=1"]));
    expect(faults).toHaveLength(1);
  });

  const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
  it.runIf(has("systemd-notify") && has("python3"))("hears the real systemd-notify", async () => {
    const socket = join(await tempFolder(), "notify");
    const listener = spawn("python3", [
      "-c",
      `import socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.bind(${JSON.stringify(socket)})\nprint("ready", flush=True)\nfor _ in range(2): print(repr(s.recv(4096).decode()), flush=True)`,
    ]);
    onTestFinished(() => void listener.kill());
    const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("ready");
    createNotify({
      env: { NOTIFY_SOCKET: socket, PATH: process.env["PATH"] },
      onFault: () => {},
    })?.(["WATCHDOG=1", "STATUS=Telegram answers; 0 turns run"]);
    expect((await lines.next()).value).toBe(String.raw`'WATCHDOG=1\nSTATUS=Telegram answers; 0 turns run'`);
  });
});
