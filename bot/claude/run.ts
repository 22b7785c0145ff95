/**
 * One run: reads what the process says and tells it as events, and when the
 * process is gone ends everything it left behind. The promises are in
 * `claude.ts`; when to make an end is `course.ts`'s.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { TurnArguments } from "./args.ts";
import { type Attach, type Attached, attachWhileWanted } from "./attach.ts";
import * as control from "./control.ts";
import { conclude } from "./conclude.ts";
import { createCourse } from "./course.ts";
import { createDeferred } from "./deferred.ts";
import { createEventQueue } from "./event-queue.ts";
import type { ClaudeEvent, Failure } from "./events.ts";
import type { Identity } from "./identity.ts";
import type { RunLimits } from "./limits.ts";
import { createLineReader, type Line } from "./lines.ts";
import { createProcessTree, type ProcessTree } from "./process-tree.ts";
import { createStdin } from "./stdin.ts";
import { tailFile } from "./tail.ts";
import { createTranslateState, endOpenTasks, translate } from "./translate.ts";
import { createWatchdogs } from "./watchdogs.ts";
import { readWireLine } from "./wire.ts";
import { createWithdrawals } from "./withdrawals.ts";

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
  /**
   * Undefined, or a process that has ended: what was written is told, and what is left of the turn is
   * ended. Where a turn was started and its process never noted, `findMarked` tells whether it runs.
   */
  readonly identity?: Identity;
  /** The uuids of the messages that it was sent, in order: the answer to each is waited for. */
  readonly sent?: readonly string[];
}

/** A running turn. Calls after its end do nothing. */
export interface ClaudeRun {
  /** May be iterated once. */
  readonly events: AsyncIterable<ClaudeEvent>;
  /** The process, as soon as there is one; undefined if it could not be started. Never rejects. */
  readonly identity: Promise<Identity | undefined>;
  /** Lines of types we do not know, and how many of each came. */
  readonly unknownLines: ReadonlyMap<string, number>;
  /** Whether a message may still come in. */
  readonly takesMessages: boolean;
  /** Stops the answer and keeps what was said; ends in `completed` with `stopped`. */
  interrupt(): void;
  /** A message into the running turn; false if it comes too late and must be a turn of its own. `taken` tells when it was taken up. */
  send(message: control.UserMessage): boolean;
  /** Takes back a message that was sent; false if it is read already, or that cannot be known. */
  withdraw(messageUuid: string): Promise<boolean>;
  answer(requestId: string, answer: control.PermissionAnswer): void;
  answerMcp(requestId: string, message: unknown): void;
  stopTask(taskId: string): void;
  setModel(model: string): void;
  setPermissionMode(mode: string): void;
  /** Ends the process as `interrupt` does; `completed` tells `reason`. */
  end(reason: Failure): void;
}

/** What a run is made of. Without `message` it is an adopted one. */
export interface RunSetup extends AdoptRequest, Partial<Pick<RunRequest, "message">> {
  readonly limits: RunLimits;
  readonly now: () => number;
  readonly newId: () => string;
  readonly configDir: string | undefined;
  readonly claudeSessionId?: string;
  readonly attach: Attach;
}

/** Only for a process that could not be ended at all. */
const EXIT_WORD_MS = 1_000;
const DETAIL_LENGTH = 200;

