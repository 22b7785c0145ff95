/**
 * Binds the bot to one chat for one turn: what the middle says of the turn
 * becomes typing, a message that grows, and the answer. It does not
 * know sessions, nor how the turn runs.
 */
import type { Api } from "grammy";
import type { Entry, KeptOrder } from "../turns/facts.ts";
import type { TurnCallbacks, TurnView } from "../turns/view.ts";
import type { Outbox } from "./outbox.ts";
import { presentAnswer, presentLive } from "./presenter/turn.ts";

/** Telegram shows typing for five seconds. */
const TYPING_MS = 4_500;

export interface CallbacksDeps {
  readonly api: Api;
  readonly outbox: Outbox;
  /** Calls `tick` every `ms` until the function it gives is called. */
  readonly every: (ms: number, tick: () => void) => () => void;
}

/** The turn whose chat is meant; `entry` is what an earlier life knew of its messages. */
export interface BoundTurn {
  readonly updateId: number;
  readonly order: KeptOrder;
  readonly entry?: Entry;
  /** Told when the first of Claude's words stand in the chat. */
  readonly onFirstWords: () => void;
}

/** Makes the callbacks of one turn. */
export function makeCallbacks(
  { api, outbox, every }: CallbacksDeps,
  { updateId, order, entry, onFirstWords }: BoundTurn,
): TurnCallbacks {
  const { place, messageId } = order;
  // In a group it must be seen who is answered.
  const replyTo = place.chatId < 0 ? messageId : undefined;
  const answer = outbox.answer({
    updateId,
    place,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(entry ? { entry } : {}),
    onShown: () => {
      if (hasWords) onFirstWords();
    },
  });
  let hasWords = false;
  let stopTyping: (() => void) | undefined;

  function type(): void {
    const topic = place.threadId === undefined ? {} : { message_thread_id: place.threadId };
    api.sendChatAction(place.chatId, "typing", topic).catch(() => {});
  }

  return {
    update(view: TurnView) {
      if (stopTyping === undefined) {
        type();
        stopTyping = every(TYPING_MS, type);
      }
      answer.show(() => {
        hasWords = view.text !== "";
        return presentLive(view);
      });
    },
    async finish(view: TurnView) {
      stopTyping?.();
      stopTyping = () => {};
      hasWords = true;
      const outcome = view.outcome?.kind ?? "answered";
      await answer.finish(presentAnswer(view, { updateId }), outcome, { isOpen: outcome === "interrupted" });
    },
  };
}
