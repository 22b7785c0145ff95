/**
 * All asks: the desks of the turns that run, and the records of those that are
 * over. It promises that an ask is found only by those in whose chat it stands,
 * and that a turn's record is in one hand at a time, from its opening to its last
 * save. It does not know the words, nor how a turn runs.
 */
import type { ClaudeRun } from "../../claude/claude.ts";
import type { Logger } from "../../logger.ts";
import { createLanes } from "../../store/lanes.ts";
import type { Paths } from "../../store/paths.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import { type Session, shortId } from "../../store/session.ts";
import type { KeptOrder } from "../order.ts";
import type { Place } from "../view.ts";
import type { Ask, AskRef, Decision, KeptAsk } from "./ask.ts";
import type { Desk } from "./desk.ts";
import type { GivenLate, LatePress } from "./late.ts";
import { openLiveDesk } from "./live-desk.ts";
import { openPastDesk } from "./past-desk.ts";
import { covers, type RuleRequest, withRules } from "./rules.ts";
import { newSheet, readSheet } from "./sheet.ts";

export interface AsksDeps {
  readonly sessions: SessionManager;
  readonly paths: Paths;
  readonly logger: Logger;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long a person may take. */
  readonly askTimeoutMs: number;
}

/** An ask that was found, with who may decide it. */
export interface FoundAsk {
  readonly ask: Ask;
  readonly sessionId: string;
  /** Who asked for the turn, and decides; undefined where that is not known any more. */
  readonly createdBy: number | undefined;
}

/** An ask that waits, with the place where it stands. */
export interface WaitingAsk extends FoundAsk {
  readonly place: Place;
}

export type Asks = ReturnType<typeof createAsks>;

