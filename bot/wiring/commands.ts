/**
 * Gives every command and button what it works with. It constructs, and knows no
 * command by name.
 */
import { homedir } from "node:os";
import { resolve } from "node:path";
import { now, nowMs, wait } from "../clock.ts";
import type { Config } from "../config.ts";
import { allChecks } from "../doctor/checks.ts";
import { examine } from "../doctor/doctor.ts";
import type { Logger } from "../logger.ts";
import { diskSpace } from "../store/disk.ts";
import { type CommandTable, commandTable } from "../telegram/commands.ts";
import { topicOpener, topicRenamer } from "../telegram/topics.ts";
import { folderFinder } from "../telegram/workspace.ts";
import type { OpenedClaude } from "./claude.ts";
import type { Disk } from "./disk.ts";
import type { Middle } from "./middle.ts";
import type { Telegram } from "./telegram.ts";

/** What commands ask about. The poll's times are in ms; undefined where there was none. */
export interface CommandRooms {
  readonly disk: Disk;
  readonly claude: OpenedClaude;
  readonly telegram: Telegram;
  readonly middle: Middle;
  readonly logger: Logger;
  readonly startedMs: number;
  readonly version: string;
  readonly standbyCount: () => number;
  readonly lastPollAgoMs: () => number | undefined;
  readonly conflictAgoMs: () => number | undefined;
}

/** By one of these, whoever pays is billed by the token. */
const BILLED = ["ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"];

/** The table of commands. */
export function openCommands(config: Config, rooms: CommandRooms): CommandTable {
  const { disk, claude, telegram, middle, logger } = rooms;
  const { api, outbox, look } = telegram;
  return commandTable({
    ...disk,
    ...middle,
    look,
    logger,
    now,
    cliVersion: claude.cliVersion,
    knowsEffort: claude.knowsEffort,
    permissionMode: config.PERMISSION_MODE,
    defaultPersona: config.DEFAULT_PERSONA,
    openTopic: topicOpener({ api, logger }),
    renameTopic: topicRenamer({ api, logger }),
    bring: (press, parts) => outbox.answer(press).finish(parts, "answered"),
    sayIn: (place, parts) => void outbox.notice(place, parts),
    workspaceRoots: config.WORKSPACE_ROOTS,
    findFolder: folderFinder(config.WORKSPACE_ROOTS, homedir()),
    cli: {
      bin: config.CLAUDE_BIN,
      ...(config.inherited["CLAUDE_CONFIG_DIR"] ? { configDir: config.inherited["CLAUDE_CONFIG_DIR"] } : {}),
    },
    standbyCount: rooms.standbyCount,
    diskSpaces: async () => ({
      sessions: await diskSpace(config.SESSIONS_DIR),
      archives: await diskSpace(config.ARCHIVE_DIR),
    }),
    version: rooms.version,
    maxTurns: config.MAX_TURNS,
    archiveAfterMs: config.AUTO_ARCHIVE_AFTER,
    nowMs,
    wait,
    isEstimate: !BILLED.some((name) => config.inherited[name] !== undefined),
    uptimeMs: () => nowMs() - rooms.startedMs,
    lastPollAgoMs: rooms.lastPollAgoMs,
    examine: () =>
      examine(
        allChecks({
          inspection: { settings: config, faults: [], inherited: config.inherited },
          envFile: resolve(".env"),
          nodeVersion: process.versions.node,
          now,
          conflictAgoMs: rooms.conflictAgoMs,
        }),
      ),
  });
}
