import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createTranscribe } from "../bot/transcribe.ts";
import { tempFolder } from "./store/room.ts";

const going = new AbortController().signal;
const env = { PATH: process.env["PATH"] };
const hear = (command: string[], more: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
  createTranscribe({ command, env, ...more })("/voice message.oga", "home-0a1b2c3d/5", more.signal ?? going);

describe("a command that makes text of speech", () => {
  it.each([
    [["echo", "-n", "heard"], "heard /voice message.oga"],
    [["echo", "in:{file}", "--then", "{file}"], "in:/voice message.oga --then /voice message.oga"],
    [["printf", "\\n %s $& $HOME `x`\\n\\n"], "/voice message.oga $& $HOME `x`"],
  ])(
    "gets the file as a word, without a shell, and what it prints is what was said: %j",
    async (command, text) => {
      expect(await hear(command)).toEqual({ ok: true, text });
    },
  );

  it("can be found by its turn's marker, should the bot be killed", async () => {
    expect(await hear(["sh", "-c", "echo $PARLEY_TURN"])).toEqual({ ok: true, text: "home-0a1b2c3d/5" });
  });

  it("that fails, says nothing, is not there or is not set is told by a value", async () => {
    const script = "echo half; echo why >&2; echo the reason >&2; exit 3";
    expect(await hear(["sh", "-c", script])).toEqual({ ok: false, kind: "failed", detail: "the reason" });
    expect(await hear(["true"])).toEqual({ ok: false, kind: "silence" });
    expect(await hear(["/no/such/program"])).toEqual({ ok: false, kind: "not_started", detail: "ENOENT" });
    expect(await hear([])).toEqual({ ok: false, kind: "not_set_up" });
  });

  it("that prints without an end is bounded", async () => {
    const heard = await hear(["sh", "-c", "head -c 3000000 /dev/zero | tr '\\\\0' x"]);
    expect(heard.ok && heard.text.length).toBe(256 * 1024);
  });

  it.each(["timed_out", "stopped"] as const)("is ended with all that it started: %s", async (kind) => {
    const folder = await tempFolder();
    const file = join(folder, "pid");
    await writeFile(file, "");
    const stop = new AbortController();
    const command = ["sh", "-c", `sleep 300 & echo $! > ${file}; wait`];
    const heard = hear(command, kind === "timed_out" ? { timeoutMs: 500 } : { signal: stop.signal });
    let pid = 0;
    while (pid === 0) {
      pid = Number(await readFile(file, "utf8"));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (kind === "stopped") stop.abort();
    expect(await heard).toEqual({ ok: false, kind });
    // Ended, or about to be reaped by the first process of the system.
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone");
    expect(state).toMatch(/^gone|\) Z /);
  });

  it("does not keep us by what it left behind on its output", async () => {
    const startedAt = performance.now();
    expect(await hear(["sh", "-c", "sleep 300 & echo heard"])).toEqual({ ok: true, text: "heard" });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
