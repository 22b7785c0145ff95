/**
 * The processes that wait for messages, at most one a session and a few in all.
 * It promises that one is given to a turn only while it is what would be started
 * then, that none is left of a session that was dropped, and that none is needed:
 * where there is none, one is started at once. Nothing of them outlives the bot.
 */
import { rm } from "node:fs/promises";
import type { Waiting } from "../../claude/waiting.ts";
import type { Logger } from "../../logger.ts";
import { createLanes } from "../../store/lanes.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import type { TurnPlan } from "../prepare.ts";
import { createHolds } from "./holds.ts";
import { startForMessage } from "./start-for-message.ts";
import { misfitOf, planNext, type Standby, type StandbyDeps, startStandby } from "./standby.ts";

/** What the pool works with. Times are in ms. */
export interface StandbysDeps extends StandbyDeps {
  readonly sessions: Pick<SessionManager, "get" | "placesOf" | "usedSince">;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly checkpoint: (name: string) => void;
  /** Free memory of the machine, in MB. */
  readonly freeMb: () => number;
  /** How many may wait at once; 0: none ever does. */
  readonly max: number;
  readonly minFreeMb: number;
  /** How long one waits. */
  readonly idleMs: number;
}

/** A process for a turn. `hadWaited`: it was there before the message was. */
export interface Taken {
  readonly waiting: Waiting;
  readonly hadWaited: boolean;
}

/** One as it is shown. */
export interface StandbyView {
  readonly sessionId: string;
  readonly pid: number | undefined;
  readonly waitingMs: number;
  /** Whether its handshake is done. */
  readonly isReady: boolean;
}

export type Standbys = ReturnType<typeof createStandbys>;

interface Kept extends Standby {
  readonly since: number;
  /** Aborted when nothing has to end it any more. */
  readonly reaper: AbortController;
}

/** A handshake takes a second; the CLI itself gives up after 60. */
const STUCK_MS = 60_000;
/** On the way out: what is left is ended by the next start. */
const CLOSE_MS = 500;

