/**
 * Everything that is said in a chat goes through here: stored before it is sent,
 * paced, retried, and after a crash taken up where it stopped. It does not know
 * what is said, but for what it says of its own delivery.
 */
import type { Api } from "grammy";
import type { Logger } from "../logger.ts";
import type { Entry, OutcomeName } from "../turns/facts.ts";
import type { Journal } from "../turns/journal.ts";
import type { Place } from "../turns/view.ts";
import type { Part } from "./delivery.ts";
import { createDrafts } from "./drafts.ts";
import { createLiveMessage, type Delivered, type LiveMessage } from "./live-message.ts";
import { createPace } from "./pace.ts";
import { notShown, partRefused } from "./presenter/notices.ts";
import { createRichGates } from "./rich-gate.ts";
import type { Known, Ledger } from "./slot.ts";
import { readStoredParts } from "./stored-parts.ts";
import { createChat, type TelegramChat, type Uploads } from "./telegram-chat.ts";

/** The answer to one update, growing in its chat. */
export interface Answer {
  /** What to show for now; made only if it is sent. The last words wait for no pace but Telegram's own. */
  show(make: () => readonly Part[], isLast?: boolean): void;
  /** Whether what is shown is a draft: Telegram's own sign that something goes on, with its own Stop. */
  isDrafted(): boolean;
  /**
   * What stands there in the end; resolves when it does. Stored first: a crash
   * after that delivers it in the next life. `isOpen` leaves the update
   * unfinished, waiting for the person's word.
   */
  finish(parts: readonly Part[], outcome: OutcomeName, options?: { isOpen?: boolean }): Promise<void>;
}

/** Which update is answered, and where. */
export interface AnswerOptions {
  readonly updateId: number;
  readonly place: Place;
  readonly replyTo?: number;
  /** What an earlier life knew of the answer's messages. */
  readonly entry?: Entry;
  /** Told whenever something new stands in the chat. */
  readonly onShown?: () => void;
}

export interface Outbox {
  /** Opens the answer to an update. */
  answer(options: AnswerOptions): Answer;
  /** Goes on delivering an answer that was stored by an earlier life. */
  resume(entry: Entry): Promise<void>;
  /**
   * Says something that answers no update; tried as hard, but not across a crash. With `messageId`, in place of that
   * message. Gives the id of the last message that stands there, which has the buttons.
   */
  notice(place: Place, parts: readonly Part[], messageId?: number): Promise<number | undefined>;
  /**
   * Like a notice, without a sound: a word about the message `replyTo`. Gives the id of what stands
   * there; without parts, `messageId` is removed.
   */
  remark(
    place: Place,
    parts: readonly Part[],
    about: { replyTo?: number; messageId?: number },
  ): Promise<number | undefined>;
}

