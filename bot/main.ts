/**
 * The start: settings in, one running bot out. What it is made of is put together
 * in `wiring/`; here is the order. Exit codes: 0 told to stop, 1 a broken machine
 * or a fault of ours (start it again), 75 another bot holds the folder, 78 a
 * setting is wrong.
 */
import { utimes } from "node:fs/promises";
import type { Bot } from "grammy";
import type { Update } from "grammy/types";
import { every, now, nowMs, wait } from "./clock.ts";
import { type Config, readConfig } from "./config.ts";
import { createLogger, describeError } from "./logger.ts";
import { startHeartbeat } from "./service/heartbeat.ts";
import { createNotify } from "./service/notify.ts";
import { isAllowed, isStillAllowed } from "./telegram/access.ts";
import { asEdited } from "./telegram/as-edited.ts";
import { installBot } from "./telegram/bot.ts";
import { offer, tellDiskFull } from "./telegram/chat.ts";
import { createPoller, isUnauthorized } from "./telegram/poller.ts";
import { tellOfStart } from "./telegram/start-notices.ts";
import { recover } from "./turns/recovery.ts";
import { endStrays } from "./turns/strays.ts";
import { openAway } from "./wiring/away.ts";
import { openClaude } from "./wiring/claude.ts";
import { openCommands } from "./wiring/commands.ts";
import { openDisk } from "./wiring/disk.ts";
import { openHealth } from "./wiring/health.ts";
import { startHousekeeping } from "./wiring/housekeeping.ts";
import { openMiddle } from "./wiring/middle.ts";
import { openTelegram } from "./wiring/telegram.ts";
import { readVersion } from "./wiring/version.ts";

const EXIT = { ok: 0, broken: 1, locked: 75, config: 78 };

/** How long a start waits for Telegram's first answer before it tells of an outage without it. */
const TELL_ANYWAY_MS = 30_000;

/** What may still be written when we were told to stop. */
const SETTLE_MS = 500;

/** How long an album or a long text may still be followed by more of it. */
const GATHER_MS = 1_000;

/** Ends with one sentence and no stack: whoever started it can mend this. */
function leave(code: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
}

