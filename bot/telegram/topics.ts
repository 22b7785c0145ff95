/**
 * Opens and renames forum topics, in a group or in a private chat. A topic is a place of its
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

/** Gives a topic of a chat another name; false where Telegram refuses it or was not reached. */
export type RenameTopic = (chatId: number, threadId: number, name: string) => Promise<boolean>;

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

/** Makes the function that renames topics. */
export function topicRenamer({ api, logger }: { api: Api; logger: Logger }): RenameTopic {
  return async (chatId, threadId, name) => {
    try {
      return await api.editForumTopic(chatId, threadId, { name: clip(name, NAME_UNITS) });
    } catch (error) {
      const { kind } = readRefusal(error);
      // A topic of that name already has it.
      if (kind === "unchanged") return true;
      logger.info({ chatId, refusal: kind }, "a topic could not be renamed");
      return false;
    }
  };
}
