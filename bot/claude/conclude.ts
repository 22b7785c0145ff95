/**
 * The last words of a run: what its end means, once the process is gone. Reads
 * the end of stderr, and where the stream has no result although all went well
 * (a full disk is silent), the answer from the transcript.
 */
import { open } from "node:fs/promises";
import type { ClaudeEvent, Failure } from "./events.ts";
import { failureOfExit } from "./failures.ts";
import type { Exit } from "./spawn.ts";
import { readAnswer } from "./transcript.ts";

const STDERR_TAIL_BYTES = 4 * 1024;

/** What is known of a run at its end. `cause` is why we ended it, if we did. */
export interface RunEnd {
  readonly errFile: string;
  readonly configDir: string | undefined;
  readonly cwd: string;
  readonly claudeSessionId?: string;
  readonly cause: Failure | undefined;
  readonly exit: Exit;
  readonly heard: {
    readonly results: number;
    readonly lastFailure: Failure | undefined;
    readonly readable: number;
    readonly unreadable: number;
  };
  readonly lastSent: string | undefined;
}

type Result = Extract<ClaudeEvent, { type: "result" }>;
type Completed = Extract<ClaudeEvent, { type: "completed" }>;

/** What is still to tell: a result, if the stream owes one, and the end. */
export async function conclude(end: RunEnd): Promise<{ result?: Result; completed: Completed }> {
  const { cause, heard, exit } = end;
  if (cause !== undefined) return { completed: { type: "completed", ok: false, failure: cause } };
  if (heard.results > 0) {
    const failure = heard.lastFailure;
    if (failure !== undefined) return { completed: { type: "completed", ok: false, failure } };
    return { completed: { type: "completed", ok: true } };
  }
  const result = exit.code === 0 ? await readFallback(end) : undefined;
  if (result !== undefined) return { result, completed: { type: "completed", ok: true } };
  const failure = failureOfExit({
    ...exit,
    stderrTail: await readEnd(end.errFile),
    readableLines: heard.readable,
    unreadableLines: heard.unreadable,
  });
  return { completed: { type: "completed", ok: false, failure } };
}

async function readFallback(end: RunEnd): Promise<Result | undefined> {
  const { configDir, cwd, claudeSessionId, lastSent } = end;
  if (configDir === undefined || claudeSessionId === undefined || lastSent === undefined) return undefined;
  const text = await readAnswer({ configDir, cwd, claudeSessionId }, lastSent);
  if (text === undefined) return undefined;
  return {
    type: "result",
    ok: true,
    text,
    source: "transcript",
    claudeSessionId,
    usage: { costUsd: 0, inputTokens: 0, outputTokens: 0 },
    durationMs: 0,
    numTurns: 0,
    denials: [],
  };
}

/** The end of a file as text; empty if it cannot be read. */
async function readEnd(path: string): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - STDERR_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(STDERR_TAIL_BYTES),
      0,
      STDERR_TAIL_BYTES,
      start,
    );
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    return "";
  } finally {
    await file.close();
  }
}