async function start(config: Config, givenUmask: number): Promise<void> {
  const startedMs = nowMs();
  const logger = createLogger({ level: config.LOG_LEVEL, token: config.TELEGRAM_BOT_TOKEN });
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
  if (!disk.ok) leave(disk.kind === "locked" ? EXIT.locked : EXIT.config, disk.sentence);
  const { sessions, journal } = disk;
  const claude = openClaude(config, disk.paths.cli, givenUmask);
  const version = readVersion();
  const standbyCount = (): number => middle.standbys.list().length;
  const lastPollAgoMs = (): number | undefined => poller.lastGoodAgoMs();
  const health = openHealth(config, disk, {
    version,
    uptimeMs: () => nowMs() - startedMs,
    lastPollAgoMs,
    runningTurns: () => middle.turns.runningCount(),
    standbys: standbyCount,
  });
  const telegram = openTelegram(config, logger, disk, (method, result) => health?.call(method, result));
  const { bot, api, outbox, access } = telegram;
  const rooms = { disk, claude, telegram, logger };
  const middle = openMiddle(config, {
    ...rooms,
    die,
    handle: (entry) => void handle(entry.update as Update),
    childUmask: givenUmask,
    onTook(took) {
      disk.latencies.add(took);
      health?.turn(took);
    },
  });
  const { asks, turns, kept, parcels } = middle;
  const table = openCommands(config, {
    ...rooms,
    middle,
    startedMs,
    version,
    standbyCount,
    lastPollAgoMs,
    conflictAgoMs: () => poller.conflictAgoMs(),
  });
  const canHear = config.TRANSCRIBE_CMD.length > 0;
  const chat = { api, sessions, journal, asks, turns, kept, parcels, outbox, now, canHear };
  const gathering = { wait, gatherMs: GATHER_MS };
  const handle = installBot({ ...chat, ...gathering, bot, access, table, logger, every });
  const away = openAway(config, { ...rooms, middle, table });
  /** What waited too long is kept instead. */
  const take = async (update: Update): Promise<void> => {
    const entry = journal.get(update.update_id);
    if (entry === undefined || away.admit(entry)) await handle(asEdited(journal, update));
  };
  const tellOfOutage = async (): Promise<void> => {
    if (!(await isReady)) return;
    await recovering;
    await away.tell();
  };

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
    api: telegram.polls,
    journal,
    logger,
    nowMs,
    wait,
    checkpoint: disk.checkpoint,
    isAllowed: (update) => isAllowed(update, access),
    onDiskFull: (updates) => tellDiskFull(chat, updates),
    now,
    lastHeardAt: disk.lastHeardAt,
    onPoll: (isGood, isCaughtUp) => heartbeat.polled(isGood, isCaughtUp),
    onBack: (since) => {
      if (since !== undefined) away.back(since);
      void tellOfOutage().catch(die);
    },
    handle: async (update) => {
      if (!(await isReady)) return;
      // What is new stands behind what an earlier life left: never a second process beside one that still runs.
      await recovering;
      await take(update);
    },
  });
  const deafHealth = await health?.listen();
  if (deafHealth !== undefined) leave(EXIT.config, deafHealth);
  const polling = poller.run(stopping.signal);
  // Where Telegram takes what we say and gives no updates, what is known is told all the same.
  void wait(TELL_ANYWAY_MS, stopping.signal).then(() =>
    stopping.signal.aborted ? undefined : tellOfOutage(),
  );
  // Asked once for each version; the first message should not have to wait for it.
  void claude.cliVersion();

  const { ALLOWED_USER_IDS: userIds, ALLOWED_CHAT_IDS: chatIds } = config;
  tellOfStart({ ...disk, outbox, logger, userIds, chatIds });
  const recovering = recover({
    journal,
    sessions,
    turns,
    isAllowed: (asked) => isStillAllowed(asked, access),
    endStrays: async (kept) => {
      await middle.standbys.sweep();
      const ended = await endStrays({ claude: claude.claude, paths: disk.paths }, kept);
      if (ended > 0) logger.warn({ processes: ended }, "ended what an earlier life had left running");
    },
    deliver: (entry) => outbox.resume(entry).catch(die),
    handle: (entry) => void isReady.then((is) => (is ? take(entry.update as Update) : undefined)),
    admit: (entry) => away.admit(entry),
    tellRecovered: (place, told) => away.recovered(place, told),
    tellWaiting: (place, waiting) => offer(chat, place, waiting),
  });
  startHousekeeping({ middle, recovering, logger, stopping: stopping.signal });
  await recovering;
  const endHousekeeping = middle.keepHouse();
  const menu = table.commands.map(({ name, description }) => ({ command: name, description }));
  isReady
    .then((is) => is && api.setMyCommands(menu))
    .catch((error: unknown) => logger.warn({ err: error }, "the menu of commands was not set"));

  const end = await polling;
  turns.close();
  endHousekeeping();
  await middle.standbys.close();
  if (end === "unauthorized") {
    leave(
      EXIT.config,
      "Telegram does not know this TELEGRAM_BOT_TOKEN. It must be the token that @BotFather gave.",
    );
  }
  heartbeat.stopping();
  await Promise.race([disk.latencies.settled(), wait(SETTLE_MS, new AbortController().signal)]);
  // Nothing to save: what runs goes on without us, and the next start takes it up.
  logger.info({}, "stopped");
  process.exit(EXIT.ok);
}

// Ours: what the bot keeps is its owner's alone. What Claude makes keeps the umask that we were given.
const givenUmask = process.umask(0o077);
const settings = readConfig();
if (!settings.ok) leave(EXIT.config, settings.sentence);
start(settings.config, givenUmask).catch((error: unknown) =>
  leave(
    EXIT.broken,
    `Parley could not start: ${String(describeError(error)["message"])}. \`npm run doctor\` looks for what is in the way.`,
  ),
);
