/**
 * The real bot for a measurement: started as `npm start` does, a Bot API double
 * in this process, the model in another. TDLib does not judge the texts here:
 * its time would count as the bot's.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Call } from "../fakes/bot-api/model.ts";
import { startBotApi } from "../fakes/bot-api/bot-api.ts";
import type { Person } from "../fakes/bot-api/person.ts";
import { startBot } from "../harness/bot-process.ts";
import { makeFolders, removeFolders, type WorldFolders } from "../harness/folders.ts";
import { endProcessesOf } from "../harness/processes.ts";
import { furnishHome } from "./claude-home.ts";
import { nowMs } from "./clock.ts";

/** When things reached the Bot API, in ms after the message was sent. */
export interface ShownTurn {
  readonly sentAt: number;
  readonly firstWordsMs: number;
  readonly lastWordsMs: number;
  /** The last call of the answer: the final text, without a Stop button. */
  readonly doneMs: number;
  /** When each text of the answer that was another than the one before it came. */
  readonly shownAt: readonly number[];
  /** Whether a waiting process was given the message ("warm"), or one was started for it ("cold"). */
  readonly startKind: string;
  /** Of `firstWordsMs`, all that is not between the start of a cold turn's process and its first word. */
  readonly ownMs: number;
}

export interface BenchBot {
  readonly folders: WorldFolders;
  readonly pid: number;
  /** From its start to its first poll. */
  readonly startMs: number;
  /** Sends a message and follows its answer, which begins with `first` and ends with `last`. */
  ask(text: string, first: string, last: string): Promise<ShownTurn>;
  close(): Promise<void>;
}

const ANSWER_CALLS = new Set(["sendMessage", "editMessageText"]);

/** Starts it, with one person in one session. Whoever starts it closes it. */
export async function startBenchBot(modelUrl: string, env: Record<string, string> = {}): Promise<BenchBot> {
  const folders = await makeFolders();
  await furnishHome(folders.home);
  // The double's time is the wall's, to which the monotonic one is set here once.
  const offset = Date.now() - nowMs();
  const api = await startBotApi({ clock: () => nowMs() + offset });
  const anna: Person = api.user(7001, { name: "Anna" });
  const bot = await startBot({
    api,
    folders,
    allowedUserIds: [anna.id],
    messagesUrl: modelUrl,
    env: { LOG_LEVEL: "info", ...env },
  });
  if (bot.startMs === undefined) throw new Error(`the bot did not start\n${bot.logTail()}`);
  anna.send("/new Home");
  await anna.sees(/You are in a new session/);
  return {
    folders,
    pid: bot.pid,
    startMs: bot.startMs,
    async ask(text, first, last) {
      const since = api.calls.length;
      const sentAt = nowMs();
      const { updateId } = anna.send(text);
      const isDone = (call: Call): boolean =>
        textOf(call).includes(last) && call.payload["reply_markup"] === undefined && call.outcome === "ok";
      const done = await api.model.changes.waitFor(
        () => api.calls.slice(since).find((call) => ANSWER_CALLS.has(call.method) && isDone(call)),
        () => `${api.model.describeCalls()}\n${bot.logTail()}`,
        { what: "the whole answer" },
      );
      const shown = api.calls
        .slice(since)
        .filter((call) => ANSWER_CALLS.has(call.method) && textOf(call).includes(first));
      const at = (call: Call | undefined): number => (call?.at ?? Number.NaN) - offset;
      const texts = shown.filter((call, index) => textOf(call) !== textOf(shown[index - 1]));
      const { startKind, moments } = await receiptOf(folders, updateId);
      const firstWordsMs = at(shown[0]) - sentAt;
      const { spawned = Number.NaN, first_text: spoke = Number.NaN } = moments;
      return {
        sentAt,
        firstWordsMs,
        ownMs: firstWordsMs - (spoke - spawned),
        lastWordsMs: at(shown.find((call) => textOf(call).includes(last))) - sentAt,
        doneMs: at(done) - sentAt,
        shownAt: texts.map(at),
        startKind,
      };
    },
    async close() {
      await bot.kill();
      await endProcessesOf(folders.home);
      await api.close();
      await removeFolders(folders);
    },
  };
}

interface Receipt {
  readonly startKind: string;
  readonly moments: Readonly<Record<string, number>>;
}

/** The turn's receipt, which is written after the answer. */
async function receiptOf({ sessions }: WorldFolders, updateId: number): Promise<Receipt> {
  const [folder = ""] = (await readdir(sessions)).filter((name) => name.startsWith("home-"));
  for (let tries = 0; tries < 100; tries += 1) {
    const text = await readFile(join(sessions, folder, "turns", String(updateId), "turn.json"), "utf8").catch(
      () => "{}",
    );
    const { startKind, moments } = JSON.parse(text) as Partial<Receipt>;
    if (startKind !== undefined && moments !== undefined) return { startKind, moments };
    await delay(50);
  }
  return { startKind: "unknown", moments: {} };
}

function textOf(call: Call | undefined): string {
  const text = call?.payload["text"];
  return typeof text === "string" ? text : "";
}
