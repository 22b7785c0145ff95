/**
 * Opens the way to Telegram: one client for each length of call, the bot, the
 * outbox. It constructs, and sends nothing.
 */
import { Api, Bot } from "grammy";
import { nowMs, wait } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { createFetchFile } from "../telegram/files.ts";
import { createOutbox } from "../telegram/outbox.ts";
import { noteAnswered } from "../turns/answered.ts";
import type { Disk } from "./disk.ts";

/** The longest that one call to Telegram may take; a poll is a call that waits. */
const CALL_SECONDS = 30;
const POLL_SECONDS = 60;
/** 50 MB through a line of 1 Mbit/s, and half as long again. */
const UPLOAD_SECONDS = 600;

/** The way to Telegram, and all that is sent over it. */
export type Telegram = ReturnType<typeof openTelegram>;

/** Opens it. */
export function openTelegram(
  config: Config,
  logger: Logger,
  disk: Disk,
  onCall: (method: string, result: string) => void,
) {
  const { journal, checkpoint } = disk;
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: apiRoot } = config;
  const client = { apiRoot, timeoutSeconds: CALL_SECONDS };
  const bot = new Bot(token, { client });
  const { api } = bot;
  return {
    bot,
    api,
    polls: new Api(token, { ...client, timeoutSeconds: POLL_SECONDS }),
    outbox: createOutbox({
      api,
      uploads: new Api(token, { ...client, timeoutSeconds: UPLOAD_SECONDS }),
      journal,
      logger,
      checkpoint,
      nowMs,
      wait,
      onCall,
      isDrafting: config.STREAM === "draft",
      onDelivered: (entry, messageIds) => noteAnswered(disk, entry, messageIds),
    }),
    fetchFile: createFetchFile({ api, apiRoot, token, wait }),
    look: { footer: config.FOOTER, isRich: config.RICH === "auto" },
    access: { userIds: new Set(config.ALLOWED_USER_IDS), chatIds: new Set(config.ALLOWED_CHAT_IDS) },
  };
}
