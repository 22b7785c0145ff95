/**
 * The whole playground: the double, the page, the bot as a child process, and
 * Claude or its stand-in. The only place here that constructs.
 */
import { randomBytes } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { startBotApi } from "../fakes/bot-api/bot-api.ts";
import { startMessagesApi } from "../fakes/messages-api.ts";
import { type BotProcess, startBot } from "../harness/bot-process.ts";
import { endProcessesOf } from "../harness/processes.ts";
import { createActions } from "./actions.ts";
import type { FoundClaude } from "./claude.ts";
import { ownPath } from "./claude.ts";
import { demoScript } from "./demo-script.ts";
import { feed } from "./feed.ts";
import type { PlaygroundFolders } from "./folder.ts";
import { openMemory } from "./memory.ts";
import { listen } from "./server.ts";

/** What a playground is made of. */
export interface PlaygroundOptions {
  readonly folders: PlaygroundFolders;
  readonly claude: FoundClaude;
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** The environment that the person's own Claude Code needs; the script gets none of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settings of the bot. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of the scripted model, before each word. */
  readonly delayMs?: number;
  /** Wall clock of the chat, ms. */
  readonly clock?: () => number;
}

/** A playground that runs. */
export interface Playground {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** The person of the page. */
const personId = 7001;
const saveMs = 700;

/** Starts it; the sentence says why it did not. */
export async function startPlayground(
  options: PlaygroundOptions,
): Promise<{ ok: true; playground: Playground } | { ok: false; sentence: string }> {
  const { folders, claude, clock } = options;
  const memory = await openMemory(folders.memory);
  const secret = randomBytes(24).toString("base64url").replaceAll("-", "_");
  const api = await startBotApi({
    token: `${personId}:${secret}`,
    bot: {
      first_name: "Parley",
      username: "parley_playground_bot",
      has_topics_enabled: true,
      allows_users_to_create_topics: true,
    },
    ...memory.options,
    ...(clock === undefined ? {} : { clock }),
  });
  const { model } = api;
  const person = api.user(personId, { name: "You" });
  const room = person.chat;
  await memory.restore(model, room);
  const messages = claude.isScripted ? await startMessagesApi() : undefined;
  messages?.script(demoScript(options.delayMs));

  let bot: BotProcess | undefined;
  const run = async (): Promise<void> => {
    bot = await startBot({
      api,
      allowedUserIds: [personId],
      claudeBin: claude.bin,
      folders: claude.isScripted ? folders : { ...folders, home: options.env["HOME"] ?? folders.home },
      ...(messages === undefined ? {} : { messagesUrl: messages.url }),
      env: {
        ...(claude.isScripted ? {} : ownEnvironment(options.env)),
        LOG_LEVEL: "info",
        ...options.settings,
      },
      onLine: (line) => void appendFile(folders.log, `${line}\n`, { mode: 0o600 }).catch(() => {}),
    });
  };
  await run();
  if (bot?.ended !== undefined) {
    await Promise.all([api.close(), messages?.close()]);
    return { ok: false, sentence: endingWords(bot) || "The bot did not start." };
  }

  let isClosing = false;
  let isRestarting = false;
  const actions = createActions({
    person,
    room,
    restartBot: async () => {
      if (isRestarting || bot?.ended === undefined || isClosing) return;
      isRestarting = true;
      await run().finally(() => (isRestarting = false));
    },
  });
  const about = () => ({
    bot: { name: model.bot.first_name, isRunning: bot?.ended === undefined, ending: endingWords(bot) },
    claude: { isScripted: claude.isScripted, title: claude.title, sentence: claude.sentence },
    folder: folders.root,
  });
  const { host = "127.0.0.1", port = 0 } = options;
  const key = randomBytes(24).toString("base64url");
  const page = await listen(
    { model, actions, key, feed: (response) => feed({ model, room, about }, response) },
    { host, port },
  );
  const keeper = keepSaving(() => memory.save(model, room), model.changes);

  const close = async (): Promise<void> => {
    isClosing = true;
    await bot?.stop().catch(() => {});
    // With the model gone nothing of the script can go on; the person's own Claude may, and is taken up by the next start.
    if (claude.isScripted) await endProcessesOf(folders.home);
    await keeper.end();
    await Promise.all([page.close(), api.close(), messages?.close()]);
  };
  return { ok: true, playground: { url: page.url, close } };
}

/** Saves a moment after each change, never two at a time. */
function keepSaving(save: () => Promise<void>, changes: { subscribe: (listener: () => void) => () => void }) {
  let timer: NodeJS.Timeout | undefined;
  let saving = Promise.resolve();
  const saveNow = (): Promise<void> => {
    timer = undefined;
    saving = saving
      .then(save)
      .catch((error: unknown) => console.error(`The chat was not saved: ${String(error)}`));
    return saving;
  };
  const unsubscribe = changes.subscribe(() => {
    timer ??= setTimeout(() => void saveNow(), saveMs);
  });
  return {
    end: (): Promise<void> => {
      unsubscribe();
      clearTimeout(timer);
      return saveNow();
    },
  };
}

/** The person's environment, but for the settings of another Parley. */
function ownEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const others = /^(?:TELEGRAM_|ALLOWED_|SESSIONS_DIR$|ARCHIVE_DIR$|PERSONAS_DIR$|CLAUDE_BIN$|PARLEY_|npm_)/;
  const own = Object.entries(env).filter(([name]) => !others.test(name));
  const usual = { ANTHROPIC_API_KEY: "", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "" };
  return { ...usual, ...(Object.fromEntries(own) as Record<string, string>), PATH: ownPath(env) };
}

/** How the bot ended, in a sentence of its own where it said one. */
function endingWords(bot: BotProcess | undefined): string {
  if (bot?.ended === undefined) return "";
  const { code, signal } = bot.ended;
  const last = bot.lines.findLast((line) => line.trim() !== "" && !line.startsWith("{"));
  return last ?? `The bot ended (${signal ?? `exit code ${code}`}).`;
}
