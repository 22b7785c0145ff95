/**
 * The only place that constructs: settings in, one running bot out. Exit codes:
 * 0 told to stop, 1 a broken machine or a fault of ours (start it again), 75
 * another bot holds the folder, 78 a setting is wrong.
 */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { Api, Bot } from "grammy";
import { createCheckpoint } from "./checkpoint.ts";
import { buildEnvironment } from "./claude/args.ts";
import { createClaude } from "./claude/claude.ts";
import { claudeConfigDir } from "./claude/transcript.ts";
import { type Config, readConfig } from "./config.ts";
import { createLogger, describeError } from "./logger.ts";
import { createArchives } from "./store/archive.ts";
import { takeLock } from "./store/lock.ts";
import { createPaths } from "./store/paths.ts";
import { createPersonas } from "./store/personas.ts";
import { createSessionManager } from "./store/session-manager.ts";
import { isAllowed } from "./telegram/access.ts";
import { installBot } from "./telegram/bot.ts";
import { makeCallbacks } from "./telegram/callbacks.ts";
import { offer } from "./telegram/chat.ts";
import { commandTable } from "./telegram/commands.ts";
import { createOutbox } from "./telegram/outbox.ts";
import { createPoller } from "./telegram/poller.ts";
import { archiveFinished, recovered, sessionSetAside } from "./telegram/presenter/notices.ts";
import { folderFinder } from "./telegram/workspace.ts";
import { createArchiving } from "./turns/archiving.ts";
import { createCliProbe } from "./turns/cli-features.ts";
import { openJournal } from "./turns/journal.ts";
import { recover } from "./turns/recovery.ts";
import { createTurns } from "./turns/turns.ts";

/** Between two tries on a full disk. */
const DISK_FULL_MS = 5_000;

const EXIT = { ok: 0, broken: 1, locked: 75, config: 78 };

/** What nothing is read from the machine for: the same everywhere, and replaced in tests by arguments. */
const nowMs = (): number => performance.now();
const now = (): Date => new Date();

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  return () => clearInterval(timer);
}

/** Ends with one sentence and no stack: whoever started it can mend this. */
function leave(code: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
}

