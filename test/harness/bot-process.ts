/**
 * The real bot as a child process with a clean environment. Whoever starts one
 * ends it; a world does so by itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BotApi } from "../fakes/bot-api/bot-api.ts";
import type { Changes } from "../fakes/bot-api/changes.ts";
import { cliPath } from "../fakes/cli-path.ts";
import { repoRoot, type WorldFolders } from "./folders.ts";

/** What a bot is started with. */
export interface BotOptions {
  readonly api: BotApi;
  readonly folders: WorldFolders;
  readonly allowedUserIds: readonly number[];
  readonly allowedChatIds?: readonly number[];
  /** Base URL of the Messages API that the CLI asks. */
  readonly messagesUrl?: string;
  /** Default: the CLI from node_modules. */
  readonly claudeBin?: string;
  /** Added to the environment, or changed in it; "" takes one away. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program of the tests; default: the bot. */
  readonly entry?: string;
  /** Default true: resolve only when it polls or has ended. */
  readonly isAwaited?: boolean;
  readonly startTimeoutMs?: number;
  /** Told each line of its output. */
  readonly onLine?: (line: string) => void;
}

/** How a process ended. */
interface BotExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A bot that was started. */
export interface BotProcess {
  readonly pid: number;
  /** Resolves when it has ended and all its output was read. */
  readonly exit: Promise<BotExit>;
  /** Set when it has ended. */
  readonly ended: BotExit | undefined;
  /** Whether `kill` or `stop` was called. */
  readonly wasAskedToEnd: boolean;
  /** Its output, stdout and stderr, line by line. */
  readonly lines: readonly string[];
  /** The first line of its output that matches, now or soon; throws when none comes. */
  readonly logs: (pattern: RegExp) => Promise<string>;
  /** Ms from its start to its first poll. */
  readonly startMs: number | undefined;
  /** Sends a signal and waits for the end. Default SIGKILL. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<BotExit>;
  /** SIGTERM, and waits; SIGKILL after `timeoutMs` (default 10 s), and then throws. */
  readonly stop: (timeoutMs?: number) => Promise<BotExit>;
  /** The end of the log, for a failed test. */
  readonly logTail: (lines?: number) => string;
}

/** Starts the bot; resolves when its first `getUpdates` arrived, or when it ended before. Throws after `startTimeoutMs` (default 20 s). */
export async function startBot(options: BotOptions): Promise<BotProcess> {
  const { model } = options.api;
  const firstCall = model.calls.length;
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    options.entry === undefined
      ? [join(repoRoot, "bot/launch.cjs"), "main"]
      : ["--import", import.meta.resolve("tsx"), options.entry],
    { cwd: options.folders.cwd, env: environment(options), stdio: ["ignore", "pipe", "pipe"] },
  );
  const bot = follow(child, model.changes, options.onLine);
  if (options.isAwaited === false) return bot;
  const isUp = (): true | undefined => {
    const isPolling = model.calls.slice(firstCall).some((call) => call.method === "getUpdates");
    if (isPolling) bot.startMs = performance.now() - startedAt;
    return isPolling || bot.ended !== undefined || undefined;
  };
  const timeoutMs = options.startTimeoutMs ?? 20_000;
  await model.changes.waitFor(isUp, () => bot.logTail(), { timeoutMs, what: "the bot to poll" });
  return bot;
}

type Followed = { -readonly [Key in keyof BotProcess]: BotProcess[Key] };

function follow(child: ChildProcess, changes: Changes, onLine?: (line: string) => void): Followed {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null)
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        onLine?.(line);
        changes.tell();
      });
  const exit = new Promise<BotExit>((resolve) => {
    const end = (ended: BotExit): void => {
      bot.ended ??= ended;
      resolve(bot.ended);
      changes.tell();
    };
    child.once("error", (error) => {
      lines.push(String(error));
      end({ code: null, signal: null });
    });
    child.once("close", (code, signal) => end({ code, signal }));
  });
  const bot: Followed = {
    pid: child.pid ?? -1,
    exit,
    ended: undefined,
    wasAskedToEnd: false,
    lines,
    logs: (pattern) =>
      changes.waitFor(
        () => lines.find((line) => pattern.test(line)),
        () => bot.logTail(),
        { timeoutMs: 10_000, what: `a line of the log like ${pattern}` },
      ),
    startMs: undefined,
    kill: (signal = "SIGKILL") => {
      bot.wasAskedToEnd = true;
      child.kill(signal);
      return exit;
    },
    stop: async (timeoutMs = 10_000) => {
      bot.wasAskedToEnd = true;
      child.kill("SIGTERM");
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        child.kill("SIGKILL");
      }, timeoutMs);
      const ended = await exit;
      clearTimeout(timer);
      if (isLate) throw new Error(`the bot did not end within ${timeoutMs} ms of SIGTERM\n${bot.logTail()}`);
      return ended;
    },
    logTail: (count = 40) =>
      `The log of bot ${bot.pid} (${bot.ended === undefined ? "running" : JSON.stringify(bot.ended)}):\n${lines
        .slice(-count)
        .map((line) => `  ${line.slice(0, 600)}`)
        .join("\n")}`,
  };
  return bot;
}

function environment(options: BotOptions): Record<string, string> {
  const { api, folders } = options;
  const all: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    HOME: folders.home,
    LANG: "C.UTF-8",
    TELEGRAM_BOT_TOKEN: api.token,
    TELEGRAM_API_ROOT: api.url,
    ALLOWED_USER_IDS: options.allowedUserIds.join(","),
    ALLOWED_CHAT_IDS: (options.allowedChatIds ?? []).join(","),
    CLAUDE_BIN: options.claudeBin ?? cliPath(),
    SESSIONS_DIR: folders.sessions,
    ARCHIVE_DIR: folders.archive,
    PERSONAS_DIR: folders.personas,
    LOG_LEVEL: "debug",
    // Half a second of a core for each: the stories that are about them ask for them.
    STANDBY_MAX: process.env["PARLEY_TEST_STANDBY"] ?? "0",
    ANTHROPIC_API_KEY: "sk-ant-test-not-a-key",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    ...(options.messagesUrl === undefined ? {} : { ANTHROPIC_BASE_URL: options.messagesUrl }),
    ...options.env,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}
