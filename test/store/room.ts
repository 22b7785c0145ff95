/**
 * What the tests of the store share: a temporary house of data folders, a manager
 * in it, and child processes that run the store's own code.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { createPaths } from "../../bot/store/paths.ts";
import type { NewSession } from "../../bot/store/session-maker.ts";
import { createSessionManager, type SessionManager } from "../../bot/store/session-manager.ts";
import type { Session } from "../../bot/store/session.ts";

/** A folder of its own, removed when the test ends. */
export async function tempFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "parley-store-")));
  // The cache of many sessions is written behind the start's back: it may still come while the folder goes.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return folder;
}

/** Paths in a new temporary folder. */
export async function tempPaths() {
  const root = await tempFolder();
  return createPaths({
    sessions: join(root, "sessions"),
    archive: join(root, "sessions_archive"),
    personas: join(root, "personas"),
  });
}

/** A clock that moves a second at each look, so that times differ and tests repeat. */
export function tickingClock(start = "2026-01-01T00:00:00.000Z"): () => Date {
  let time = Date.parse(start);
  return () => new Date((time += 1000));
}

/** A manager over `paths` that has read them: what a start of the bot does. */
export async function startManager(
  paths: Awaited<ReturnType<typeof tempPaths>>,
  options: { newId?: () => string; now?: () => Date } = {},
) {
  const sessions = createSessionManager({
    paths,
    now: options.now ?? tickingClock(),
    newId: options.newId ?? randomUUID,
  });
  const loaded = await sessions.load();
  if (!loaded.ok) throw new Error("newer");
  return { paths, sessions, loaded };
}

/** Makes a session or fails the test. */
export async function createOne(sessions: SessionManager, wish: Partial<NewSession> = {}): Promise<Session> {
  const made = await sessions.create({ persona: "default", place: { chatId: 7 }, createdBy: 7, ...wish });
  if (!made.ok) throw new Error(made.kind);
  return made.session;
}

/** A program of `programs/` as a process; `line()` gives its next line of output, undefined at its end. */
export function runProgram(name: string, args: readonly string[], options: { maxFileBlocks?: number } = {}) {
  const program = [process.execPath, "--import", "tsx", join(import.meta.dirname, "programs", name), ...args];
  const limited = ["sh", "-c", `ulimit -f ${options.maxFileBlocks} && exec "$@"`, "sh", ...program];
  const [file = "", ...rest] = options.maxFileBlocks === undefined ? program : limited;
  const child = spawn(file, rest, { env: { ...process.env, TSX_DISABLE_CACHE: "1" } });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stderr.pipe(process.stderr);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    line: async (): Promise<string | undefined> => {
      const next = await lines.next();
      return next.done === true ? undefined : next.value;
    },
    say: (text: string): void => void child.stdin.write(`${text}\n`),
    kill: async (): Promise<void> => kill(child),
  };
}

async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}
