/**
 * Opens the middle: what Claude asks, the turns, what is done to a session as a
 * whole. It constructs, and runs nothing.
 */
import { homedir } from "node:os";
import { randomUUID } from "node:crypto";
import { every, now, nowMs, wait } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { freeBytes } from "../store/disk.ts";
import { isWithin } from "../store/within.ts";
import { createSnapshots } from "../store/snapshots/snapshots.ts";
import { makeCallbacks } from "../telegram/callbacks.ts";
import { offer } from "../telegram/chat.ts";
import { folderFinder } from "../telegram/workspace.ts";
import { atTerminal } from "../telegram/presenter/terminal.ts";
import { createWaitingNotes } from "../telegram/waiting-notes.ts";
import { freeMb } from "../memory.ts";
import { createTranscribe } from "../transcribe.ts";
import { createArchiving } from "../turns/archiving.ts";
import { createAsks } from "../turns/asks/asks.ts";
import { createChanges } from "../turns/changes/changes.ts";
import type { Entry } from "../turns/facts.ts";
import { createForking } from "../turns/forking.ts";
import { createKept } from "../turns/kept.ts";
import { createResuming } from "../turns/resuming.ts";
import type { TurnTook } from "../turns/latencies.ts";
import { createRoom } from "../turns/room.ts";
import { createParcels } from "../turns/parcels.ts";
import { chatHandshake } from "../turns/chat-tools/chat-tools.ts";
import { pauseUnused } from "../turns/idle.ts";
import { createStandbys } from "../turns/standby/standbys.ts";
import { createTurns } from "../turns/turns.ts";
import { openAutoArchive } from "./auto-archive.ts";
import type { OpenedClaude } from "./claude.ts";
import type { Disk } from "./disk.ts";
import type { Telegram } from "./telegram.ts";

/** How often the health of what waits is looked at, and whether a session is used no more. */
const CHECK_MS = 60_000;

/** The middle of the house. */
export type Middle = ReturnType<typeof openMiddle>;

/** What the middle stands between. */
export interface MiddleRooms {
  readonly disk: Disk;
  readonly claude: OpenedClaude;
  readonly telegram: Telegram;
  readonly logger: Logger;
  readonly die: (error: unknown) => never;
  /** Handles an update as if it had just come. */
  readonly handle: (entry: Entry) => void;
  /** Told of each turn that is over. */
  readonly onTook: (took: TurnTook) => void;
  /** What files of the person's are made with. */
  readonly childUmask: number;
}

/** Opens it. */
export function openMiddle(config: Config, rooms: MiddleRooms) {
  const { disk, claude: opened, telegram, logger, die } = rooms;
  const { api, outbox, look } = telegram;
  const { claude, configDir } = opened;
  const asks = createAsks({ ...disk, logger, wait, askTimeoutMs: config.ASK_TIMEOUT });
  const room = createRoom({
    freeBytes: () => freeBytes(config.SESSIONS_DIR),
    floorBytes: config.MIN_FREE_DISK_MB * 1_000_000,
    logger,
  });
  const changes = createChanges({
    ...disk,
    snapshots: createSnapshots({
      path: config.inherited["PATH"] ?? "",
      home: config.inherited["HOME"],
      closed: [config.SESSIONS_DIR, config.ARCHIVE_DIR],
      umask: rooms.childUmask,
    }),
    mode: config.SNAPSHOTS,
    now,
    logger,
  });
  const mayWorkIn = (cwd: string): boolean =>
    [config.SESSIONS_DIR, ...config.WORKSPACE_ROOTS].some((root) => isWithin(cwd, root));
  /** What starts processes, for messages that are there and for those that may come. */
  const starting = {
    ...disk,
    claude,
    configDir,
    logger,
    now,
    nowMs,
    newId: randomUUID,
    wait,
    permissionMode: config.PERMISSION_MODE,
    mayWorkIn,
  };
  const standbys = createStandbys({
    ...starting,
    freeMb,
    answerMcp: chatHandshake((error) => logger.error({ err: error }, "a handshake broke down")),
    max: config.STANDBY_MAX,
    minFreeMb: config.STANDBY_MIN_FREE_MB,
    idleMs: config.STANDBY_IDLE,
  });
  disk.watchSessions((sessionId) => standbys.prepare(sessionId));
  const turns = createTurns({
    ...starting,
    hasRoom: room.hasRoom,
    asks,
    changes,
    standbys,
    fetchFile: telegram.fetchFile,
    transcribe: createTranscribe({ command: config.TRANSCRIBE_CMD, env: config.inherited }),
    maxTurns: config.MAX_TURNS,
    onBug: die,
    onTook: rooms.onTook,
    tellHeld: (place, waiting) => offer({ ...disk, turns, outbox, now }, place, waiting),
    tellStalled: ({ session, place, count, at }) => void outbox.notice(place, atTerminal(session, at, count)),
    waits: createWaitingNotes({
      api,
      outbox,
      journal: disk.journal,
      budget: disk.budget.state,
      isAsking: (sessionId) => asks.waitingIn(sessionId).length > 0,
      wait,
    }),
    callbacksFor: (turn) => makeCallbacks({ api, outbox, every, nowMs, look }, turn),
  });
  const kept = createKept({
    ...disk,
    turns,
    handle: rooms.handle,
  });
  const archiving = createArchiving({ ...disk, turns, configDir, logger });
  const parcels = createParcels({
    ...disk,
    archiving,
    fetchFile: telegram.fetchFile,
    findFolder: folderFinder(config.WORKSPACE_ROOTS, homedir()),
    defaultPersona: config.DEFAULT_PERSONA,
    now,
    logger,
  });
  const resuming = createResuming({
    ...disk,
    configDir,
    roots: config.WORKSPACE_ROOTS,
    mayWorkIn,
    defaultPersona: config.DEFAULT_PERSONA,
  });
  const forking = createForking({ ...disk, configDir, canFork: opened.canFork, turns });
  const autoArchive = openAutoArchive(config, { disk, archiving, turns, outbox, configDir, logger });
  /** What is done every minute; gives the function that ends it. */
  const keepHouse = (): (() => void) =>
    every(CHECK_MS, () => {
      standbys.checkAll();
      pauseUnused({ ...disk, turns, standbys, logger, now, idleAfterMs: config.IDLE_AFTER }).catch(die);
    });
  return {
    asks,
    changes,
    turns,
    standbys,
    keepHouse,
    kept,
    forking,
    resuming,
    room,
    archiving,
    parcels,
    autoArchive,
  };
}
