/**
 * The only place that constructs: settings in, one running bot out. Exit codes:
 * 0 told to stop, 1 a broken machine or a fault of ours (start it again), 75
 * another bot holds the folder, 78 a setting is wrong.
 */
import { randomUUID } from "node:crypto";
import { mkdir, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { Api, Bot } from "grammy";
import type { Update } from "grammy/types";
import { createCheckpoint } from "./checkpoint.ts";
import { buildEnvironment } from "./claude/args.ts";
import { createClaude } from "./claude/claude.ts";
import { claudeConfigDir } from "./claude/transcript.ts";
import { every, now, nowMs, wait } from "./clock.ts";
import { type Config, readConfig } from "./config.ts";
import { allChecks } from "./doctor/checks.ts";
import { examine } from "./doctor/doctor.ts";
import { createLogger, describeError, type Logger } from "./logger.ts";
import { startHeartbeat } from "./service/heartbeat.ts";
import { createNotify } from "./service/notify.ts";
import { createArchives } from "./store/archive/archive.ts";
import { takeLock } from "./store/lock.ts";
import { createPaths } from "./store/paths.ts";
import { createPersonas } from "./store/personas.ts";
import { createSessionManager } from "./store/session-manager.ts";
import { isAllowed } from "./telegram/access.ts";
import { installBot } from "./telegram/bot.ts";
import { makeCallbacks } from "./telegram/callbacks.ts";
import { offer, tellDiskFull } from "./telegram/chat.ts";
import { commandTable } from "./telegram/commands.ts";
import { createFetchFile } from "./telegram/files.ts";
import { createOutbox } from "./telegram/outbox.ts";
import { createPoller, isUnauthorized } from "./telegram/poller.ts";
import { recovered } from "./telegram/presenter/notices.ts";
import { tellOfStart } from "./telegram/start-notices.ts";
import { topicOpener } from "./telegram/topics.ts";
import { createWaitingNotes } from "./telegram/waiting-notes.ts";
import { folderFinder } from "./telegram/workspace.ts";
import { createAsks } from "./turns/asks/asks.ts";
import { createTranscribe } from "./transcribe.ts";
import { createArchiving } from "./turns/archiving.ts";
import { createCliProbe } from "./turns/cli-features.ts";
import { openJournal } from "./turns/journal.ts";
import { recover } from "./turns/recovery.ts";
import { endStrays } from "./turns/strays.ts";
import { createTurns } from "./turns/turns.ts";

const EXIT = { ok: 0, broken: 1, locked: 75, config: 78 };

/** Between two tries on a full disk. */
const DISK_FULL_MS = 5_000;
/** How long an album or a long text may still be followed by more of it. */
const GATHER_MS = 1_000;
/** The longest that one call to Telegram may take; a poll is a call that waits. */
const CALL_SECONDS = 30;
const POLL_SECONDS = 60;
/** 50 MB through a line of 1 Mbit/s, and half as long again. */
const UPLOAD_SECONDS = 600;

/** Ends with one sentence and no stack: whoever started it can mend this. */
function leave(code: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
}

const newerWords = (path: string): string =>
  `${path} was written by a newer Parley. Nothing was touched; update this one.`;

/** The disk: locked, what a crash left half done first, then everything is read. */
async function openDisk(config: Config, logger: Logger, stopping: AbortSignal) {
  const { SESSIONS_DIR: sessionsDir, ARCHIVE_DIR: archive, PERSONAS_DIR: personasDir } = config;
  const paths = createPaths({ sessions: sessionsDir, archive, personas: personasDir });
  for (const folder of [sessionsDir, archive]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeLock(paths.lock);
  if (!lock.ok)
    leave(EXIT.locked, `Another Parley already runs on ${sessionsDir}. Stop it, or set SESSIONS_DIR.`);

  const checkpoint = createCheckpoint(config.PARLEY_KILL_AT, () => process.kill(process.pid, "SIGKILL"));
  const archives = createArchives({ paths, now, checkpoint });
  const finished = await archives.finish();
  const sessions = createSessionManager({ paths, now, newId: randomUUID });
  const loaded = await sessions.load();
  if (!loaded.ok) leave(EXIT.config, newerWords(loaded.path));
  for (const fault of loaded.faults) logger.warn(fault, "a session cannot be read");
  const pause = (): Promise<void> => wait(DISK_FULL_MS, stopping);
  const opened = await openJournal({ path: paths.journal, badPath: paths.journalBad, now, pause });
  if (!opened.ok) leave(EXIT.config, newerWords(paths.journal));
  const { journal } = opened;
  if (journal.unreadable > 0)
    logger.warn({ lines: journal.unreadable }, "unreadable lines of the journal were set aside");
  const personas = createPersonas({ folder: personasDir });
  return { paths, checkpoint, archives, finished, sessions, loaded, journal, personas };
}

/** The process: which CLI there is, and how its turns are run. */
function openClaude(config: Config, cliFile: string, childUmask: number) {
  const { inherited: env, CLAUDE_ENV: extraEnvNames } = config;
  const probe = createCliProbe({
    path: cliFile,
    bin: config.CLAUDE_BIN,
    env: buildEnvironment(env, { ceilingDirectories: [], extraNames: extraEnvNames }),
    cwd: tmpdir(),
  });
  const claude = createClaude({
    probe,
    env,
    extraEnvNames,
    ceilingDirectories: [config.SESSIONS_DIR],
    childUmask,
    limits: {
      noInitMs: config.START_TIMEOUT,
      silentMs: config.SILENCE_TIMEOUT,
      toolMs: config.TOOL_TIMEOUT,
      hardMs: config.TURN_TIMEOUT,
    },
  });
  const cliVersion = async (): Promise<string | undefined> => {
    const probed = await probe();
    return probed.ok ? probed.features.version : undefined;
  };
  const knowsEffort = async (): Promise<boolean | undefined> => {
    const probed = await probe();
    return probed.ok ? probed.features.effort : undefined;
  };
  return { claude, cliVersion, knowsEffort, configDir: claudeConfigDir(env) };
}

async function start(config: Config, givenUmask: number): Promise<void> {
  const startedMs = nowMs();
  const token = config.TELEGRAM_BOT_TOKEN;
  const logger = createLogger({ level: config.LOG_LEVEL, token });
  const die = (error: unknown): never => {
    logger.fatal({ err: error }, "ended by a fault");
    process.exit(EXIT.broken);
  };
  process.on("unhandledRejection", die);
  process.on("uncaughtException", die);
  const stopping = new AbortController();
  // `on`, not `once`: under npm a signal comes twice, and the second would end us before the first is answered.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stopping.abort());

  const disk = await openDisk(config, logger, stopping.signal);
  const { sessions, journal, checkpoint } = disk;
  const { claude, cliVersion, knowsEffort, configDir } = openClaude(config, disk.paths.cli, givenUmask);

  const client = { apiRoot: config.TELEGRAM_API_ROOT, timeoutSeconds: CALL_SECONDS };
  const bot = new Bot(token, { client });
  const { api } = bot;
  const uploads = new Api(token, { ...client, timeoutSeconds: UPLOAD_SECONDS });
  const outbox = createOutbox({
    api,
    uploads,
    journal,
    logger,
    checkpoint,
    nowMs,
    wait,
    isDrafting: config.STREAM === "draft",
  });
  const look = { footer: config.FOOTER, isRich: config.RICH === "auto" };
  const asks = createAsks({ ...disk, logger, wait, askTimeoutMs: config.ASK_TIMEOUT });
  const turns = createTurns({
    ...disk,
    asks,
    claude,
    configDir,
    logger,
    now,
    nowMs,
    newId: randomUUID,
    fetchFile: createFetchFile({ api, apiRoot: config.TELEGRAM_API_ROOT, token, wait }),
    transcribe: createTranscribe({ command: config.TRANSCRIBE_CMD, env: config.inherited }),
    permissionMode: config.PERMISSION_MODE,
    maxTurns: config.MAX_TURNS,
    onBug: die,
    wait,
    waits: createWaitingNotes({ api, outbox, journal, wait }),
    callbacksFor: (turn) => makeCallbacks({ api, outbox, every, nowMs, look }, turn),
  });
  const archiving = createArchiving({ ...disk, turns, configDir, logger });
  const access = { userIds: new Set(config.ALLOWED_USER_IDS), chatIds: new Set(config.ALLOWED_CHAT_IDS) };
  const table = commandTable({
    ...disk,
    look,
    asks,
    turns,
    archiving,
    logger,
    now,
    cliVersion,
    knowsEffort,
    permissionMode: config.PERMISSION_MODE,
    defaultPersona: config.DEFAULT_PERSONA,
    openTopic: topicOpener({ api, logger }),
    bring: (press, parts) => outbox.answer(press).finish(parts, "answered"),
    sayIn: (place, parts) => void outbox.notice(place, parts),
    findFolder: folderFinder(config.WORKSPACE_ROOTS),
    maxTurns: config.MAX_TURNS,
    uptimeMs: () => nowMs() - startedMs,
    lastPollAgoMs: () => poller.lastGoodAgoMs(),
    examine: () =>
      examine(
        allChecks({
          inspection: { settings: config, faults: [], inherited: config.inherited },
          envFile: resolve(".env"),
          nodeVersion: process.versions.node,
          now,
          conflictAgoMs: () => poller.conflictAgoMs(),
        }),
      ),
  });
  const canHear = config.TRANSCRIBE_CMD.length > 0;
  const chat = { api, sessions, journal, asks, turns, outbox, now, canHear };
  const gathering = { wait, gatherMs: GATHER_MS };
  const handle = installBot({ ...chat, ...gathering, bot, access, table, logger, every });

  const ready = bot.init(stopping.signal as unknown as Parameters<Bot["init"]>[0]);
  const isReady = ready.then(
    () => true,
    (error: unknown) => {
      // A token that Telegram does not know ends the poll, and with it the bot; so does a signal.
      if (!stopping.signal.aborted && !isUnauthorized(error)) die(error);
      return false;
    },
  );
  const heartbeat = startHeartbeat({
    notify: createNotify({
      env: config.inherited,
      onFault: (error) => logger.warn({ err: error }, "systemd could not be told"),
    }),
    mark: () => void utimes(disk.paths.lock, now(), now()).catch(() => {}),
    running: () => turns.runningCount(),
    nowMs,
  });
  const poller = createPoller({
    api: new Api(token, { ...client, timeoutSeconds: POLL_SECONDS }),
    journal,
    logger,
    nowMs,
    wait,
    checkpoint,
    isAllowed: (update) => isAllowed(update, access),
    onDiskFull: (updates) => tellDiskFull(chat, updates),
    onPoll: (isGood) => heartbeat.polled(isGood),
    handle: async (update) => {
      if (!(await isReady)) return;
      // What is new stands behind what an earlier life left: never a second process beside one that still runs.
      await recovering;
      await handle(update);
    },
  });
  const polling = poller.run(stopping.signal);
  // Asked once for each version; the first message should not have to wait for it.
  void cliVersion();

  const { ALLOWED_USER_IDS: userIds, ALLOWED_CHAT_IDS: chatIds } = config;
  tellOfStart({ ...disk, outbox, logger, userIds, chatIds });
  const recovering = recover({
    journal,
    sessions,
    turns,
    endStrays: async (kept) => {
      const ended = await endStrays({ claude, paths: disk.paths }, kept);
      if (ended > 0) logger.warn({ processes: ended }, "ended what an earlier life had left running");
    },
    deliver: (entry) => void outbox.resume(entry).catch(die),
    handle: (entry) => void isReady.then((is) => (is ? handle(entry.update as Update) : undefined)),
    tellRecovered: (place, told) => void outbox.notice(place, recovered(told)),
    tellWaiting: (place, waiting) => offer(chat, place, waiting),
  });
  await recovering;
  const menu = table.commands.map(({ name, description }) => ({ command: name, description }));
  isReady
    .then((is) => is && api.setMyCommands(menu))
    .catch((error: unknown) => logger.warn({ err: error }, "the menu of commands was not set"));

  const end = await polling;
  turns.close();
  if (end === "unauthorized") {
    leave(
      EXIT.config,
      "Telegram does not know this TELEGRAM_BOT_TOKEN. It must be the token that @BotFather gave.",
    );
  }
  heartbeat.stopping();
  // Nothing to save: what runs goes on without us, and the next start takes it up.
  logger.info({}, "stopped");
  process.exit(EXIT.ok);
}

// Ours: what the bot keeps is its owner's alone. What Claude makes keeps the umask that we were given.
const givenUmask = process.umask(0o077);
const settings = readConfig();
if (!settings.ok) leave(EXIT.config, `${settings.sentence} \`npm run setup\` helps.`);
await start(settings.config, givenUmask).catch((error: unknown) =>
  leave(EXIT.broken, `Parley could not start: ${String(describeError(error)["message"])}`),
);
