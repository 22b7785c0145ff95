/**
 * Which answers are shown as drafts while they grow, and which grow by edits; and
 * that a real message wipes the drafts of its place. It does not know how a draft
 * is shown (`draft.ts`), nor what is said.
 */
import { placeKey } from "../store/chats.ts";
import type { Place } from "../turns/view.ts";
import type { Part } from "./delivery.ts";
import { createDraftedMessage, type DraftedMessage } from "./draft.ts";
import type { LiveMessage } from "./live-message.ts";
import type { TelegramChat } from "./telegram-chat.ts";

/** An answer that grows, in whichever way. */
export interface Growing {
  /** What should be seen now; made only if it is sent. With `isLast` it stands for real. */
  readonly show: (make: () => readonly Part[], isLast?: boolean) => void;
  /** Whether it is a draft now. */
  readonly isDrafted: () => boolean;
  /** No draft any more. */
  readonly end: () => Promise<void>;
}

/** Where an answer grows. */
export interface GrowingAnswer {
  readonly updateId: number;
  readonly place: Place;
  readonly live: LiveMessage;
  readonly chat: Pick<TelegramChat, "draft" | "delayMs">;
  /** How many parts stand already, from an earlier life. */
  readonly standing: number;
  readonly onShown: () => void;
}

/** Makes them; `isOn`: drafts are wished for. */
export function createDrafts(deps: {
  readonly isOn: boolean;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}) {
  const { isOn, nowMs, wait } = deps;
  /** Those that are shown now. */
  const shown = new Map<DraftedMessage, Place>();

  function byDraft({ updateId, place, live, chat, standing, onShown }: GrowingAnswer): Growing {
    const draft = createDraftedMessage({
      // Any number but 0.
      send: (content, signal) => chat.draft(updateId || 1, content, signal),
      live,
      delayMs: () => chat.delayMs(),
      nowMs,
      wait,
      standing,
      onShown,
    });
    const end = (): Promise<void> => {
      shown.delete(draft);
      return draft.end();
    };
    return {
      show(make, isLast = false) {
        if (isLast) return void end().then(() => live.show(make, true));
        shown.set(draft, place);
        draft.show(make);
      },
      isDrafted: () => draft.isOpen(),
      end,
    };
  }

  const byEdits = ({ live }: GrowingAnswer): Growing => ({
    show: (make, isLast) => live.show(make, isLast),
    isDrafted: () => false,
    async end() {},
  });

  return {
    /** Begins an answer. Groups know no drafts. */
    open: (answer: GrowingAnswer): Growing =>
      isOn && answer.place.chatId > 0 ? byDraft(answer) : byEdits(answer),

    /** Something new stands in a place. */
    wiped(place: Place): void {
      for (const [draft, at] of shown) if (placeKey(at) === placeKey(place)) draft.wiped();
    },
  };
}
