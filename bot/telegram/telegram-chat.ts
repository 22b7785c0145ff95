/**
 * One chat (and topic) as `live-message.ts` needs it: grammY's calls, with every
 * failure turned into a value. It does not know why something is sent.
 */
import { type Api, GrammyError, InputFile } from "grammy";
import type {
  InlineKeyboardButton,
  InlineKeyboardMarkup,
  InputRichBlock,
  InputRichMessage,
  ReplyParameters,
} from "grammy/types";
import type { Place } from "../turns/view.ts";
import type { Button, Part, RichPart } from "./delivery.ts";
import { concat, type Formatted, italic } from "./formatted.ts";
import type { Chat } from "./live-message.ts";
import type { Pace } from "./pace.ts";
import { readRefusal, type Refusal } from "./refusal.ts";
import type { RichBlock } from "./rich.ts";

/** Stands over a message that may be there twice: Telegram has no way to ask. */
export const REPEAT_MARK = concat(italic("(may be a repeat)"), "\n");

interface Where {
  readonly message_thread_id?: number;
  readonly reply_parameters?: ReplyParameters;
}

/** Binds the bot to one place; `replyTo` is the message that the first part answers. */
export function createChat(options: {
  api: Api;
  pace: Pace;
  place: Place;
  replyTo?: number;
  onRefusal: (method: string, refusal: Refusal, description: string) => void;
}): Chat {
  const { api, pace, place } = options;
  const { chatId } = place;
  // A topic that is gone is written to no more; the chat itself still is.
  let threadId = place.threadId;

  async function call<T>(
    method: string,
    make: () => Promise<T>,
  ): Promise<{ ok: true; value: T } | { ok: false; refusal: Refusal }> {
    pace.spend(chatId);
    try {
      const value = await make();
      // "Yes" without a result is not Telegram's.
      if (value === undefined) throw new TypeError("the answer has no result");
      return { ok: true, value };
    } catch (error) {
      const read = readRefusal(error);
      // Refused for its topic although it names none: there is nowhere left to write to.
      const refusal: Refusal =
        read.kind === "topic_gone" && threadId === undefined ? { kind: "closed" } : read;
      if (refusal.kind === "flood") pace.block(chatId, refusal.retryAfterMs);
      if (refusal.kind === "topic_gone") threadId = undefined;
      options.onRefusal(method, refusal, descriptionOf(error));
      return { ok: false, refusal };
    }
  }

  function sendPart(part: Part, where: Where, isRepeat: boolean, isPlain: boolean) {
    switch (part.kind) {
      case "rich":
        return call("sendRichMessage", async () =>
          idOf(
            await api.sendRichMessage(chatId, richMessage(part, isRepeat), {
              ...where,
              ...keyboard(part.buttons),
            }),
          ),
        );
      case "file":
        return call("sendDocument", async () => {
          const { text, entities } = dressed(part, isRepeat, isPlain);
          return idOf(
            await api.sendDocument(chatId, new InputFile(Buffer.from(part.body), part.name), {
              ...where,
              caption: text,
              caption_entities: [...entities],
            }),
          );
        });
      case "text":
        return call("sendMessage", async () => {
          const { text, entities } = dressed(part, isRepeat, isPlain);
          return idOf(
            await api.sendMessage(chatId, text, {
              ...where,
              entities: [...entities],
              link_preview_options: { is_disabled: true },
              ...keyboard(part.buttons),
            }),
          );
        });
    }
  }

  return {
    editIntervalMs: pace.editIntervalMs(chatId),
    delayMs: () => pace.delayMs(chatId),
    async send(part, { isRepeat, isPlain }) {
      const where = {
        ...(threadId === undefined ? {} : { message_thread_id: threadId }),
        ...(options.replyTo === undefined
          ? {}
          : { reply_parameters: { message_id: options.replyTo, allow_sending_without_reply: true } }),
      };
      const result = await sendPart(part, where, isRepeat, isPlain);
      return result.ok ? { ok: true, messageId: result.value } : result;
    },
    async edit(messageId, part, { isRepeat, isPlain }) {
      const result = await call("editMessageText", () => {
        // Left out, the keyboard would go: an edit says all that should stand there.
        const buttons = part.kind === "file" ? {} : keyboard(part.buttons);
        if (part.kind === "rich")
          return api.editMessageText(chatId, messageId, richMessage(part, isRepeat), buttons);
        const { text, entities } = dressed(part, isRepeat, isPlain);
        return api.editMessageText(chatId, messageId, text, {
          entities: [...entities],
          link_preview_options: { is_disabled: true },
          ...buttons,
        });
      });
      return result.ok ? { ok: true } : result;
    },
    async remove(messageId) {
      const result = await call("deleteMessage", () => api.deleteMessage(chatId, messageId));
      return result.ok ? { ok: true } : result;
    },
  };
}

/** Rows of buttons as Telegram takes them. */
export function keyboard(rows: readonly (readonly Button[])[] | undefined): {
  reply_markup?: InlineKeyboardMarkup;
} {
  if (rows === undefined || rows.length === 0) return {};
  return {
    reply_markup: {
      inline_keyboard: rows.map((row) => row.map(wireButton)),
    },
  };
}

function wireButton(button: Button): InlineKeyboardButton {
  const { text } = button;
  if ("copy" in button) return { text, copy_text: { text: button.copy } };
  return { text, callback_data: button.data, ...(button.style ? { style: button.style } : {}) };
}

/** Read inside the call: a message without an id was perhaps sent. */
function idOf(message: { readonly message_id?: unknown }): number {
  if (!Number.isSafeInteger(message.message_id)) throw new TypeError("the answer has no message id");
  return Number(message.message_id);
}

/** For the log: Telegram's words, or what was odd about its answer. */
function descriptionOf(error: unknown): string {
  if (error instanceof GrammyError) {
    const description: unknown = error.description;
    return typeof description === "string" ? description : "an answer without a description";
  }
  return error instanceof TypeError ? error.message : "";
}

function richMessage(part: RichPart, isRepeat: boolean): InputRichMessage {
  const mark: RichBlock = { type: "paragraph", text: { type: "italic", text: REPEAT_MARK.text.trim() } };
  // grammY's arrays are not readonly; it changes none of them.
  const blocks = (isRepeat ? [mark, ...part.blocks] : part.blocks) as unknown as InputRichBlock[];
  // What the model wrote becomes no mention and no command; its links are marked by us.
  return { blocks, skip_entity_detection: true };
}

function dressed(part: Exclude<Part, RichPart>, isRepeat: boolean, isPlain: boolean): Formatted {
  const content = part.kind === "file" ? part.caption : part.content;
  const marked = isRepeat ? concat(REPEAT_MARK, content) : content;
  return isPlain ? { text: marked.text, entities: [] } : marked;
}
