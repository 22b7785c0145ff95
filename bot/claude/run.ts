/**
 * One run: reads what the process says, decides when it has said all, and ends
 * it. The promises are in `claude.ts`. It is answered at a `result` after which
 * no message waits and no background task runs; then stdin is closed, and when
 * the process is gone everything it left behind is ended.
 */
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { TurnArguments } from "./args.ts";
import * as control from "./control.ts";
import { conclude } from "./conclude.ts";
import { createEventQueue } from "./event-queue.ts";
import type { ClaudeEvent, Failure } from "./events.ts";
import type { Identity } from "./identity.ts";
import type { RunLimits } from "./limits.ts";
import { createLineReader, type Line } from "./lines.ts";
import { createProcessTree, type ProcessTree } from "./process-tree.ts";
import type { Exit } from "./spawn.ts";
import { createStdin } from "./stdin.ts";
import { tailFile } from "./tail.ts";
import { createTranslateState, endOpenTasks, translate } from "./translate.ts";
import { createWatchdogs } from "./watchdogs.ts";
import { readWireLine } from "./wire.ts";

/** One turn to run. */
export interface RunRequest {
  /** Names the turn among all processes of the machine; ASCII, unique. */
  readonly marker: string;
  readonly cwd: string;
  readonly arguments: TurnArguments;
  /** What the process says; must not exist yet, is created with mode 0600. */
  readonly outFile: string;
  readonly errFile: string;
  readonly message: control.UserMessage;
}

/** A turn that an earlier life of ours started. */
export interface AdoptRequest {
  readonly marker: string;
  readonly cwd: string;
  readonly outFile: string;
  readonly errFile: string;
  /** Undefined, or a process that has ended: only what was written is told. */
  readonly identity?: Identity;
}

/** A running turn. Calls after its end do nothing. */
export interface ClaudeRun {
  /** May be iterated once. */
  readonly events: AsyncIterable<ClaudeEvent>;
  /** The process, as soon as there is one; undefined if it could not be started. Never rejects. */
  readonly identity: Promise<Identity | undefined>;
  /** Lines of types we do not know, and how many of each came. */
  readonly unknownLines: ReadonlyMap<string, number>;
  /** Stops the answer and keeps what was said; ends in `completed` with `stopped`. */
  interrupt(): void;
  /** A message into the running turn; false if it comes too late and must be a turn of its own. `taken` tells when it was taken up. */
  send(message: control.UserMessage): boolean;
  answer(requestId: string, answer: control.PermissionAnswer): void;
  answerMcp(requestId: string, message: unknown): void;
  stopTask(taskId: string): void;
  setModel(model: string): void;
  setPermissionMode(mode: string): void;
  /** Ends the process as `interrupt` does; `completed` tells `reason`. */
  end(reason: Failure): void;
}

/** A process to follow, or why there is none. Without `stdin` nothing can be said to it. */
export type Attached =
  | { ok: true; identity: Promise<Identity | undefined>; stdin?: Writable; exited: Promise<Exit> }
  | { ok: false; failure: Failure };

/** What a run is made of. Without `message` it is an adopted one. */
export interface RunSetup extends AdoptRequest, Partial<Pick<RunRequest, "message">> {
  readonly limits: RunLimits;
  readonly now: () => number;
  readonly newId: () => string;
  readonly configDir: string | undefined;
  readonly claudeSessionId?: string;
  attach(): Promise<Attached>;
}

/** A task that was told to stop says so within this; then we go without its word. */
const STOP_TASK_MS = 3_000;
/** After an interrupt's result it goes at once, unless it works on at what waited behind. */
const STOPPED_EXIT_MS = 1_000;
/** Only for a process that could not be ended at all. */
const EXIT_WORD_MS = 1_000;
const DETAIL_LENGTH = 200;

