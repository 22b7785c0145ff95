/**
 * A sound file → the words in it, by a command of the person's choice. It promises
 * a value for every failure, a bounded time and output, no shell, that nothing
 * of the command is left when it resolves or the bot exits, and that what a killed
 * bot leaves is found by its turn's marker. It does not know who spoke.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { MARKER_VARIABLE } from "./claude/args.ts";
import { codeOf } from "./error-code.ts";
import type { AttachmentDeps, Heard } from "./turns/attachments.ts";

export interface TranscribeOptions {
  /** The program and its arguments; `{file}` in one is the path, else it is added as the last. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default 10 min. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 600_000;
const MAX_OUTPUT_BYTES = 256 * 1024;
const DETAIL_UNITS = 300;

/** Makes the function that hears; without a command it says so. An aborted signal ends it at once. */
export function createTranscribe(options: TranscribeOptions): AttachmentDeps["transcribe"] {
  const { command, env, timeoutMs = TIMEOUT_MS } = options;
  return async (path, marker, signal) => {
    const [program, ...given] = command;
    if (program === undefined) return { ok: false, kind: "not_set_up" };
    if (signal.aborted) return { ok: false, kind: "stopped" };
    const filled = given.map((word) => word.replaceAll("{file}", () => path));
    const args = given.some((word) => word.includes("{file}")) ? filled : [...filled, path];
    const child = spawn(program, args, {
      env: { ...env, [MARKER_VARIABLE]: marker },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return follow(child, timeoutMs, signal);
  };
}

function follow(child: ChildProcess, timeoutMs: number, signal: AbortSignal): Promise<Heard> {
  const said = { out: "", err: "" };
  let end: "timed_out" | "stopped" | undefined;
  for (const [name, stream] of [
    ["out", child.stdout],
    ["err", child.stderr],
  ] as const) {
    stream?.setEncoding("utf8");
    // The end of what it complains about matters, the beginning of what it heard.
    stream?.on("data", (text: string) => {
      if (name === "err") said.err = (said.err + text).slice(-MAX_OUTPUT_BYTES);
      else if (said.out.length < MAX_OUTPUT_BYTES) said.out += text;
    });
  }
  return new Promise((resolve) => {
    const cut = (why: "timed_out" | "stopped"): void => {
      end ??= why;
      endGroup(child);
    };
    const stop = (): void => cut("stopped");
    const timer = setTimeout(cut, timeoutMs, "timed_out");
    signal.addEventListener("abort", stop);
    const leave = (): void => endGroup(child);
    process.once("exit", leave);
    const settle = (heard: Heard): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      process.removeListener("exit", leave);
      // What it started and left behind; what it held open is not read any more.
      endGroup(child);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(end === undefined ? heard : { ok: false, kind: end });
    };
    child.once("error", (error) =>
      settle({ ok: false, kind: "not_started", detail: codeOf(error) ?? error.name }),
    );
    child.once("exit", (code) => {
      // What it wrote last is still on its way; a grandchild that holds the pipe does not keep us.
      const finish = (): void => settle(heardOf(code, said));
      const late = setTimeout(finish, 500);
      child.once("close", () => {
        clearTimeout(late);
        finish();
      });
    });
  });
}

function heardOf(code: number | null, { out, err }: { out: string; err: string }): Heard {
  if (code !== 0) {
    const last = err.trim().split("\n").at(-1)?.trim().slice(0, DETAIL_UNITS).toWellFormed() ?? "";
    return { ok: false, kind: "failed", ...(last === "" ? {} : { detail: last }) };
  }
  const text = out.slice(0, MAX_OUTPUT_BYTES).toWellFormed().trim();
  return text === "" ? { ok: false, kind: "silence" } : { ok: true, text };
}

/** Ends the command and what it started: it leads a group of its own. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