/** Begins at once; events wait until they are read. */
export function createRun(setup: RunSetup): ClaudeRun {
  const { limits, now, newId } = setup;
  const queue = createEventQueue<ClaudeEvent>();
  const stdin = createStdin();
  const state = createTranslateState();
  const watchdogs = createWatchdogs(limits, now());
  const unknownLines = new Map<string, number>();
  const openTools = new Set<string>();
  const identified = createDeferred<Identity | undefined>();
  const gone = createDeferred<void>();
  const unwanted = createDeferred<void>();
  const heard = { results: 0, lastFailure: undefined as Failure | undefined, readable: 0, unreadable: 0 };
  let tree: ProcessTree | undefined;
  let treeEnd: Promise<number> | undefined;
  let isOver = false;
  let lastLineAt = now();

  const endTree = (): void => {
    stdin.close();
    if (tree === undefined || treeEnd !== undefined) return;
    // What cannot be ended must not keep the run open either.
    treeEnd = tree.end(() => now() - lastLineAt).finally(() => gone.resolve());
    treeEnd.catch(() => {});
  };

  const course = createCourse({
    limits,
    now,
    newId,
    stdin,
    watchdogs,
    openTasks: state.openTasks,
    endTree,
    // Taken down first, while the process still has its children.
    letGo: () => void (tree?.note() ?? Promise.resolve()).catch(() => {}).then(() => stdin.close()),
    onStop() {
      state.isStopping = true;
      // One that was found is there: it is ended, and what it said is told.
      if (setup.message !== undefined) unwanted.resolve();
    },
  });

  const withdrawals = createWithdrawals({ stdin, newId, onForgotten: () => course.reconsider() });

  const tell = (event: ClaudeEvent): void => {
    switch (event.type) {
      case "taken":
        stdin.noteTaken(event.messageUuid);
        break;
      case "tool_started":
        openTools.add(event.id);
        break;
      case "tool_finished":
        openTools.delete(event.id);
        break;
      case "mcp_message":
        // Read in the file of an earlier life: nobody can answer it, but what became of it may be known.
        if (!stdin.isOpen) return queue.push({ ...event, isPast: true });
        // A tool of ours may wait for the person: its time is not the process's.
        watchdogs.asked(event.requestId, now());
        break;
      case "result":
        return tellResult(event);
      default:
    }
    queue.push(event);
    course.note(event);
  };

  const tellResult = (event: Extract<ClaudeEvent, { type: "result" }>): void => {
    stdin.noteResult();
    openTools.clear();
    // "Stopped" is what the CLI knows; why we stopped it, only we do.
    const failure = event.failure?.kind === "stopped" ? (course.cause ?? event.failure) : event.failure;
    heard.results += 1;
    heard.lastFailure = failure;
    const told = {
      ...event,
      ...(failure === undefined ? {} : { failure }),
      ...(course.isMoreToCome ? { more: true as const } : {}),
    };
    queue.push(told);
    course.note(told);
  };

  const read = (line: Line): void => {
    lastLineAt = now();
    if (line.kind === "too_long") {
      heard.unreadable += 1;
      watchdogs.feed([], lastLineAt);
      return queue.push({ type: "warning", kind: "long_line", detail: `${line.bytes} bytes` });
    }
    const wire = readWireLine(line.text);
    if (wire.kind === "not_json") {
      heard.unreadable += 1;
      queue.push({ type: "warning", kind: "bad_line", detail: line.text.slice(0, DETAIL_LENGTH) });
    } else heard.readable += 1;
    if (wire.kind === "unknown") unknownLines.set(wire.type, (unknownLines.get(wire.type) ?? 0) + 1);
    const events = wire.kind === "line" ? translate(wire.line, state) : [];
    // What an earlier life was asked nobody will answer: no clock rests for it.
    const felt = stdin.isOpen ? events : events.filter(({ type }) => type !== "permission_asked");
    watchdogs.feed(felt, lastLineAt);
    for (const event of events) tell(event);
    if (wire.kind !== "line") return;
    if (wire.line.kind === "unknown_request") stdin.write(control.unsupportedLine(wire.line.request_id));
    if (wire.line.kind === "cancel_answer") {
      const { request_id: requestId, response } = wire.line.response;
      withdrawals.answered(requestId, response.cancelled);
    }
  };

  const tick = (): void => {
    const out = watchdogs.tick(now());
    // That clock runs only where all is said: nothing is wrong with the answer.
    if (out?.watchdog === "no_exit") endTree();
    else if (out !== undefined) course.stop({ kind: "timed_out", ...out });
    if (openTools.size > 0) void tree?.note().catch(() => {});
  };

  const follow = async (attached: Extract<Attached, { ok: true }>): Promise<void> => {
    stdin.connect(attached.stdin);
    const identity = await attached.identity;
    identified.resolve(identity);
    tree = createProcessTree(identity, setup.marker, limits);
    const tail = tailFile(setup.outFile);
    void attached.exited.then(() => gone.resolve());
    void gone.promise.then(() => tail.finish());
    // Stopped while it was being started.
    if (course.cause !== undefined && !stdin.isOpen) endTree();
    const reader = createLineReader(limits.maxLineBytes);
    try {
      for await (const chunk of tail.chunks) for (const line of reader.push(chunk)) read(line);
      for (const line of reader.end()) read(line);
      // A file that cannot be followed ends before its writer does.
      await gone.promise;
    } finally {
      isOver = true;
      course.finish();
      withdrawals.finish();
      endTree();
      await treeEnd?.catch(() => {});
    }
    const swept = (await treeEnd) ?? 0;
    for (const event of endOpenTasks(state)) queue.push(event);
    const exit = await Promise.race([attached.exited, delay(EXIT_WORD_MS, {})]);
    const end = { ...setup, cause: course.cause, exit, heard, lastSent: stdin.lastSent };
    const { result, completed } = await conclude(end);
    if (result !== undefined) queue.push(result);
    if (swept > 0) queue.push({ type: "swept", count: swept });
    queue.push(completed);
  };

  const run = async (): Promise<void> => {
    let isAttached = false;
    // From here on: a CLI that cannot be asked what it is hangs like any other.
    const ticker = setInterval(tick, tickMs(limits));
    try {
      if (setup.message !== undefined) stdin.send(setup.message);
      stdin.expect(setup.sent ?? []);
      const attached = await attachWhileWanted(setup.attach, unwanted.promise, setup);
      isAttached = attached.ok;
      if (attached.ok) await follow(attached);
      else queue.push({ type: "completed", ok: false, failure: course.cause ?? attached.failure });
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
      clearInterval(ticker);
      isOver = true;
      course.finish();
      identified.resolve(undefined);
    }
  };
  void run();

  const say = (line: string): void => void (isOver || stdin.write(line));
  return {
    events: queue.values,
    identity: identified.promise,
    unknownLines,
    get takesMessages() {
      return !isOver && course.takesMessages;
    },
    interrupt: () => course.stop({ kind: "stopped" }),
    send: (message) => course.takesMessages && stdin.send(message),
    withdraw: (messageUuid) => withdrawals.ask(messageUuid),
    answer(requestId, answer) {
      watchdogs.answered(requestId, now());
      say(control.answerLine(requestId, answer));
    },
    answerMcp(requestId, message) {
      watchdogs.answered(requestId, now());
      say(control.mcpAnswerLine(requestId, message));
    },
    stopTask: (taskId) => say(control.stopTaskLine(newId(), taskId)),
    setModel: (model) => say(control.setModelLine(newId(), model)),
    setPermissionMode: (mode) => say(control.setPermissionModeLine(newId(), mode)),
    end: (reason) => course.stop(reason),
  };
}

/** Often enough for the shortest clock, and never a burden. */
function tickMs(limits: RunLimits): number {
  const shortest = Math.min(limits.noInitMs, limits.silentMs, limits.toolMs, limits.noExitMs, limits.hardMs);
  return Math.min(1_000, Math.max(10, shortest / 4));
}
