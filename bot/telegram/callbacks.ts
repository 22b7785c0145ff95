/**
 * Binds the bot to one chat for one turn: what the middle says of the turn
 * becomes typing, a message that grows, and the answer. It does not
 * know sessions, nor how the turn runs.
 */
import type { Entry, KeptOrder } from "../turns/facts.ts";
import type { TurnCallbacks, TurnView } from "../turns/view.ts";
import type { Outbox } from "./outbox.ts";
import { type Look, presentAnswer, presentLive } from "./presenter/turn.ts";
import { showTyping, type TypingDeps } from "./typing.ts";

export interface CallbacksDeps extends TypingDeps {
  readonly outbox: Outbox;
  readonly look: Look;
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
  deps: CallbacksDeps,
  { updateId, order, entry, onFirstWords }: BoundTurn,
): TurnCallbacks {
  const { place, messageId } = order;
  // In a group it must be seen who is answered.
  const replyTo = place.chatId < 0 ? messageId : undefined;
  const answer = deps.outbox.answer({
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

  return {
    update(view: TurnView) {
      stopTyping ??= showTyping(deps, place);
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
      await answer.finish(presentAnswer(view, { updateId }, deps.look), outcome, {
        isOpen: outcome === "interrupted",
      });
    },
  };
}
