/**
 * Opens forum topics, in a group or in a private chat. A topic is a place of its
 * own (`place.ts`); Telegram lists none, so whoever opens one remembers its id.
 */
import type { Api } from "grammy";
import type { Logger } from "../logger.ts";
import { clip } from "./presenter/words.ts";
import { readRefusal } from "./refusal.ts";

/** Opens a topic in a chat; false where Telegram refuses it or was not reached. */
export type OpenTopic = (
  chatId: number,
  name: string,
) => Promise<{ readonly ok: true; readonly threadId: number } | { readonly ok: false }>;

/** Telegram takes no longer name. */
const NAME_UNITS = 128;

/** Makes the function that opens topics. */
export function topicOpener({ api, logger }: { api: Api; logger: Logger }): OpenTopic {
  return async (chatId, name) => {
    try {
      const { message_thread_id: threadId } = await api.createForumTopic(chatId, clip(name, NAME_UNITS));
      if (Number.isSafeInteger(threadId)) return { ok: true, threadId };
    } catch (error) {
      logger.info({ chatId, refusal: readRefusal(error).kind }, "a topic could not be opened");
    }
    return { ok: false };
  };
}
