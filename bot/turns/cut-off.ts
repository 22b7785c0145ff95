/**
 * Turns that were cut off and wait for the person's word: gone on with, or left
 * as they are; one word counts. What had been read within such a turn shares its
 * fate. It does not know how a turn runs.
 */
import type { Entry, KeptOrder } from "./facts.ts";
import type { Journal } from "./journal.ts";
import { continuation } from "./prompt.ts";
import type { Place } from "./view.ts";

/** Where an interrupted turn can be taken up from. */
export type Decision = { ok: true; order: KeptOrder; sessionId: string } | { ok: false };

/** Makes the deciding; `submit` takes a message into a session. */
export function createCutOff(deps: {
  readonly journal: Journal;
  readonly submit: (updateId: number, sessionId: string, order: KeptOrder) => Promise<void>;
}) {
  const { journal, submit } = deps;

  const readIn = (cutOffId: number): Entry[] =>
    journal
      .unfinished()
      .filter(({ state, steered }) => state === "steered" && steered?.turn === cutOffId && steered.isRead);

  async function close(cutOffId: number, why: string): Promise<void> {
    const ids = [cutOffId, ...readIn(cutOffId).map(({ id }) => id)];
    await Promise.all(ids.map((id) => journal.note(id, { state: "done", why })));
  }

  return {
    /** Looks up a turn that was cut off and waits for the person's word at this place. */
    interrupted(updateId: number, place: Place): Decision {
      const entry = journal.get(updateId);
      const { order, sessionId } = entry ?? {};
      // Its buttons can be pressed before it is written down that they stand there.
      const isAsked = entry?.state === "interrupted" || entry?.answer?.outcome === "interrupted";
      if (!isAsked || !order || !sessionId || order.place.chatId !== place.chatId) return { ok: false };
      return { ok: true, order, sessionId };
    },

    /** Goes on with a turn that was cut off, as a turn of the update that asked for it. */
    async continueTurn(
      cutOffId: number,
      byUpdateId: number,
      decision: Decision & { ok: true },
    ): Promise<void> {
      const { messageId: _, joined: __, ...order } = decision.order;
      const orders = [order, ...readIn(cutOffId).flatMap((entry) => entry.order ?? [])];
      const attachments = orders.flatMap((each) => each.attachments ?? []);
      const submitted = submit(byUpdateId, decision.sessionId, {
        ...order,
        text: continuation(orders.map(({ text }) => text)),
        ...(attachments.length > 0 ? { attachments } : {}),
      });
      // Before the wait: a second press must find it decided.
      await Promise.all([submitted, close(cutOffId, "continued")]);
    },

    /** Leaves a turn that was cut off as it is. */
    discard: (cutOffId: number): Promise<void> => close(cutOffId, "discarded"),
  };
}