/** Makes the outbox. `checkpoint` is called at each named step (tests die there). */
export function createOutbox(options: {
  api: Api;
  /** Files go out through this one: they may take long. */
  uploads: Uploads;
  journal: Journal;
  logger: Logger;
  checkpoint: (name: string) => void;
  nowMs: () => number;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told where the answer to an update stands, before that is done. */
  onDelivered?: (entry: Pick<Entry, "id" | "sessionId">, messageIds: readonly number[]) => Promise<void>;
  /** Told of each call that says something: its method, and "ok" or how it was refused. */
  onCall?: (method: string, result: string) => void;
  /** Answers in private chats are shown as drafts while they grow. Default: by edits. */
  isDrafting?: boolean;
}): Outbox {
  const { api, uploads, journal, logger, checkpoint, nowMs, wait } = options;
  const pace = createPace(nowMs);
  const openGate = createRichGates();
  const drafts = createDrafts({ isOn: options.isDrafting === true, nowMs, wait });

  function open(
    place: Place,
    ledger: Ledger,
    extra: { replyTo?: number; isSilent?: boolean; known?: Known; onShown?: () => void },
  ): { live: LiveMessage; chat: TelegramChat } {
    const chat = createChat({
      api,
      uploads,
      pace,
      place,
      ...(extra.replyTo === undefined ? {} : { replyTo: extra.replyTo }),
      ...(extra.isSilent ? { isSilent: true } : {}),
      ...(options.onCall ? { onCall: options.onCall } : {}),
      onRefusal: (method, refusal, description) =>
        logger[refusal.kind === "bad_request" ? "warn" : "debug"](
          { method, refusal: refusal.kind, description, chatId: place.chatId },
          "telegram refused",
        ),
    });
    const live = createLiveMessage({
      chat,
      ledger,
      nowMs,
      wait,
      rich: openGate(),
      ...(extra.known ? { known: extra.known } : {}),
      onShown: () => {
        extra.onShown?.();
        drafts.wiped(place);
      },
    });
    return { live, chat };
  }

  const journalled = (id: number): Ledger => ({
    async sending(part, isRepeat) {
      await journal.note(id, { state: "sending", part, isRepeat });
      checkpoint("sending");
    },
    async sent(part, messageId, isFile) {
      checkpoint("sent");
      await journal.note(id, { state: "sent", part, messageId, ...(isFile ? { isFile } : {}) });
      checkpoint("sent-noted");
    },
  });

  async function sayBeside(
    place: Place,
    parts: readonly Part[],
    messageId?: number,
    extra: { replyTo?: number; isSilent?: boolean } = {},
  ): Promise<Delivered> {
    const unwritten: Ledger = { sending: async () => {}, sent: async () => {} };
    const known =
      messageId === undefined
        ? {}
        : { known: { messages: [messageId], doubtful: [], repeats: [], files: [] } };
    return open(place, unwritten, { ...extra, ...known }).live.finish(parts);
  }

  async function close(
    id: number,
    place: Place,
    outcome: OutcomeName,
    isOpen: boolean,
    delivered: Delivered,
  ): Promise<void> {
    checkpoint("delivered");
    if (delivered.kind === "delivered" && delivered.refused > 0) {
      logger.warn({ updateId: id, refused: delivered.refused }, "telegram takes part of an answer never");
      const isTurn = journal.get(id)?.sessionId !== undefined;
      await sayBeside(place, partRefused({ isTurn }));
    }
    if (delivered.kind === "delivered")
      await options.onDelivered?.(journal.get(id) ?? { id }, delivered.messageIds);
    if (delivered.kind === "undeliverable") logger.warn({ updateId: id }, "the chat cannot be written to");
    if (isOpen) await journal.note(id, { state: "interrupted" });
    else
      await journal.note(id, {
        state: "done",
        why: delivered.kind === "delivered" ? outcome : delivered.kind,
      });
    checkpoint("done");
  }

  return {
    answer({ updateId, place, replyTo, entry, onShown }) {
      const { live, chat } = open(place, journalled(updateId), {
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(entry ? { known: entry } : {}),
        ...(onShown ? { onShown } : {}),
      });
      const growing = drafts.open({
        updateId,
        place,
        live,
        chat,
        standing: entry?.messages.length ?? 0,
        onShown: () => onShown?.(),
      });
      return {
        show: growing.show,
        isDrafted: growing.isDrafted,
        async finish(parts, outcome, { isOpen = false } = {}) {
          await journal.note(updateId, { state: "answered", outcome, place, parts: [...parts] });
          checkpoint("answered");
          await growing.end();
          await close(updateId, place, outcome, isOpen, await live.finish(parts));
        },
      };
    },
    async resume(entry) {
      if (entry.answer === undefined) return;
      const { place, outcome } = entry.answer;
      const stored = readStoredParts(entry.answer.parts);
      if (stored === undefined) {
        logger.error({ updateId: entry.id }, "a stored answer cannot be read");
        // Beside what stands there: part of the answer is better than none.
        const told = await sayBeside(place, notShown({ isTurn: entry.sessionId !== undefined }));
        return close(entry.id, place, outcome, false, told);
      }
      const { live } = open(place, journalled(entry.id), { known: entry });
      const delivered = await live.finish(stored);
      await close(entry.id, place, outcome, outcome === "interrupted", delivered);
    },
    async notice(place, parts, messageId) {
      const delivered = await sayBeside(place, parts, messageId);
      return delivered.kind === "delivered" ? delivered.messageIds.at(-1) : undefined;
    },
    async remark(place, parts, { replyTo, messageId }) {
      const delivered = await sayBeside(place, parts, messageId, {
        ...(replyTo === undefined ? {} : { replyTo }),
        isSilent: true,
      });
      return delivered.kind === "delivered" ? delivered.messageIds[0] : undefined;
    },
  };
}
