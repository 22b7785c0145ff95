/**
 * One chat (and topic) as `live-message.ts` needs it: grammY's calls, with every
 * failure turned into a value. It does not know why something is sent.
 */
import { stat } from "node:fs/promises";
import { type Api, GrammyError, InputFile } from "grammy";
import type {
  InlineKeyboardButton,
  InlineKeyboardMarkup,
  InputRichBlock,
  InputRichMessage,
  ReplyParameters,
} from "grammy/types";
import type { Place } from "../turns/view.ts";
import type { Button, FilePart, Part, RichPart } from "./delivery.ts";
import { type Formatted, italic, join } from "./formatted.ts";
import type { Chat, EditResult } from "./slot.ts";
import type { Pace } from "./pace.ts";
import { readRefusal, type Refusal } from "./refusal.ts";
import type { RichBlock } from "./rich.ts";

/** Stands over a message that may be there twice: Telegram has no way to ask. */
export const REPEAT_MARK = italic("(may be a repeat)");

/** The calls that carry files. */
export type Uploads = Pick<Api, "sendDocument" | "sendPhoto">;

export interface TelegramChat extends Chat {
  /** Shows a draft, or another form of the one with this id. Only in private chats. */
  draft(draftId: number, content: Formatted, signal: AbortSignal): Promise<EditResult>;
}

interface Where {
  readonly message_thread_id?: number;
  readonly reply_parameters?: ReplyParameters;
}

/** Binds the bot to one place; `replyTo` is the message that the first part answers. */
export function createChat(options: {
  api: Api;
  uploads: Uploads;
  pace: Pace;
  place: Place;
  replyTo?: number;
  /** Sent without a sound. */
  isSilent?: boolean;
  onRefusal: (method: string, refusal: Refusal, description: string) => void;
  /** Told of each call: "ok" or how it was refused. */
  onCall?: (method: string, result: string) => void;
}): TelegramChat {
  const { api, uploads, pace, place } = options;
  const { chatId } = place;
  // A topic that is gone is written to no more; the chat itself still is.
  let threadId = place.threadId;

  async function call<T>(
    method: string,
    make: () => Promise<T>,
  ): Promise<{ ok: true; value: T } | { ok: false; refusal: Refusal }> {
    // A draft is no message: whether it counts as one is not known, and others send far more of them.
    if (method !== "sendMessageDraft") pace.spend(chatId);
    try {
      const value = await make();
      // "Yes" without a result is not Telegram's.
      if (value === undefined) throw new TypeError("the answer has no result");
      options.onCall?.(method, "ok");
      return { ok: true, value };
    } catch (error) {
      const read = readRefusal(error);
      // Refused for its topic although it names none: there is nowhere left to write to.
      const refusal: Refusal =
        read.kind === "topic_gone" && threadId === undefined ? { kind: "closed" } : read;
      if (refusal.kind === "flood") pace.block(chatId, refusal.retryAfterMs);
      if (refusal.kind === "topic_gone") threadId = undefined;
      options.onCall?.(method, refusal.kind);
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
        return sendFile(part, where, dressed(part, isRepeat, isPlain), isPlain);
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

  /** A photo that Telegram refused goes as a file: it takes any, but only pictures of some shapes as photos. */
  async function sendFile(part: FilePart, where: Where, { text, entities }: Formatted, isPlain: boolean) {
    if ("path" in part && !(await isThere(part.path))) {
      const refusal = { kind: "bad_request" } as const;
      options.onRefusal("upload", refusal, "our copy of the file is gone");
      return { ok: false, refusal } as const;
    }
    const isPhoto = "path" in part && part.isPhoto && !isPlain;
    const caption = { ...where, caption: text, caption_entities: [...entities] };
    const topic = threadId === undefined ? {} : { message_thread_id: threadId };
    // A courtesy: whether it is shown changes nothing.
    api.sendChatAction(chatId, isPhoto ? "upload_photo" : "upload_document", topic).catch(() => {});
    return call(isPhoto ? "sendPhoto" : "sendDocument", async () => {
      const file = new InputFile("path" in part ? part.path : Buffer.from(part.body), part.name);
      return idOf(
        isPhoto
          ? await uploads.sendPhoto(chatId, file, caption)
          : await uploads.sendDocument(chatId, file, caption),
      );
    });
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
        ...(options.isSilent ? { disable_notification: true } : {}),
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
    async draft(draftId, { text, entities }, signal) {
      const result = await call("sendMessageDraft", () =>
        api.sendMessageDraft(
          chatId,
          draftId,
          text,
          {
            ...(threadId === undefined ? {} : { message_thread_id: threadId }),
            entities: [...entities],
            can_stop: true,
            // Until the real message is there, what was said stays to be seen.
            keep_on_stop: true,
          },
          // grammY's type is another package's AbortSignal; Node's works.
          signal as unknown as Parameters<Api["sendMessageDraft"]>[4],
        ),
      );
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

/** Else its absence would be told as a broken connection, which is tried again for ever. */
function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
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
  const marked = isRepeat ? join([REPEAT_MARK, content], "\n") : content;
  return isPlain ? { text: marked.text, entities: [] } : marked;
}
