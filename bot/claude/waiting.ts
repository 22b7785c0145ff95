/**
 * A process that was started before its message and waits for it. Promises that
 * its questions are answered while it waits (an MCP handshake that nobody answers
 * costs the first turn a minute), that it is given one message at most, and that
 * one which ends unused ends without a word: told to go, or with its stdin
 * closed, the CLI would write to the conversation. It does not know why it waits.
 */
import { rename } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { TurnArguments } from "./args.ts";
import type { Attached } from "./attach.ts";
import type { ClaudeRun } from "./claude-run.ts";
import * as control from "./control.ts";
import { createDeferred } from "./deferred.ts";
import type { Identity } from "./identity.ts";
import { createLineReader } from "./lines.ts";
import { createProcessTree, type TreeLimits } from "./process-tree.ts";
import { tailFile } from "./tail.ts";
import { warmUpLines } from "./warm-up.ts";
import type { WireLine } from "./wire-shapes.ts";
import { readWireLine } from "./wire.ts";

/** A process to start before its message. */
export interface WaitRequest {
  /** Names the process, and what it starts, among all of the machine; ASCII, unique. */
  readonly marker: string;
  readonly cwd: string;
  readonly arguments: TurnArguments;
  /** What the process says; must not exist yet, is created with mode 0600. */
  readonly outFile: string;
  readonly errFile: string;
  /** Answers a JSON-RPC message to one of `arguments.mcpServers`. Must not reject. */
  answerMcp(server: string, message: unknown): Promise<unknown>;
}

/** Where the output of a turn is to be found. */
export interface OutputFiles {
  readonly outFile: string;
  readonly errFile: string;
}

/** A process that waits. */
export interface Waiting {
  readonly marker: string;
  /** Undefined where it was gone before it could be looked at. */
  readonly identity: Identity | undefined;
  /** Whether it runs, as far as is known. */
  readonly isAlive: boolean;
  /** Whether its handshake is done: nothing keeps its first message waiting. */
  readonly isReady: boolean;
  /** Resolves when it is. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, however that came; not before it has begun. */
  readonly gone: Promise<void>;
  /** Whether a process that is started now would be the same: CLI, arguments but for the file of the prompt, folder. */
  isFor(turn: TurnArguments, cwd: string): Promise<boolean>;
  /** Moves its output to where a turn's output is, and gives what begins the turn: once. Throws if the disk refuses. */
  take(files: OutputFiles): Promise<(message: control.UserMessage) => ClaudeRun>;
  /** Kills it at once, before anything is waited for; resolves when nothing of it is left. */
  end(): Promise<void>;
}

/** What a waiting process is made of. */
export interface WaitingSetup extends WaitRequest {
  readonly attached: Extract<Attached, { ok: true }>;
  readonly pid: number;
  readonly identity: Identity | undefined;
  readonly limits: TreeLimits & { readonly maxLineBytes: number };
  readonly newId: () => string;
  isFor(turn: TurnArguments, cwd: string): Promise<boolean>;
  /** Follows the process as a run, its output read from the byte `from`. */
  begin(turn: OutputFiles & { readonly from: number; readonly message: control.UserMessage }): ClaudeRun;
}

/** It says little and nobody waits for it. */
const POLL_MS = 1_000;
/** What is killed is gone within milliseconds. */
const END_MS = 1_000;
const NEWLINE = 0x0a;

/** Listens at once. */
export function createWaitingProcess(setup: WaitingSetup): Waiting {
  const { attached, limits, newId } = setup;
  const { stdin } = attached;
  const toList = new Set(setup.arguments.mcpServers);
  let state: "waits" | "taken" | "ended" = "waits";
  let isGone = false;
  /** Bytes of its output that were read, up to the end of a line. */
  let read = 0;

  const write = (line: string): void => void (isGone || stdin?.write(line));

  const ready = createDeferred<void>();
  const warm = (): void => {
    ready.resolve();
    for (const line of warmUpLines(newId)) write(line);
  };

  const answer = async (line: Extract<WireLine, { kind: "mcp_message" }>): Promise<void> => {
    const { server, message } = line;
    write(control.mcpAnswerLine(line.requestId, await setup.answerMcp(server, message)));
    // The list of its tools is the last that it asks of a server; some versions ask twice.
    if (methodOf(message) !== "tools/list" || !toList.delete(server) || toList.size > 0) return;
    warm();
  };

  const hear = (text: string): void => {
    const wire = readWireLine(text);
    if (wire.kind !== "line") return;
    if (wire.line.kind === "mcp_message") void answer(wire.line);
    else if (wire.line.kind === "unknown_request") write(control.unsupportedLine(wire.line.requestId));
  };

  const tail = tailFile(setup.outFile, { pollMs: POLL_MS });
  const goneFrom = async (exited: Promise<unknown>): Promise<void> => {
    await exited;
    isGone = true;
    tail.finish();
  };
  const gone = goneFrom(attached.exited);

  const listen = async (): Promise<void> => {
    const reader = createLineReader(limits.maxLineBytes);
    let bytes = 0;
    for await (const chunk of tail.chunks) {
      // From where a run takes over it hears all itself.
      if (state !== "waits") return;
      for (const line of reader.push(chunk)) if (line.kind === "text") hear(line.text);
      const end = chunk.lastIndexOf(NEWLINE);
      if (end !== -1) read = bytes + end + 1;
      bytes += chunk.length;
    }
  };
  // What cannot be heard is not answered, and found to be stuck.
  void listen().catch(() => {});
  if (toList.size === 0) warm();

  return {
    marker: setup.marker,
    identity: setup.identity,
    get isAlive() {
      return !isGone && state !== "ended";
    },
    get isReady() {
      return toList.size === 0;
    },
    ready: ready.promise,
    gone,
    isFor: (turn, cwd) => setup.isFor(turn, cwd),
    async take(files) {
      state = "taken";
      tail.finish();
      await Promise.all([rename(setup.outFile, files.outFile), rename(setup.errFile, files.errFile)]);
      return (message) => setup.begin({ ...files, from: read, message });
    },
    async end() {
      state = "ended";
      // A child of ours that has not been waited for keeps its pid: it cannot be another's.
      if (!isGone) kill(setup.pid);
      // One that hangs in the kernel ends when that lets it: nobody waits for it as long.
      await Promise.race([gone, delay(END_MS, undefined, { ref: false })]);
      await createProcessTree(setup.identity, setup.marker, limits).end(() => 0);
    },
  };
}

function methodOf(message: unknown): unknown {
  return typeof message === "object" && message !== null && "method" in message ? message.method : undefined;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just gone.
  }
}
