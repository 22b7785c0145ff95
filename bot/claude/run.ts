/**
 * One run: reads what the process says and tells it as events, and when the
 * process is gone ends everything it left behind. The promises are in
 * `claude.ts`; when to make an end is `course.ts`'s.
 */
import { setTimeout as delay } from "node:timers/promises";
import { codeOf } from "../error-code.ts";
import { type Attach, type Attached, attachWhileWanted } from "./attach.ts";
import type { AdoptRequest, ClaudeRun, RunRequest } from "./claude-run.ts";
import * as control from "./control.ts";
import { conclude } from "./conclude.ts";
import { createCourse } from "./course.ts";
import { createDeferred } from "./deferred.ts";
import { createEventQueue } from "./event-queue.ts";
import type { ClaudeEvent, Failure } from "./events.ts";
import { createHearing } from "./hearing.ts";
import type { Identity } from "./identity.ts";
import type { RunLimits } from "./limits.ts";
import { createLineReader } from "./lines.ts";
import { createProcessTree, type ProcessTree } from "./process-tree.ts";
import { createStdin } from "./stdin.ts";
import { tailFile } from "./tail.ts";
import { createTranslateState, endOpenTasks } from "./translate.ts";
import { createWatchdogs } from "./watchdogs.ts";
import { createWithdrawals } from "./withdrawals.ts";

/** What a run is made of. Without `message` it is an adopted one. */
export interface RunSetup extends AdoptRequest, Partial<Pick<RunRequest, "message">> {
  readonly limits: RunLimits;
  readonly now: () => number;
  readonly newId: () => string;
  readonly configDir: string | undefined;
  readonly claudeSessionId?: string;
  /** The byte of `outFile` to begin at: what stands before was heard already. */
  readonly from?: number;
  readonly attach: Attach;
}

/** Only for a process that could not be ended at all. */
const EXIT_WORD_MS = 1_000;

/** Begins at once; events wait until they are read. */
export function createRun(setup: RunSetup): ClaudeRun {
  const { limits, now, newId } = setup;
  const queue = createEventQueue<ClaudeEvent>();
  const stdin = createStdin();
  const translation = createTranslateState();
  const watchdogs = createWatchdogs(limits, now());
  const identified = createDeferred<Identity | undefined>();
  const gone = createDeferred<void>();
  const unwanted = createDeferred<void>();
  let tree: ProcessTree | undefined;
  let treeEnd: Promise<number> | undefined;
  let isOver = false;

  const endTree = (): void => {
    stdin.close();
    if (tree === undefined || treeEnd !== undefined) return;
    // What cannot be ended must not keep the run open either.
    treeEnd = tree.end(() => now() - hearing.lastLineAt).finally(() => gone.resolve());
    treeEnd.catch(() => {});
  };

  const course = createCourse({
    limits,
    now,
    newId,
    stdin,
    watchdogs,
    openTasks: translation.openTasks,
    endTree,
    // Taken down first, while the process still has its children.
    letGo: () => void (tree?.note() ?? Promise.resolve()).catch(() => {}).then(() => stdin.close()),
    onStop() {
      translation.isStopping = true;
      // One that was found is there: it is ended, and what it said is told.
      if (setup.message !== undefined) unwanted.resolve();
    },
  });

  const withdrawals = createWithdrawals({ stdin, newId, onForgotten: () => course.reconsider() });

  const hearing = createHearing({
    stdin,
    course,
    watchdogs,
    withdrawals,
    translation,
    now,
    push: (event) => queue.push(event),
  });

  const tick = (): void => {
    const out = watchdogs.tick(now());
    // That clock runs only where all is said: nothing is wrong with the answer.
    if (out?.watchdog === "no_exit") endTree();
    else if (out !== undefined) course.stop({ kind: "timed_out", ...out });
    if (hearing.openTools > 0) void tree?.note().catch(() => {});
  };

  const follow = async (attached: Extract<Attached, { ok: true }>): Promise<void> => {
    stdin.connect(attached.stdin);
    const identity = await attached.identity;
    identified.resolve(identity);
    tree = createProcessTree(identity, setup.marker, limits);
    const tail = tailFile(setup.outFile, { from: setup.from ?? 0 });
    void attached.exited.then(() => gone.resolve());
    void gone.promise.then(() => tail.finish());
    // Stopped while it was being started.
    if (course.cause !== undefined && !stdin.isOpen) endTree();
    const reader = createLineReader(limits.maxLineBytes);
    try {
      for await (const chunk of tail.chunks) for (const line of reader.push(chunk)) hearing.hear(line);
      for (const line of reader.end()) hearing.hear(line);
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
    for (const event of endOpenTasks(translation)) queue.push(event);
    const exit = await Promise.race([attached.exited, delay(EXIT_WORD_MS, {})]);
    const end = { ...setup, cause: course.cause, exit, heard: hearing.heard, lastSent: stdin.lastSent };
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
      const code = codeOf(error);
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
    unknownLines: hearing.unknownLines,
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
    end: (reason) => course.stop(reason),
  };
}

/** Often enough for the shortest clock, and never a burden. */
function tickMs(limits: RunLimits): number {
  const shortest = Math.min(limits.noInitMs, limits.silentMs, limits.toolMs, limits.noExitMs, limits.hardMs);
  return Math.min(1_000, Math.max(10, shortest / 4));
}
