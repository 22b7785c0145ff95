/**
 * One bot a folder. It promises that two processes never hold the same lock file
 * at once and that the lock frees itself when its process dies, however it dies.
 * The file is never removed: a lock on a removed file is a lock on nothing.
 */
import { spawnSync } from "node:child_process";
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { codeOf } from "../error-code.ts";
import { lockBySocket } from "./socket-lock.ts";

/** The lock, or that another process has it. `holderPid` is what that one wrote down: for people, not for deciding. */
export type LockResult =
  | { ok: true; release(): Promise<void> }
  | { ok: false; kind: "held"; holderPid?: number };

/** What tests vary: the program that locks; where it cannot be found a socket is used. */
export interface LockOptions {
  readonly flockProgram?: string;
}

const PROGRAM_LIMIT_MS = 5000;
const HELD = 1;

/** Takes the lock at `path` at once or says who has it; never waits for it. */
export async function takeLock(path: string, options: LockOptions = {}): Promise<LockResult> {
  // A raw descriptor, not a FileHandle: that one would be closed by the garbage collector, and the lock with it.
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    const taken = lockByProgram(file, options.flockProgram ?? "flock");
    if (taken === "held") return refuse(file, path);
    if (taken === "locked") {
      writeHolder(file);
      return { ok: true, release: closeOnce(file) };
    }
    const socket = await lockBySocket(path);
    if (!socket.ok) return refuse(file, path);
    writeHolder(file);
    closeSync(file);
    return socket;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/**
 * `flock` locks the open file that it inherits as descriptor 3, which is ours as well: it ends, we hold. Our children
 * never inherit it, because Node opens files close-on-exec.
 */
function lockByProgram(file: number, program: string): "locked" | "held" | "no_program" {
  const stdio: ("ignore" | number)[] = ["ignore", "ignore", "ignore", file];
  const done = spawnSync(program, ["-n", "-x", "3"], { stdio, timeout: PROGRAM_LIMIT_MS });
  if (done.error !== undefined) {
    if (codeOf(done.error) === "ENOENT") return "no_program";
    throw done.error;
  }
  if (done.status === 0) return "locked";
  if (done.status === HELD) return "held";
  throw new Error(`flock ended with ${done.status ?? done.signal}`);
}

/** A number that was closed may soon be another file's: closing it again would close that one. */
function closeOnce(file: number): () => Promise<void> {
  let isOpen = true;
  return async () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
}

function writeHolder(file: number): void {
  ftruncateSync(file, 0);
  writeSync(file, `${process.pid}\n`, 0);
}

function refuse(file: number, path: string): LockResult {
  closeSync(file);
  const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
  return { ok: false, kind: "held", ...(Number.isSafeInteger(pid) && { holderPid: pid }) };
}
