/**
 * Who may go on with a session's conversation: the chat, or a Claude Code that
 * the person has at a terminal. Promises that no turn begins while another
 * process holds the conversation, or after something was said in it elsewhere,
 * without the person's word. It ends no process of theirs.
 */
import { findHolders, type Holder } from "../../claude/holders.ts";
import { placeKey } from "../../store/chats.ts";
import type { SessionManager, UpdateResult } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import type { KeptOrder } from "../order.ts";
import type { Journal } from "../journal.ts";
import type { Note, Place } from "../view.ts";
import { createStalled } from "./stalled.ts";
import { lookForNews, type News, type NewsDeps } from "./news.ts";

/** What stands between the chat and a session's conversation. */
export interface AtTerminal {
  /** Processes that have it open now. */
  readonly holders: readonly Holder[];
  /** What was said there since it was last ours. */
  readonly news?: News;
}

/** Told of messages that wait for the person's word. `count` is all of them. */
export type TellStalled = (told: {
  readonly session: Session;
  readonly place: Place;
  readonly count: number;
  readonly at: AtTerminal;
}) => void;

export interface TerminalDeps extends NewsDeps {
  readonly sessions: SessionManager;
  readonly journal: Journal;
  readonly now: () => Date;
  readonly tellStalled: TellStalled;
  submit(updateId: number, sessionId: string, order: KeptOrder): Promise<void>;
}

/** What a turn must have passed before it starts a process, and tells when that is gone. */
export interface Gate {
  /** The notes that its answer then carries; undefined where the message is kept instead. */
  admit(
    turn: { readonly updateId: number; readonly order: KeptOrder },
    session: Session,
  ): Promise<readonly Note[] | undefined>;
  /** All that the conversation holds now is of this chat, but for what was said at a terminal that was asked for meanwhile. */
  gone(sessionId: string): Promise<void>;
}

/** Makes it. */
export function createTerminal(deps: TerminalDeps) {
  const { sessions, configDir } = deps;
  const stalled = createStalled(deps);
  /** By session: the places in which the person was told of its kept messages, and has not said anything about them. */
  const told = new Map<string, Set<string>>();

  async function look(session: Session): Promise<AtTerminal | undefined> {
    const { totals, known, terminal, beside = [] } = session;
    // Nobody else can know its conversation.
    if (configDir === undefined || (totals.turns === 0 && !known && !terminal)) return undefined;
    const [all, { news }] = await Promise.all([
      findHolders({
        configDir,
        claudeSessionId: session.claudeSessionId,
        ourMarker: `${session.folder}/`,
      }),
      lookForNews(deps, session),
    ]);
    const holders = all.filter(
      ({ pid, startTime }) => !beside.some((one) => one.pid === pid && one.startTime === startTime),
    );
    if (holders.length === 0 && news === undefined) return undefined;
    return news === undefined ? { holders } : { holders, news };
  }

  /** From now on all that the conversation holds is known; `despite` are processes that may stay. */
  async function takeBack(id: string, despite: readonly Holder[] = []): Promise<UpdateResult> {
    const session = sessions.get(id);
    if (session === undefined) return { ok: false, kind: "absent" };
    const { bytes } = await lookForNews(deps, { ...session, known: noneKnown(session) });
    const beside = despite.map(({ pid, startTime }) => ({ pid, startTime }));
    return sessions.update(id, {
      terminal: undefined,
      beside: beside.length === 0 ? undefined : beside,
      ...(bytes === undefined ? {} : { known: { claudeSessionId: session.claudeSessionId, bytes } }),
    });
  }

  function tell(session: Session, place: Place, at: AtTerminal): void {
    const places = told.get(session.id) ?? new Set();
    if (places.has(placeKey(place))) return;
    told.set(session.id, places.add(placeKey(place)));
    deps.tellStalled({ session, place, count: stalled.count(session.id), at });
  }

  const gate: Gate = {
    async admit({ updateId, order }, session) {
      const at = await look(session);
      const waiting = stalled.count(session.id);
      if (at === undefined && waiting === 0) {
        if (session.terminal === undefined) return [];
        await sessions.update(session.id, { terminal: undefined });
        return [{ kind: "back_from_terminal" }];
      }
      await stalled.keep(updateId, session.id, order);
      // Nothing stands in the way any more: what was kept before this one runs before it.
      if (at === undefined) await release(session.id);
      else tell(session, order.place, at);
      return undefined;
    },
    async gone(sessionId) {
      const session = sessions.get(sessionId);
      // Marked while the turn ran: what was said there meanwhile is still to be told of, and is told from the turn's own then.
      if (session === undefined || session.terminal !== undefined) return;
      const { bytes } = await lookForNews(deps, { ...session, known: noneKnown(session) });
      const { claudeSessionId, known } = session;
      if (bytes === undefined || (known?.claudeSessionId === claudeSessionId && known.bytes === bytes))
        return;
      await sessions.update(sessionId, { known: { claudeSessionId, bytes } });
    },
  };

  async function release(sessionId: string, to?: string): Promise<number> {
    told.delete(sessionId);
    return stalled.release(sessionId, to);
  }

  return {
    gate,
    look,
    takeBack,
    release,
    stalled: stalled.count,
    edit: stalled.edit,

    /** Whether the CLI has a record of its conversation. */
    isBegun: async (session: Session): Promise<boolean> =>
      (await lookForNews(deps, { ...session, known: noneKnown(session) })).bytes !== undefined,

    /** Marks a session as at the terminal; what is said there from now on is news. */
    async mark(id: string): Promise<UpdateResult> {
      const session = sessions.get(id);
      if (session === undefined) return { ok: false, kind: "absent" };
      const { claudeSessionId, known } = session;
      const isKnown = known?.claudeSessionId === claudeSessionId;
      const { bytes = 0 } = isKnown ? known : await lookForNews(deps, session);
      return sessions.update(id, {
        terminal: { since: deps.now().toISOString() },
        known: { claudeSessionId, bytes },
      });
    },

    /** The person wants what is kept to stay so; the next message is told of again. */
    wait: (sessionId: string): void => void told.delete(sessionId),

    async drop(sessionId: string): Promise<number> {
      told.delete(sessionId);
      return stalled.drop(sessionId);
    },

    /** After a restart: says again what waits, or lets it run where its session is gone. */
    async remind(sessionId: string, place: Place): Promise<void> {
      const session = sessions.get(sessionId);
      if (session === undefined) return void (await release(sessionId));
      tell(session, place, (await look(session)) ?? { holders: [] });
    },
  };
}

/** A look with it only measures. */
function noneKnown({ claudeSessionId }: Session): NonNullable<Session["known"]> {
  return { claudeSessionId, bytes: Number.MAX_SAFE_INTEGER };
}
