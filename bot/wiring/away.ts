/**
 * Puts together what is done after the bot was away. It constructs, and tells
 * nothing by itself.
 */
import { now } from "../clock.ts";
import type { Config } from "../config.ts";
import { createAway } from "../telegram/away.ts";
import type { CommandTable } from "../telegram/commands.ts";
import { awaySince } from "../turns/late.ts";
import type { Disk } from "./disk.ts";
import type { Middle } from "./middle.ts";
import type { Telegram } from "./telegram.ts";

/** Makes it, with what the disk knows of the last life. */
export function openAway(
  config: Config,
  rooms: {
    readonly disk: Disk;
    readonly telegram: Telegram;
    readonly middle: Middle;
    readonly table: CommandTable;
  },
) {
  const { disk, telegram, middle, table } = rooms;
  const { bot, api, outbox } = telegram;
  const harmless = table.commands.filter(({ isHarmless }) => isHarmless).map(({ name }) => name);
  return createAway(
    {
      journal: disk.journal,
      kept: middle.kept,
      outbox,
      answerPress: (id, text) => void api.answerCallbackQuery(id, { text }).catch(() => {}),
      me: () => bot.botInfo,
      harmless: new Set(harmless),
      staleAfterMs: config.STALE_AFTER,
      now,
    },
    awaySince(disk.lastHeardAt, now()),
  );
}
