/**
 * Starts one CLI process with files for its output, so that nothing of a turn
 * is lost when we die. Promises a value for everything the system can refuse.
 * It does not read what the process says, nor end it (`process-tree.ts`).
 */
import { closeSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { execa } from "execa";
import { codeOf } from "../error-code.ts";
import { startInTurn } from "../one-start.ts";
import type { Failure } from "./events.ts";

/** What to start. Both files must not exist yet: a turn never writes into another's. */
export interface SpawnRequest {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly outFile: string;
  readonly errFile: string;
  /** The child's; without it, ours. */
  readonly umask?: number;
}

/** How a process of ours ended; one of the two is set. */
export interface Exit {
  readonly code?: number;
  readonly signal?: string;
}

/** A running process, or why there is none. Writing to `stdin` after the process has gone is no error. */
export type SpawnResult =
  | { ok: true; pid: number; stdin: Writable; exited: Promise<Exit> }
  | { ok: false; failure: Failure };

/** Starts the process in a session of its own; it outlives us. */
export async function spawnClaude(request: SpawnRequest): Promise<SpawnResult> {
  const isFolder = await stat(request.cwd).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  // Else it would be reported as a missing program.
  if (!isFolder) return { ok: false, failure: { kind: "folder_missing", path: request.cwd } };
  await startInTurn();
  const opened: number[] = [];
  try {
    for (const file of [request.outFile, request.errFile]) opened.push(openSync(file, "ax", 0o600));
    return await start(request, opened[0] ?? 0, opened[1] ?? 0);
  } catch (error) {
    return { ok: false, failure: failureOfError(error, request.path) };
  } finally {
    for (const file of opened) closeSync(file);
  }
}

async function start(request: SpawnRequest, stdout: number, stderr: number): Promise<SpawnResult> {
  const child = withUmask(request.umask, () => fork(request, stdout, stderr));
  const exited = new Promise<Exit>((resolve) => {
    // Not execa's promise: that one also waits for stdin, which a grandchild may hold.
    child.once("exit", (code, signal) => {
      resolve({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) });
    });
  });
  // In the same tick: a rejection that nobody has caught yet would end the bot.
  const settled = child.catch((error: unknown) => error);
  child.stdin.on("error", () => {});
  if (child.pid !== undefined) return { ok: true, pid: child.pid, stdin: child.stdin, exited };
  return { ok: false, failure: failureOfError(await settled, request.path) };
}

function fork(request: SpawnRequest, stdout: number, stderr: number) {
  return execa(request.path, request.args, {
    cwd: request.cwd,
    env: request.env,
    extendEnv: false,
    // execa takes every descriptor; only its types end at 9.
    stdio: ["pipe", stdout as 3, stderr as 3],
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
  });
}

/** The umask is the whole process's, so `act` must have done all when it returns. */
function withUmask<T>(umask: number | undefined, act: () => T): T {
  if (umask === undefined) return act();
  const ours = process.umask(umask);
  try {
    return act();
  } finally {
    process.umask(ours);
  }
}

/** The machine's word → ours. A missing or forbidden program is its own kind: the owner can mend it. */
function failureOfError(error: unknown, path: string): Failure {
  const code = codeOf(error) ?? "unknown";
  const syscall = error instanceof Error && "syscall" in error ? String(error.syscall) : "";
  if (syscall !== "open" && ["ENOENT", "EACCES", "ENOEXEC"].includes(code)) {
    return { kind: "cli_missing", file: path, code };
  }
  return { kind: "not_started", code, detail: syscall };
}