async function start(config: Config): Promise<void> {
  const logger = createLogger({ level: config.LOG_LEVEL, token: config.TELEGRAM_BOT_TOKEN });
  const die = (error: unknown): never => {
    logger.fatal({ err: error }, "ended by a fault");
    process.exit(EXIT.broken);
  };
  process.on("unhandledRejection", die);
  process.on("uncaughtException", die);

  const folders = {
    sessions: config.SESSIONS_DIR,
    archive: config.ARCHIVE_DIR,
    personas: config.PERSONAS_DIR,
  };
  const paths = createPaths(folders);
  for (const folder of [folders.sessions, folders.archive])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeLock(paths.lock);
  if (!lock.ok)
    leave(EXIT.locked, `Another Parley already runs on ${folders.sessions}. Stop it, or set SESSIONS_DIR.`);
  const stopping = new AbortController();
  const checkpoint = createCheckpoint(config.PARLEY_KILL_AT, () => process.kill(process.pid, "SIGKILL"));

  // The disk: what a crash left half done first, then everything is read.
  const archives = createArchives({ paths, now, checkpoint });
  const finished = await archives.finish();
  const sessions = createSessionManager({ paths, now, newId: randomUUID });
  const loaded = await sessions.load();
  if (!loaded.ok)
    leave(EXIT.config, `${loaded.path} was written by a newer Parley. Nothing was touched; update this one.`);
  for (const fault of loaded.faults) logger.warn(fault, "a session cannot be read");
  const journal = await openJournal({
    path: paths.journal,
    badPath: paths.journalBad,
    now,
    pause: () => wait(DISK_FULL_MS, stopping.signal),
  });
  if (journal.unreadable > 0)
    logger.warn({ lines: journal.unreadable }, "unreadable lines of the journal were set aside");
  const personas = createPersonas({ folder: folders.personas });

  // The process.
  const configDir = claudeConfigDir(config.inherited);
  const probe = createCliProbe({
    path: paths.cli,
    bin: config.CLAUDE_BIN,
    env: buildEnvironment(config.inherited, {
      marker: "probe",
      ceilingDirectories: [],
      extraNames: config.CLAUDE_ENV,
    }),
    cwd: tmpdir(),
  });
  const claude = createClaude({
    probe,
    env: config.inherited,
    extraEnvNames: config.CLAUDE_ENV,
    ceilingDirectories: [folders.sessions],
    limits: {
      noInitMs: config.START_TIMEOUT,
      silentMs: config.SILENCE_TIMEOUT,
      toolMs: config.TOOL_TIMEOUT,
      hardMs: config.TURN_TIMEOUT,
    },
  });

  // The chat, and between them the turns.
  const client = { apiRoot: config.TELEGRAM_API_ROOT, timeoutSeconds: 30 };
  const bot = new Bot(config.TELEGRAM_BOT_TOKEN, { client });
  const outbox = createOutbox({ api: bot.api, journal, logger, checkpoint, nowMs, wait });
  const turns = createTurns({
    claude,
    sessions,
    personas,
    paths,
    configDir,
    journal,
    logger,
    now,
    nowMs,
    checkpoint,
    newId: randomUUID,
    permissionMode: config.PERMISSION_MODE,
    maxTurns: config.MAX_TURNS,
    callbacksFor: (turn) => makeCallbacks({ api: bot.api, outbox, every }, turn),
  });
  const archiving = createArchiving({ archives, sessions, turns, paths, configDir });
  const access = { userIds: new Set(config.ALLOWED_USER_IDS), chatIds: new Set(config.ALLOWED_CHAT_IDS) };
  const startedMs = nowMs();
  const poller = createPoller({
    // Polls last longer than any other call may.
    api: new Api(config.TELEGRAM_BOT_TOKEN, { ...client, timeoutSeconds: 60 }),
    journal,
    logger,
    nowMs,
    wait,
    checkpoint,
    isAllowed: (update) => isAllowed(update, access),
    handle: async (update) => {
      await ready;
      // What is new stands behind what an earlier life left: never a second process beside one that still runs.
      await recovering;
      await handle(update);
    },
  });
  const table = commandTable({
    sessions,
    personas,
    turns,
    archives,
    archiving,
    journal,
    now,
    defaultPersona: config.DEFAULT_PERSONA,
    findFolder: folderFinder(config.WORKSPACE_ROOTS),
    maxTurns: config.MAX_TURNS,
    uptimeMs: () => nowMs() - startedMs,
    lastPollAgoMs: () => {
      const at = poller.lastGoodAt();
      return at === undefined ? undefined : nowMs() - at;
    },
    cliVersion: async () => {
      const probed = await probe();
      return probed.ok ? probed.features.version : undefined;
    },
  });
  const chat = { sessions, turns, outbox, now };
  const handle = installBot({ ...chat, bot, access, table, journal, logger });

  // `on`, not `once`: under npm a signal comes twice, and the second would end us before the first is answered.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stopping.abort());
  const ready = bot.init(stopping.signal as unknown as Parameters<Bot["init"]>[0]);
  ready.catch(() => {});
  const polling = poller.run(stopping.signal);
  // Asked once for each version; the first message should not have to wait for it.
  void probe();

  for (const fault of loaded.faults) {
    if (fault.kind !== "broken") continue;
    for (const chatId of config.ALLOWED_USER_IDS)
      void outbox.notice({ chatId }, sessionSetAside(fault.folder));
  }
  for (const { folder, session } of finished.archived) {
    const isAsked = journal.unfinished().some(({ target }) => target === folder);
    if (!isAsked) void outbox.notice({ chatId: session.chatId }, archiveFinished(session.name, true));
  }
  const recovering = recover({
    journal,
    sessions,
    turns,
    deliver: (entry) => void outbox.resume(entry).catch(die),
    handle: (entry) => void ready.then(() => handle(entry.update as Parameters<typeof handle>[0])),
    tellRecovered: (place, told) => void outbox.notice(place, recovered(told)),
    tellWaiting: (place, waiting) => offer(chat, place, waiting),
  });
  await recovering;
  void ready
    .then(() =>
      bot.api.setMyCommands(table.commands.map(({ name, description }) => ({ command: name, description }))),
    )
    .catch((error: unknown) => logger.warn({ err: error }, "the menu of commands was not set"));

  const end = await polling;
  if (end === "unauthorized") {
    leave(
      EXIT.config,
      "Telegram does not know this TELEGRAM_BOT_TOKEN. It must be the token that @BotFather gave.",
    );
  }
  // Nothing to save: what runs goes on without us, and the next start takes it up.
  logger.info({}, "stopped");
  process.exit(EXIT.ok);
}

process.umask(0o077);
const settings = readConfig();
if (settings.ok) {
  await start(settings.config).catch((error: unknown) =>
    leave(EXIT.broken, `Parley could not start: ${String(describeError(error)["message"])}`),
  );
} else {
  leave(EXIT.config, settings.sentence);
}
