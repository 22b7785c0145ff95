/**
 * Binds the bot to one chat for one turn: what the middle says of the turn
 * becomes typing, a message that grows, and the answer. It does not
 * know sessions, nor how the turn runs.
 */
import type { Entry } from "../turns/facts.ts";
import type { KeptOrder } from "../turns/order.ts";
import type { TurnCallbacks, TurnView } from "../turns/view.ts";
import type { Part } from "./delivery.ts";
import type { Outbox } from "./outbox.ts";
import { isAsking } from "./presenter/asks/asks.ts";
import { hasFooter } from "./presenter/footer.ts";
import { withStop } from "./presenter/stop-button.ts";
import { type Look, presentAnswer, presentLateNote, presentLive, type Rendered } from "./presenter/turn.ts";
import { showTyping, type TypingDeps } from "./typing.ts";

export interface CallbacksDeps extends TypingDeps {
  readonly outbox: Outbox;
  readonly look: Look;
  /** The clock that a view's times are of. */
  readonly nowMs: () => number;
}

/** How far apart the times are that a live message shows: edits count as messages, and a group takes twenty a minute. */
const STEP_MS = { private: 10_000, group: 30_000 };
/** How often it is looked whether there is a new one to show. */
const TICK_MS = 2_500;

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
  const stepMs = STEP_MS[place.chatId < 0 ? "group" : "private"];
  let latest: TurnView | undefined;
  let stop: (() => void) | undefined;
  const rendered: Rendered = new Map();

  const show = (view: TurnView): void =>
    answer.show(() => {
      hasWords = view.text !== "";
      const parts = presentLive(view, { nowMs: deps.nowMs(), stepMs }, rendered);
      return answer.isDrafted() ? parts : withStop(parts, updateId);
    });

  /** Typing, and the times that go on while nothing else happens. What shows the same makes no call. A draft is typing of its own. */
  function begin(): () => void {
    const stops = [
      answer.isDrafted()
        ? () => {}
        : // While Claude waits for the person, nobody is typing.
          showTyping(deps, place, () => latest !== undefined && isAsking(latest)),
      deps.every(TICK_MS, () => latest && show(latest)),
    ];
    return () => stops.forEach((each) => each());
  }

  /** Nothing grows any more. */
  function rest(): void {
    stop?.();
    stop = () => {};
    hasWords = true;
  }

  return {
    update(view: TurnView) {
      stop ??= begin();
      latest = view;
      show(view);
    },
    lastWords(view: TurnView, isSure: boolean) {
      // What a footer says is known with the result only, and a draft that has ended does not come back.
      if (!isSure && (answer.isDrafted() || hasFooter(view, deps.look.footer))) return;
      if (isSure) rest();
      hasWords = true;
      // What a rich message can be pressed for is found only when the turn is saved.
      const look = { ...deps.look, isRich: false };
      answer.show(() => withoutFilesBehind(presentAnswer(view, { updateId }, look, rendered)), true);
    },
    async finish(view: TurnView) {
      rest();
      const outcome = view.outcome?.kind ?? "answered";
      const parts = presentAnswer(view, { updateId }, deps.look, rendered);
      await answer.finish(parts, outcome, { isOpen: outcome === "interrupted" });
    },
    addNote: (note) => void deps.outbox.notice(place, presentLateNote(note)),
  };
}

/** A file takes its time, and is no words. */
function withoutFilesBehind(parts: readonly Part[]): readonly Part[] {
  return parts.slice(0, parts.findLastIndex(({ kind }) => kind !== "file") + 1);
}
