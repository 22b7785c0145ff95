/**
 * Puts together what archives sessions that nobody uses. It constructs, and looks
 * at none.
 */
import { transcriptChangedAt } from "../claude/transcript.ts";
import { now } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { housekeepingNotices } from "../telegram/housekeeping-notices.ts";
import type { Archiving } from "../turns/archiving.ts";
import { type AutoArchive, createAutoArchive } from "../turns/auto-archive.ts";
import type { Turns } from "../turns/turns.ts";
import type { Disk } from "./disk.ts";
import type { Telegram } from "./telegram.ts";

/** Makes it; `configDir` is the CLI's own folder. */
export function openAutoArchive(
  config: Config,
  rooms: {
    readonly disk: Disk;
    readonly archiving: Archiving;
    readonly turns: Turns;
    readonly outbox: Telegram["outbox"];
    readonly configDir: string | undefined;
    readonly logger: Logger;
  },
): AutoArchive {
  const { disk, outbox, configDir, ...others } = rooms;
  const { AUTO_ARCHIVE_AFTER: afterMs, ALLOWED_USER_IDS: userIds, ALLOWED_CHAT_IDS: chatIds } = config;
  return createAutoArchive({
    ...disk,
    ...others,
    all: () => [...userIds, ...chatIds].flatMap((chatId) => disk.sessions.list(chatId)),
    recordChangedAt: async ({ cwd, claudeSessionId }) =>
      configDir === undefined ? undefined : transcriptChangedAt({ configDir, cwd, claudeSessionId }),
    path: disk.paths.housekeeping,
    now,
    afterMs,
    callbacks: housekeepingNotices({ outbox, now, afterMs }),
  });
}
