/**
 * Who begins when: messages in the lanes of their sessions, and why one that
 * stands there has not begun: the turn before it, work of our own, a place under the limit, room on
 * the disk, the day's budget. It does not know what a turn does.
 */
import { type Line, type Lined, wasStarted } from "./line.ts";
import type { Queue } from "./queue.ts";
import type { WaitingCallbacks } from "./steering.ts";
import type { Budget } from "./usage/budget.ts";
import type { WaitReason } from "./view.ts";

export interface EnlistingDeps {
  readonly line: Line;
  readonly queue: Pick<Queue, "enqueue" | "wake" | "isRunning">;
  readonly waits: WaitingCallbacks;
  readonly budget: Pick<Budget, "isOpen">;
  /** Whether the disk has room for a new turn. */
  readonly hasRoom: () => boolean;
  /** Runs the first that stands in line in a session; `onGone` when its processes are gone. */
  runNext(sessionId: string, onGone: () => void): Promise<void>;
}

/** Makes it; nobody stands in line. */
export function createEnlisting(deps: EnlistingDeps) {
  const { line, queue, waits } = deps;

  /** Whether the day's budget, or the person, lets it run. */
  const isPaidFor = ({ order }: Lined): boolean => order.overBudget === true || deps.budget.isOpen();

  /** Why a message that stands in line waits. */
  function reasonOf(lined: Lined): WaitReason {
    // Whatever is before it: to send it now would stop that for nothing.
    if (line.running(lined.sessionId)) return isPaidFor(lined) ? "behind" : "budget";
    if (!deps.hasRoom()) return "room";
    if (!isPaidFor(lined)) return "budget";
    return queue.isRunning(lined.sessionId) ? "own" : "full";
  }

  /** Puts a message in line; whoever is first when the lane is free begins. */
  function enlist(lined: Lined): void {
    const { sessionId } = lined;
    line.join(lined);
    queue.enqueue(sessionId, {
      // Where what it was for was dropped or is read, it does nothing; where that was stopped, it only says so.
      get isFree() {
        return line.waiting(sessionId)[0]?.isStopped ?? true;
      },
      get hasBegun() {
        return wasStarted(line.waiting(sessionId)[0]?.entry);
      },
      get mayStart() {
        const [first] = line.waiting(sessionId);
        return first === undefined || isPaidFor(first);
      },
      run: (onGone) => deps.runNext(sessionId, onGone),
    });
    if (line.waiting(sessionId).includes(lined)) waits.waits(lined, reasonOf(lined));
  }

  /** What waits for room or the day's budget begins, if it may by now; else it is told why it waits. */
  function lookAgain(): void {
    queue.wake();
    for (const lined of line.idle()) waits.waits(lined, reasonOf(lined));
  }

  /** Tells those who wait for it that the day's budget is used up: a turn that ended may have done so. */
  function tellOfBudget(): void {
    for (const lined of line.idle()) if (reasonOf(lined) === "budget") waits.waits(lined, "budget");
  }

  return { enlist, isPaidFor, reasonOf, lookAgain, tellOfBudget };
}
