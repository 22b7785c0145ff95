/**
 * Turns that were cut off and wait for the person's word: gone on with, or left
 * as they are; one word counts. What had been read within such a turn shares its
 * fate. It does not know how a turn runs.
 */
import type { SessionManager } from "../store/session-manager.ts";
import type { Entry } from "./facts.ts";
import type { KeptOrder } from "./order.ts";
import type { Journal } from "./journal.ts";
import { continuation } from "./prompt.ts";
import type { Place } from "./view.ts";

/** Where an interrupted turn can be taken up from. */
export type Interrupted =
  | { ok: true; order: KeptOrder; sessionId: string; isSessionThere: boolean }
  | { ok: false };

/** Makes the deciding; `submit` takes a message into a session. */
export function createCutOff(deps: {
  readonly journal: Journal;
  readonly sessions: Pick<SessionManager, "get">;
  readonly submit: (updateId: number, sessionId: string, order: KeptOrder) => Promise<void>;
}) {
  const { journal, sessions, submit } = deps;

  const readIn = (cutOffId: number): Entry[] =>
    journal
      .unfinished()
      .filter(({ state, steered }) => state === "steered" && steered?.turn === cutOffId && steered.isRead);

  /** All that is decided with a turn that was cut off; itself last, so that where only some of it is written down it is asked about again. */
  const wholeOf = (cutOffId: number): number[] => [...readIn(cutOffId).map(({ id }) => id), cutOffId];

  async function close(ids: readonly number[], why: string): Promise<void> {
    await Promise.all(ids.map((id) => journal.note(id, { state: "done", why })));
  }

  /** Its buttons can be pressed before it is written down that they stand there. */
  const isOpen = (entry: Entry | undefined): boolean =>
    entry?.state === "interrupted" || entry?.answer?.outcome === "interrupted";

  /**
   * Goes on with a turn by `order`, as a turn of the update that asked for it. The order names what was
   * cut off, so that a start finds it decided although it was not closed.
   */
  async function goOn(
    earlierId: number,
    byUpdateId: number,
    sessionId: string,
    order: KeptOrder,
  ): Promise<void> {
    const decides = isOpen(journal.get(earlierId)) ? wholeOf(earlierId) : [];
    const whole = decides.length === 0 ? order : { ...order, joined: decides };
    const submitted = submit(byUpdateId, sessionId, whole);
    // Before the wait: a second press must find it decided.
    await Promise.all([submitted, close(decides, "continued")]);
  }

  return {
    goOn,

    /** Looks up a turn that was cut off and waits for the person's word at this place; its session may be archived. */
    interrupted(updateId: number, place: Place): Interrupted {
      const entry = journal.get(updateId);
      const { order, sessionId } = entry ?? {};
      if (!isOpen(entry) || !order || !sessionId || order.place.chatId !== place.chatId) return { ok: false };
      const { state = "terminated" } = sessions.get(sessionId) ?? {};
      return { ok: true, order, sessionId, isSessionThere: state !== "terminated" };
    },

    /** Says again what a turn that was cut off was asked for. */
    async continueTurn(
      cutOffId: number,
      byUpdateId: number,
      decision: Interrupted & { ok: true },
    ): Promise<void> {
      // What was allowed once for it may have been done.
      const { messageId: _, joined: __, pieces: ___, grant: ____, ...order } = decision.order;
      const orders = [order, ...readIn(cutOffId).flatMap((entry) => entry.order ?? [])];
      const attachments = orders.flatMap((each) => each.attachments ?? []);
      await goOn(cutOffId, byUpdateId, decision.sessionId, {
        ...order,
        text: continuation(orders.map(({ text }) => text)),
        ...(attachments.length > 0 ? { attachments } : {}),
      });
    },

    /** Leaves a turn that was cut off as it is. */
    discard: (cutOffId: number): Promise<void> => close(wholeOf(cutOffId), "discarded"),
  };
}
