/**
 * What every start does with what the last life left unfinished: the normal
 * start, not a mode. It decides; `turns.ts` and the outbox carry it out.
 */
import { placeKey } from "../store/chats.ts";
import type { SessionManager } from "../store/session-manager.ts";
import type { Session } from "../store/session.ts";
import type { Entry } from "./facts.ts";
import type { Journal } from "./journal.ts";
import type { KeptTurns } from "./strays.ts";
import type { Turns } from "./turns.ts";
import type { Place } from "./view.ts";

export interface RecoveryDeps {
  readonly journal: Journal;
  readonly sessions: SessionManager;
  readonly turns: Turns;
  /** Whether who asked for it may still speak there. */
  readonly isAllowed: (asked: { readonly chatId: number; readonly createdBy?: number }) => boolean;
  /** Ends what turns of an earlier life left running, and what waited for a message, but for those `kept`. */
  endStrays(kept: KeptTurns): Promise<void>;
  /** Goes on delivering an answer that is stored; resolves when it stands in the chat, or never will. */
  deliver(entry: Entry): Promise<void>;
  /** Handles an update as if it had just come, unless it is too old for that. */
  handle(entry: Entry): void;
  /** Whether what has not begun may run unasked; what is too old is kept for the person's word. */
  admit(entry: Entry): boolean;
  /** Tells a chat whose sessions had a turn under way. */
  tellRecovered(place: Place, sessions: readonly Session[]): void;
  /** Asks again where messages wait for a session. */
  tellWaiting(place: Place, waiting: number): void;
}

/**
 * Takes up everything that is not done, in the order it was taken. Nothing here waits for a turn. What is
 * of people or groups that are not listed any more stays as it is: should they be again, a later start takes it up.
 */
export async function recover(deps: RecoveryDeps): Promise<void> {
  const unfinished = deps.journal.unfinished().filter((entry) => isListed(deps, entry));
  await deps.endStrays({
    updates: new Set(unfinished.map(({ id }) => id)),
    markers: new Set(unfinished.flatMap(({ marker }) => marker ?? [])),
  });
  await tellOfSessions(deps, unfinished.filter(isUnderWay));
  const stalled = new Map<string, { sessionId: string; place: Place }>();
  const waiting = new Map<string, { place: Place; count: number }>();
  // Killed between noting the turn and closing the other messages it is made of, or the turn that it goes on with.
  const joined = new Set(unfinished.flatMap(({ order }) => order?.joined ?? []));
  for (const entry of unfinished) {
    if (joined.has(entry.id)) {
      await deps.journal.note(entry.id, { state: "done", why: "joined" });
      continue;
    }
    switch (entry.state) {
      case "received":
      case "acting":
        deps.handle(entry);
        break;
      case "steered":
        if (entry.steered?.isRead && deps.journal.get(entry.steered.turn)?.state !== "done") break;
        // The turn it was written into looks whether it was read; where that is over, it was not.
        if (isToBeTakenUp(deps.journal.get(entry.steered?.turn ?? -1))) break;
        if (deps.admit(entry)) deps.turns.takeUp(entry);
        break;
      case "queued":
        if (entry.starts > 0 || deps.admit(entry)) deps.turns.takeUp(entry);
        break;
      case "starting":
      case "running":
        deps.turns.takeUp(entry);
        break;
      case "answered":
      case "sending":
        // It was answered at its result; its processes may have had no time to end.
        deps.turns.endLeftovers(entry);
        void deps.deliver(entry).then(() => deps.turns.thinOutput(entry));
        break;
      case "held":
        if (entry.order) {
          const { place } = entry.order;
          const key = placeKey(place);
          waiting.set(key, { place, count: 1 + (waiting.get(key)?.count ?? 0) });
        }
        break;
      case "stalled":
        if (entry.sessionId && entry.order) {
          const { place } = entry.order;
          stalled.set(`${entry.sessionId}/${placeKey(place)}`, { sessionId: entry.sessionId, place });
        }
        break;
      case "kept":
      case "interrupted":
      case "done":
        // The person's word is waited for, with buttons that still work.
        break;
    }
  }
  // The buttons that stand there still work, if they stand there.
  for (const { sessionId, place } of stalled.values()) void deps.turns.terminal.remind(sessionId, place);
  for (const { place, count } of waiting.values()) {
    // Killed between making a session current and running what had waited for it.
    const current = deps.sessions.current(place);
    if (current) await deps.turns.release(place, current.id);
    else deps.tellWaiting(place, count);
  }
}

/** What is no order yet and no answer, is looked at where it is handled. */
function isListed({ isAllowed }: RecoveryDeps, { order, answer, kept }: Entry): boolean {
  const place = order?.place ?? answer?.place ?? kept?.place;
  if (place === undefined) return true;
  return isAllowed({
    chatId: place.chatId,
    ...(order === undefined ? {} : { createdBy: order.createdBy }),
  });
}

function isToBeTakenUp(entry: Entry | undefined): boolean {
  return entry?.state === "queued" || (entry !== undefined && isUnderWay(entry));
}

function isUnderWay(entry: Entry): boolean {
  return entry.state === "starting" || entry.state === "running";
}

async function tellOfSessions(deps: RecoveryDeps, underWay: readonly Entry[]): Promise<void> {
  const byPlace = new Map<string, { place: Place; sessions: Map<string, Session> }>();
  for (const { sessionId, order } of underWay) {
    if (!sessionId || !order) continue;
    // A crash under a turn leaves its session paused; the turn itself makes it active again.
    if (deps.sessions.get(sessionId)?.state === "active") await deps.sessions.transition(sessionId, "paused");
    const session = deps.sessions.get(sessionId);
    if (!session) continue;
    const key = placeKey(order.place);
    const told = byPlace.get(key) ?? { place: order.place, sessions: new Map() };
    told.sessions.set(sessionId, session);
    byPlace.set(key, told);
  }
  for (const { place, sessions } of byPlace.values()) deps.tellRecovered(place, [...sessions.values()]);
}
