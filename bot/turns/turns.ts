/**
 * All turns, as everybody else knows them: taken into lanes, held until there is a
 * session, stopped, continued after a crash. It puts together what does that, and
 * promises that nothing here waits for a turn. It does not know the chat.
 */
import { isWithin } from "../store/within.ts";
import { createCutOff } from "./cut-off.ts";
import { createEnlisting, type EnlistingDeps } from "./enlisting.ts";
import { createHeld } from "./held.ts";
import { createHoming, type HomingDeps } from "./homing.ts";
import { createLine } from "./line.ts";
import { createOwnWork } from "./own-work.ts";
import { createQueue } from "./queue.ts";
import { createRunning, type RunningDeps } from "./running.ts";
import { createSteering, type WaitingCallbacks } from "./steering.ts";
import { bringAlong, createTakingIn, type TakingIn } from "./taking-in.ts";
import { createTerminal, type TellStalled } from "./terminal/terminal.ts";
import type { TurnDeps } from "./turn.ts";
import { createWaiting } from "./waiting.ts";

/** `lookAgain` is to be called when what `hasRoom` says, or what the day's budget allows, has changed. */
export interface TurnsDeps
  extends
    Omit<TurnDeps, "gate" | "rehome">,
    Pick<EnlistingDeps, "hasRoom">,
    Pick<RunningDeps, "wait" | "callbacksFor">,
    Pick<HomingDeps, "tellHeld"> {
  readonly maxTurns: number;
  /** Told of what cannot even be told to the chat: a journal that takes nothing any more. */
  readonly onBug: (error: unknown) => void;
  readonly waits: WaitingCallbacks;
  readonly tellStalled: TellStalled;
}

export type Turns = ReturnType<typeof createTurns>;

/** Makes the turns. Nothing runs before something is submitted. */
export function createTurns(given: TurnsDeps) {
  const submit: TakingIn["submit"] = (...message) => takingIn.submit(...message);
  const terminal = createTerminal({ ...given, submit });
  const { journal, sessions } = given;
  const held = createHeld({ journal, submit });
  const takeHome = createHoming({ ...given, submit, hold: held.keep });
  const deps: TurnsDeps & TurnDeps = { ...given, gate: terminal.gate, rehome: takeHome };
  const queue = createQueue({ limit: deps.maxTurns, mayStart: deps.hasRoom, onBug: deps.onBug });
  const line = createLine();
  const waits: WaitingCallbacks = {
    changed: (lined) => deps.waits.changed(lined),
    waits: (lined, reason) => deps.waits.waits(lined, reason),
    over(lined, end) {
      if (end !== "dropped") waiting.begun(lined);
      deps.waits.over(lined, end);
    },
  };
  const enlisting = createEnlisting({
    ...deps,
    line,
    queue,
    waits,
    runNext: (sessionId, onGone) => running.runNext(sessionId, onGone),
  });
  const { enlist, isPaidFor, reasonOf } = enlisting;
  const steering = createSteering({
    ...deps,
    line,
    waits,
    enlist,
    isPaidFor,
    bringIn: (lined, signal) => bringAlong(deps, lined, signal),
  });
  const running = createRunning({
    ...deps,
    line,
    steering,
    waits,
    wake: () => queue.wake(),
    onOver: enlisting.tellOfBudget,
  });
  const takingIn = createTakingIn({ ...deps, line, steering, waits, enlist });
  const waiting = createWaiting({
    journal,
    line,
    steering,
    waits,
    enlist,
    isPaidFor,
    reasonOf,
    stopRunning: running.stop,
    kept: [held.edit, terminal.edit],
  });
  const { isRunning } = running;
  const countWaiting = (sessionId: string): number => waiting.list(sessionId).length;
  const isBusy = (sessionId: string): boolean => isRunning(sessionId) || countWaiting(sessionId) > 0;

  return {
    ...createCutOff({ journal, sessions, submit }),
    submit,
    takeUp: takingIn.takeUp,
    terminal,

    takeHome,
    heldCount: held.count,
    hold: held.keep,
    release: held.release,
    dropHeld: held.drop,

    /** Ends the turn of a session that runs, or would run next; what it said stays. */
    stop(sessionId: string): { wasRunning: boolean; waiting: number } {
      const wasRunning = running.stopIn(sessionId);
      return { wasRunning, waiting: countWaiting(sessionId) };
    },
    canStop: running.canStop,
    stopTurn: running.stopTurn,

    ...createOwnWork({ ...deps, queue, isBusy }),
    lookAgain: enlisting.lookAgain,

    isRunning,
    waiting: countWaiting,
    /** What waits, and what the person may do about it. */
    line: waiting,
    /** Starts nothing any more. What runs goes on without us; the next start takes it up. */
    close: (): void => queue.close(),

    /** Whether a turn of any session runs that works in this folder, above or below it. */
    worksIn: (folder: string): boolean =>
      line.sessions().some((id) => {
        const cwd = isRunning(id) ? sessions.get(id)?.cwd : undefined;
        return cwd !== undefined && (isWithin(cwd, folder) || isWithin(folder, cwd));
      }),

    runningCount: (): number => line.sessions().filter(isRunning).length,
  };
}