/** Begins at once; events wait until they are read. */
export function createRun(setup: RunSetup): ClaudeRun {
  const { limits, now } = setup;
  const queue = createEventQueue<ClaudeEvent>();
  const stdin = createStdin();
  const reader = createLineReader(limits.maxLineBytes);
  const state = createTranslateState();
  const watchdogs = createWatchdogs(limits, now());
  const unknownLines = new Map<string, number>();
  const identified = createDeferred<Identity | undefined>();
  const gone = createDeferred<void>();
  const heard = { results: 0, lastFailure: undefined as Failure | undefined, readable: 0, unreadable: 0 };
  const timers = new Set<NodeJS.Timeout>();
  let tree: ProcessTree | undefined;
  let treeEnd: Promise<number> | undefined;
  let cause: Failure | undefined;
  let isOver = false;
  /** Between a result and the next work: nothing is asked of the model. */
  let isIdle = false;
  /** All was said before anyone wanted an end: that is then the cause of it. */
  let isAnswered = false;
  let isStoppingTasks = false;
  let backgroundUntil: number | undefined;
  let openTools = 0;
  let lastLineAt = now();
  let idleTimer: NodeJS.Timeout | undefined;

  const after = (ms: number, act: () => void): NodeJS.Timeout => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
    return timer;
  };
  const stopIdleTimer = (): void => {
    clearTimeout(idleTimer);
    idleTimer = undefined;
  };

  const endTree = (): void => {
    stdin.close();
    if (tree === undefined || treeEnd !== undefined) return;
    // What cannot be ended must not keep the run open either.
    treeEnd = tree.end(() => now() - lastLineAt).finally(() => gone.resolve());
    treeEnd.catch(() => {});
  };

  const close = (): void => {
    isAnswered = cause === undefined;
    stopIdleTimer();
    watchdogs.resting(false, now());
    watchdogs.closing(true, now());
    // Taken down while the process still has its children.
    const noted = stdin.isOpen ? tree?.note() : undefined;
    void (noted ?? Promise.resolve()).catch(() => {}).then(() => stdin.close());
  };

  const stopTasks = (): void => {
    if (!stdin.isOpen) return endTree();
    isStoppingTasks = true;
    for (const task of state.openTasks) stdin.write(control.stopTaskLine(setup.newId(), task));
    stopIdleTimer();
    idleTimer = after(STOP_TASK_MS, close);
  };

  /** Where it stands after a result, or after a background task's end. */
  const settle = (): void => {
    if (!isIdle || isOver) return;
    if (cause !== undefined) {
      close();
      after(STOPPED_EXIT_MS, endTree);
      return;
    }
    if (stdin.waiting > 0) return;
    if (state.openTasks.size === 0) return close();
    watchdogs.resting(true, now());
    // From the first answer on: a task that speaks now and then must not put it off for ever.
    backgroundUntil ??= now() + limits.backgroundMs;
    idleTimer ??= after(Math.max(0, backgroundUntil - now()), stopTasks);
  };

  const stop = (reason: Failure): void => {
    if (isOver || cause !== undefined) return;
    if (isAnswered && isIdle) return endTree();
    cause = reason;
    state.isStopping = true;
    if (!stdin.isOpen) return endTree();
    if (isIdle) {
      if (state.openTasks.size > 0) stopTasks();
      else close();
    } else stdin.write(control.interruptLine(setup.newId()));
    after(limits.interruptMs, endTree);
  };

  const note = (event: ClaudeEvent): void => {
    switch (event.type) {
      case "started":
      case "requesting":
        isIdle = false;
        stopIdleTimer();
        watchdogs.resting(false, now());
        watchdogs.closing(false, now());
        // An interrupt that came before there was anything to interrupt was not heard.
        if (cause !== undefined) stdin.write(control.interruptLine(setup.newId()));
        return;
      case "taken":
        return stdin.noteTaken(event.messageUuid);
      case "tool_started":
        openTools += 1;
        return;
      case "tool_finished":
        openTools -= 1;
        return;
      case "task_ended":
        if (!isIdle || state.openTasks.size > 0) return;
        if (isStoppingTasks) return settle();
        // It will now tell of it in an answer of its own; if it does not, we are done.
        stopIdleTimer();
        idleTimer = after(limits.followUpMs, settle);
        return;
      case "result":
        heard.results += 1;
        heard.lastFailure = event.failure;
        openTools = 0;
        isIdle = true;
        return settle();
      default:
    }
  };

  const tell = (event: ClaudeEvent): void => {
    if (event.type !== "result") {
      queue.push(event);
      return note(event);
    }
    stdin.noteResult();
    const isMore = cause === undefined && (stdin.waiting > 0 || state.openTasks.size > 0);
    // "Stopped" is what the CLI knows; why we stopped it, only we do.
    const failure = event.failure?.kind === "stopped" ? (cause ?? event.failure) : event.failure;
    const told = {
      ...event,
      ...(failure === undefined ? {} : { failure }),
      ...(isMore ? { more: true as const } : {}),
    };
    queue.push(told);
    note(told);
  };

  const read = (line: Line): void => {
    lastLineAt = now();
    if (line.kind === "too_long") {
      heard.unreadable += 1;
      watchdogs.feed([], lastLineAt);
      queue.push({ type: "warning", kind: "long_line", detail: `${line.bytes} bytes` });
      return;
    }
    const wire = readWireLine(line.text);
    if (wire.kind === "not_json") {
      heard.unreadable += 1;
      queue.push({ type: "warning", kind: "bad_line", detail: line.text.slice(0, DETAIL_LENGTH) });
    } else heard.readable += 1;
    if (wire.kind === "unknown") unknownLines.set(wire.type, (unknownLines.get(wire.type) ?? 0) + 1);
    const events = wire.kind === "line" ? translate(wire.line, state) : [];
    watchdogs.feed(events, lastLineAt);
    for (const event of events) tell(event);
    if (wire.kind === "line" && wire.line.kind === "unknown_request") {
      stdin.write(control.unsupportedLine(wire.line.request_id));
    }
  };

  const tick = (): void => {
    const out = watchdogs.tick(now());
    // That clock runs only where all is said: nothing is wrong with the answer.
    if (out?.watchdog === "no_exit") endTree();
    else if (out !== undefined) stop({ kind: "timed_out", ...out });
    if (openTools > 0) void tree?.note().catch(() => {});
  };

  const follow = async (attached: Extract<Attached, { ok: true }>): Promise<void> => {
    stdin.connect(attached.stdin);
    const identity = await attached.identity;
    identified.resolve(identity);
    tree = createProcessTree(identity, setup.marker, limits);
    const following = tailFile(setup.outFile);
    void attached.exited.then(() => gone.resolve());
    void gone.promise.then(() => following.finish());
    if (cause !== undefined && !stdin.isOpen) endTree();
    const ticker = setInterval(tick, tickMs(limits));
    try {
      for await (const chunk of following.chunks) for (const line of reader.push(chunk)) read(line);
      for (const line of reader.end()) read(line);
      // A file that cannot be followed ends before its writer does.
      await gone.promise;
    } finally {
      clearInterval(ticker);
      isOver = true;
      endTree();
    }
    const swept = (await treeEnd) ?? 0;
    for (const event of endOpenTasks(state)) queue.push(event);
    const exit = await Promise.race([attached.exited, delay(EXIT_WORD_MS, {})]);
    const last = await conclude({ ...setup, cause, exit, heard, lastSent: stdin.lastSent });
    if (swept > 0) queue.push({ type: "swept", count: swept });
    for (const event of last) queue.push(event);
  };

  const run = async (): Promise<void> => {
    let isAttached = false;
    try {
      if (setup.message !== undefined) stdin.send(setup.message);
      const attached = await setup.attach();
      isAttached = attached.ok;
      if (attached.ok) await follow(attached);
      else queue.push({ type: "completed", ok: false, failure: cause ?? attached.failure });
      queue.end();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
      // A broken disk is told like anything else; what is left is a fault of ours.
      if (code === undefined) return queue.fail(error);
      const failure: Failure = isAttached
        ? { kind: "unreadable", detail: code }
        : { kind: "not_started", code, detail: "" };
      queue.push({ type: "completed", ok: false, failure });
      queue.end();
    } finally {
      isOver = true;
      identified.resolve(undefined);
      for (const timer of timers) clearTimeout(timer);
    }
  };
  void run();

  const say = (line: string): void => void (isOver || stdin.write(line));
  return {
    events: queue.values,
    identity: identified.promise,
    unknownLines,
    interrupt: () => stop({ kind: "stopped" }),
    send: (message) => cause === undefined && !isOver && stdin.send(message),
    answer(requestId, answer) {
      watchdogs.answered(requestId, now());
      say(control.answerLine(requestId, answer));
    },
    answerMcp: (requestId, message) => say(control.mcpAnswerLine(requestId, message)),
    stopTask: (taskId) => say(control.stopTaskLine(setup.newId(), taskId)),
    setModel: (model) => say(control.setModelLine(setup.newId(), model)),
    setPermissionMode: (mode) => say(control.setPermissionModeLine(setup.newId(), mode)),
    end: stop,
  };
}

function createDeferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Often enough for the shortest clock, and never a burden. */
function tickMs(limits: RunLimits): number {
  const shortest = Math.min(limits.noInitMs, limits.silentMs, limits.toolMs, limits.noExitMs, limits.hardMs);
  return Math.min(1_000, Math.max(10, shortest / 4));
}