/** Makes the pool; nothing waits. */
export function createStandbys(deps: StandbysDeps) {
  const { sessions, logger, nowMs } = deps;
  const lanes = createLanes();
  const holds = createHolds();
  /** By session, the one used last at the end. */
  const kept = new Map<string, Kept>();
  let isClosed = false;

  const log = (session: string, event: string, why?: string): void =>
    logger.debug({ session, standby: event, ...(why === undefined ? {} : { why }) }, "standby");

  /** Kills it before anything is waited for. */
  async function end(one: Kept, why: string): Promise<void> {
    if (kept.get(one.sessionId) === one) kept.delete(one.sessionId);
    one.reaper.abort();
    log(one.sessionId, "ended", why);
    await one.waiting.end();
    await rm(one.files.root, { recursive: true, force: true });
  }

  /** Only a session that is current somewhere can be written to. */
  function isWanted(sessionId: string): Session | undefined {
    const session = sessions.get(sessionId);
    if (isClosed || holds.isHeld(sessionId) || session?.state !== "active") return undefined;
    // Two processes would have its conversation open.
    if (session.terminal !== undefined) return undefined;
    return sessions.placesOf(sessionId).length > 0 ? session : undefined;
  }

  /** Killed is enough: a message may wait behind the start that this is for. */
  function makeRoom(): void {
    for (const [, oldest] of kept) {
      if (kept.size < deps.max) return;
      quietly(end(oldest, "others are used"));
    }
  }

  async function start(session: Session, plan: TurnPlan): Promise<void> {
    const freeMb = deps.freeMb();
    if (freeMb < deps.minFreeMb) return log(session.id, "not started", "memory");
    makeRoom();
    const started = await startStandby(deps, session, plan);
    if (!started.ok) return log(session.id, "not started", started.kind);
    const { standby } = started;
    const one: Kept = { ...standby, since: nowMs(), reaper: new AbortController() };
    if (isClosed) return end(one, "closed");
    kept.set(session.id, one);
    log(session.id, "started");
    void standby.waiting.ready.then(() => kept.get(session.id) === one && log(session.id, "ready"));
    deps.checkpoint("standby-started");
    const endAfter = async (over: Promise<void>, why: string): Promise<void> => {
      await over;
      if (kept.get(session.id) === one) await end(one, why);
    };
    quietly(endAfter(standby.waiting.gone, "it went"));
    quietly(endAfter(deps.wait(deps.idleMs, one.reaper.signal), "unused"));
  }

  async function takeKept(sessionId: string, plan: TurnPlan): Promise<Taken | undefined> {
    const one = kept.get(sessionId);
    if (one === undefined) return undefined;
    const misfit = await misfitOf(deps, one, plan);
    if (misfit !== undefined || kept.get(sessionId) !== one) {
      quietly(end(one, misfit ?? "gone"));
      return undefined;
    }
    kept.delete(sessionId);
    one.reaper.abort();
    holds.readsFrom(sessionId, one.files.root);
    log(sessionId, "taken");
    return { waiting: one.waiting, hadWaited: true };
  }

  async function renew(sessionId: string): Promise<void> {
    const session = isWanted(sessionId);
    if (session === undefined || deps.max === 0) return;
    const plan = await planNext(deps, session);
    const one = kept.get(sessionId);
    const misfit = one && plan && (await misfitOf(deps, one, plan));
    if (one && plan && misfit === undefined) return;
    if (one) await end(one, misfit ?? "folder or persona");
    if (plan && isWanted(sessionId)) await lanes("start", () => start(session, plan));
  }

  async function check(one: Kept): Promise<void> {
    const { sessionId, waiting } = one;
    if (kept.get(sessionId) !== one) return;
    if (deps.freeMb() < deps.minFreeMb) return end(one, "memory");
    if (!waiting.isReady && nowMs() - one.since > STUCK_MS) return end(one, "stuck");
    const session = sessions.get(sessionId);
    const plan = session && (await planNext(deps, session));
    const misfit = plan === undefined ? "folder or persona" : await misfitOf(deps, one, plan);
    if (misfit === undefined || kept.get(sessionId) !== one) return;
    await end(one, misfit);
    // Someone works on the conversation elsewhere: another would be stale as soon.
    if (misfit !== "transcript" && misfit !== "dead") await renew(sessionId);
  }

  const quietly = (work: Promise<void>): void =>
    void work.catch((error: unknown) => logger.warn({ err: error }, "a standby broke down"));

  const drop = (sessionId: string): Promise<void> =>
    lanes(sessionId, async () => {
      const one = kept.get(sessionId);
      if (one) await end(one, "dropped");
    });

  /** Sees to it that what waits for a session is what its next turn needs; in the background, and only where one is wanted. */
  const prepare = (sessionId: string): void => {
    if (kept.has(sessionId) && sessions.get(sessionId)?.terminal !== undefined)
      return quietly(drop(sessionId));
    if (deps.max > 0 && isWanted(sessionId)) quietly(lanes(sessionId, () => renew(sessionId)));
  };

  return {
    prepare,

    /** Prepares what an earlier life would have waiting now: a restart in mid-conversation is not to be felt. */
    prepareRecent(): void {
      const since = new Date(deps.now().getTime() - deps.idleMs);
      const recent = deps.max > 0 ? sessions.usedSince(since).slice(-deps.max) : [];
      for (const { id } of recent) prepare(id);
    },

    /** Removes what an earlier life left; its processes are ended by their marker. Before anything else. */
    async sweep(): Promise<void> {
      await rm(deps.paths.standbys, { recursive: true, force: true });
    },

    hold: holds.hold,
    release: holds.release,

    /**
     * Gives what waits for the session, if it is what `plan` needs, else kills it and starts one; undefined where none
     * came in time, or before `unwanted` was aborted. The session must be held.
     */
    async take(session: Session, plan: TurnPlan, unwanted: AbortSignal): Promise<Taken | undefined> {
      const waited = deps.max === 0 ? undefined : await lanes(session.id, () => takeKept(session.id, plan));
      if (waited) return waited;
      const started = await startForMessage(deps, session, plan, unwanted);
      if (started) holds.readsFrom(session.id, started.files.root);
      return started && { waiting: started.waiting, hadWaited: false };
    },

    /** Ends what waits for the session; resolves when nothing of it is left. */
    drop,

    /** Ends the dead, the stuck and the stale. */
    checkAll(): void {
      for (const one of kept.values()) quietly(lanes(one.sessionId, () => check(one)));
    },

    list: (): StandbyView[] =>
      [...kept.values()].map(({ sessionId, waiting, since }) => ({
        sessionId,
        pid: waiting.identity?.pid,
        waitingMs: Math.round(nowMs() - since),
        isReady: waiting.isReady,
      })),

    /** Kills all that wait, at once; resolves soon. */
    async close(): Promise<void> {
      isClosed = true;
      const ending = Promise.all([...kept.values()].map((one) => end(one, "closed").catch(() => {})));
      await Promise.race([ending, deps.wait(CLOSE_MS, new AbortController().signal)]);
    },
  };
}
