/**
 * The course of one run: when all is said, when to wait on, when to make an
 * end. It is answered at a `result` after which no message waits and no
 * background task runs. Promises that whoever wants an end first is its cause,
 * and that every wait is bounded. It reads nothing and knows no process: it is
 * told what happened, and what to do when is given to it.
 */
import * as control from "./control.ts";
import type { ClaudeEvent, Failure } from "./events.ts";
import type { RunLimits } from "./limits.ts";
import type { Stdin } from "./stdin.ts";
import type { Watchdogs } from "./watchdogs.ts";

/** What a course works with. */
export interface CourseDeps {
  readonly limits: RunLimits;
  readonly now: () => number;
  readonly newId: () => string;
  readonly stdin: Stdin;
  readonly watchdogs: Watchdogs;
  /** Background tasks that have not ended. */
  readonly openTasks: ReadonlySet<string>;
  /** Closes stdin; the process goes by itself. */
  letGo(): void;
  /** Makes the process go, and all it started. May be called again. */
  endTree(): void;
  /** An end is wanted from now on. */
  onStop(): void;
}

/** The course of one process. */
export interface Course {
  /** Why it was ended before all was said. */
  readonly cause: Failure | undefined;
  /** Whether a message may still come in. */
  readonly takesMessages: boolean;
  /** Whether another result is to come after this one. */
  readonly isMoreToCome: boolean;
  note(event: ClaudeEvent): void;
  /** Fewer messages wait than before. */
  reconsider(): void;
  stop(reason: Failure): void;
  /** Forgets all that was to be done later. */
  finish(): void;
}

/** A task that was told to stop says so within this; then we go without its word. */
const STOP_TASK_MS = 3_000;
/** After an interrupt's result it goes at once, unless it works on at what waited behind. */
const STOPPED_EXIT_MS = 1_000;

/** The course of a process that has just been started, or found. */
export function createCourse(deps: CourseDeps): Course {
  const { limits, now, stdin, watchdogs, openTasks } = deps;
  const timers = new Set<NodeJS.Timeout>();
  let cause: Failure | undefined;
  let isFinished = false;
  /** Between a result and the next work: nothing is asked of the model. */
  let isIdle = false;
  /** All was said before anyone wanted an end. */
  let isAnswered = false;
  let isStoppingTasks = false;
  let backgroundUntil: number | undefined;
  let idleTimer: NodeJS.Timeout | undefined;

  const after = (ms: number, act: () => void): NodeJS.Timeout => {
    const timer = setTimeout(act, ms);
    timers.add(timer);
    return timer;
  };
  const whenIdleFor = (ms: number, act: () => void): void => {
    clearTimeout(idleTimer);
    idleTimer = after(ms, act);
  };

  const close = (): void => {
    isAnswered = cause === undefined;
    clearTimeout(idleTimer);
    watchdogs.resting(false, now());
    watchdogs.closing(true, now());
    deps.letGo();
  };

  const stopTasks = (): void => {
    if (!stdin.isOpen) return deps.endTree();
    isStoppingTasks = true;
    for (const task of openTasks) stdin.write(control.stopTaskLine(deps.newId(), task));
    whenIdleFor(STOP_TASK_MS, close);
  };

  /** Where it stands after a result, or after a background task's end. */
  const settle = (): void => {
    if (!isIdle || isFinished) return;
    if (cause !== undefined) {
      close();
      after(STOPPED_EXIT_MS, () => deps.endTree());
      return;
    }
    // One that nobody can write to any more takes up what it has, or goes.
    if (stdin.waiting > 0 && stdin.isOpen) return;
    if (openTasks.size === 0) return close();
    watchdogs.resting(true, now());
    // From the first answer on: a task that speaks now and then must not put it off for ever.
    backgroundUntil ??= now() + limits.backgroundMs;
    whenIdleFor(Math.max(0, backgroundUntil - now()), stopTasks);
  };

  const work = (): void => {
    isIdle = false;
    clearTimeout(idleTimer);
    watchdogs.resting(false, now());
    watchdogs.closing(false, now());
    // An interrupt that came before there was anything to interrupt was not heard.
    if (cause !== undefined) stdin.write(control.interruptLine(deps.newId()));
  };

  return {
    get cause() {
      return cause;
    },
    get takesMessages() {
      return cause === undefined && !isFinished && !isAnswered && stdin.isOpen;
    },
    get isMoreToCome() {
      return cause === undefined && (stdin.waiting > 0 || openTasks.size > 0);
    },
    note(event) {
      if (event.type === "started" || event.type === "requesting") work();
      if (event.type === "result") {
        isIdle = true;
        settle();
      }
      if (event.type === "task_ended" && isIdle && openTasks.size === 0) {
        // It will now tell of it in an answer of its own; if it does not, we are done.
        if (isStoppingTasks) settle();
        else whenIdleFor(limits.followUpMs, settle);
      }
    },
    reconsider: () => settle(),
    stop(reason) {
      if (isFinished || cause !== undefined) return;
      if (isAnswered && isIdle) return deps.endTree();
      cause = reason;
      deps.onStop();
      if (!stdin.isOpen) return deps.endTree();
      // Else it would begin with them as soon as it is interrupted.
      for (const uuid of stdin.followUps) stdin.write(control.cancelMessageLine(deps.newId(), uuid));
      if (!isIdle || stdin.waiting > 0) stdin.write(control.interruptLine(deps.newId()));
      else if (openTasks.size > 0) stopTasks();
      after(limits.interruptMs, () => deps.endTree());
    },
    finish() {
      isFinished = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