/** Makes the asks. */
export function createAsks(deps: AsksDeps) {
  const { sessions, paths, logger } = deps;
  const desks = new Map<string, { desk: Desk; order: KeptOrder }>();
  const lanes = createLanes();
  const keyOf = (session: Pick<Session, "id">, updateId: number): string => `${session.id}/${updateId}`;

  function sessionOf(ref: AskRef, { chatId }: Pick<Place, "chatId">): Session | undefined {
    const found = sessions.list(chatId).find((session) => shortId(session) === ref.session);
    // What would be given to one that is just being archived would be given to nobody.
    return found?.state === "terminated" ? undefined : found;
  }

  /** The desk of a turn that runs, or the record of one that is over; one piece of work after the other. */
  async function onRecord<T>(
    session: Session,
    updateId: number,
    work: (record: { desk: Desk; createdBy: number | undefined }) => Promise<T>,
  ): Promise<T> {
    return lanes(keyOf(session, updateId), async () => {
      const running = desks.get(keyOf(session, updateId));
      if (running) return work({ desk: running.desk, createdBy: running.order.createdBy });
      const sheet = await readSheet(paths.turn(session.folder, updateId).asks);
      const desk = openPastDesk({ ...deskOf(session, updateId), sheet });
      return work({ desk, createdBy: sheet.createdBy });
    });
  }

  function deskOf(session: Session, updateId: number) {
    return {
      ref: { session: shortId(session), updateId },
      cwd: session.cwd,
      async remember(rules: Parameters<typeof withRules>[1]): Promise<boolean> {
        const kept = await sessions.update(session.id, ({ allowRules }) => ({
          allowRules: withRules(allowRules, rules),
        }));
        if (!kept.ok) logger.warn({ updateId, why: kept.kind }, "a rule of the session was not kept");
        return kept.ok;
      },
      async setMode(permissionMode: "default" | "acceptEdits") {
        const kept = await sessions.update(session.id, ({ permissionMode: now = "plan" }) =>
          // What the person chose meanwhile is not planning, and theirs to keep.
          permissionMode === "default" && now !== "plan" ? {} : { permissionMode },
        );
        if (!kept.ok) logger.warn({ updateId, why: kept.kind }, "the session's mode was not kept");
      },
      onBug: (error: unknown) => logger.error({ err: error, updateId }, "an ask broke down"),
    };
  }

  return {
    /** Opens the desk of a run; `grant` names what an earlier turn was asked and is allowed now, once. */
    async open(turn: {
      session: Session;
      updateId: number;
      order: KeptOrder;
      run: Pick<ClaudeRun, "answer">;
      isAdopted: boolean;
    }): Promise<Desk> {
      const { session, updateId, order, run, isAdopted } = turn;
      const key = keyOf(session, updateId);
      const path = paths.turn(session.folder, updateId).asks;
      const shared = deskOf(session, updateId);
      let granted = order.grant && !isAdopted ? await this.kept(session, order.grant) : undefined;
      const isAllowed = (request: RuleRequest): boolean => {
        if (granted && isSameRequest(granted, request)) {
          granted = undefined;
          return true;
        }
        return covers(sessions.get(session.id)?.allowRules ?? [], request, session.cwd);
      };
      // What is on its way to the record is there before the record is read.
      return lanes(key, async () => {
        const desk = isAdopted
          ? openPastDesk({ ...shared, sheet: await readSheet(path) })
          : openLiveDesk({
              ...shared,
              sheet: newSheet(path, order.createdBy),
              timeoutMs: deps.askTimeoutMs,
              wait: deps.wait,
              answer: (request, answer) => run.answer(request, answer),
              isAllowed,
            });
        desks.set(key, { desk, order });
        // And whoever reads it next finds all that was done here.
        const close = (): Promise<void> =>
          lanes(key, async () => {
            await desk.close();
            if (desks.get(key)?.desk === desk) desks.delete(key);
          });
        return { ...desk, close };
      });
    },

    /** An ask by its name, in the chat where it stands. */
    async find(ref: AskRef, place: Pick<Place, "chatId">): Promise<FoundAsk | undefined> {
      const session = sessionOf(ref, place);
      if (session === undefined) return undefined;
      return onRecord(session, ref.updateId, async ({ desk, createdBy }) => {
        const ask = desk.find(ref.n);
        return ask && { ask, sessionId: session.id, createdBy };
      });
    },

    /** An ask that waits now, by its name, in the chat where it stands. */
    findWaiting(ref: AskRef, place: Pick<Place, "chatId">): WaitingAsk | undefined {
      const session = sessionOf(ref, place);
      return (
        session &&
        this.waitingIn(session.id).find(({ ask }) => ask.updateId === ref.updateId && ask.n === ref.n)
      );
    },

    /** The asks that wait in a session. */
    waitingIn(sessionId: string): WaitingAsk[] {
      return [...desks].flatMap(
        ([
          key,
          {
            desk,
            order: { createdBy, place },
          },
        ]) =>
          key.startsWith(`${sessionId}/`)
            ? desk.waiting().map((ask) => ({ ask, sessionId, createdBy, place }))
            : [],
      );
    },

    /** Decides an ask that waits; false where it waits no more. `done` is for the disk and for Claude's answer. */
    decide(
      { ask, sessionId }: FoundAsk,
      decision: Decision,
    ): { ok: true; done: Promise<void> } | { ok: false } {
      const running = desks.get(`${sessionId}/${ask.updateId}`);
      return running ? running.desk.decide(ask.n, decision) : { ok: false };
    },

    /** Gives one that nobody answered, to the press `press`; `over` where it was given to another, or cannot be. */
    async giveLate({ ask, sessionId }: FoundAsk, press: LatePress): Promise<GivenLate> {
      const session = sessions.get(sessionId);
      if (session === undefined) return { ok: false, kind: "over" };
      return onRecord(session, ask.updateId, ({ desk }) => desk.giveLate(ask.n, press));
    },

    /** The person decided about a turn that was cut off: what could still be given of it ends with that. */
    async leave(sessionId: string, updateId: number): Promise<void> {
      const session = sessions.get(sessionId);
      if (session) await onRecord(session, updateId, ({ desk }) => desk.leave());
    },

    /** All that is kept of one ask. */
    async kept(
      session: Session,
      { updateId, n }: Pick<AskRef, "updateId" | "n">,
    ): Promise<KeptAsk | undefined> {
      return onRecord(session, updateId, async ({ desk }) => desk.kept(n));
    },
  };
}

/** What the model says about a call does not make it another. */
function isSameRequest({ about, input = {} }: KeptAsk, request: RuleRequest): boolean {
  if (about.kind !== "permission" || about.toolName !== request.toolName) return false;
  const essence = (called: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(
      Object.entries(called)
        .filter(([key]) => key !== "description")
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  return essence(input) === essence(request.input);
}
