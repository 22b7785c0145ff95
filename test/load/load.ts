/**
 * Many chats at once against the whole bot, with a CLI that costs nothing: so
 * what is slow is ours. In each round every person says something; in every
 * second round half of them say two things at once, and nothing in the next.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type BotApi, startBotApi } from "../fakes/bot-api/bot-api.ts";
import type { Person } from "../fakes/bot-api/person.ts";
import { type BotProcess, startBot } from "../harness/bot-process.ts";
import { makeFolders, removeFolders, type WorldFolders } from "../harness/folders.ts";
import { endProcessesOf } from "../harness/processes.ts";
import { answerTo, type FakeCliPace, readFaults, writeFakeCli } from "./fake-cli.ts";

/** How much. */
export interface LoadOptions extends FakeCliPace {
  readonly chats: number;
  readonly rounds: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The longest a round may take. */
  readonly roundMs: number;
  /** Told after each round, once its numbers are whole; without it, nobody waits for them. */
  readonly onRound?: (round: Round) => void;
}

/** What one round was like. Times in ms, memory in MB. */
export interface Round {
  readonly tookMs: number;
  readonly messages: number;
  readonly calls: number;
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

export interface LoadResult {
  readonly rounds: readonly Round[];
  /** What was lost, doubled, cut or in the wrong order, as sentences; empty where all is well. */
  readonly faults: readonly string[];
}

interface Talker {
  readonly person: Person;
  /** What was said, in order. */
  readonly said: string[];
}

/** Runs it all and cleans up. Throws where the bot does not start or a round takes too long. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const folders = await makeFolders();
  // As the real CLI has it: by its cards there the bot knows who holds a conversation.
  await mkdir(join(folders.home, ".claude", "sessions"), { recursive: true });
  const api = await startBotApi();
  const talkers: Talker[] = Array.from({ length: options.chats }, (_, index) => ({
    person: api.user(7001 + index, { name: `Friend${index}` }),
    said: [],
  }));
  const bot = await startBot({
    api,
    folders,
    allowedUserIds: talkers.map(({ person }) => person.id),
    claudeBin: await writeFakeCli(folders.root, options),
    env: {
      LOG_LEVEL: "info",
      MAX_TURNS: "64",
      NODE_OPTIONS: `--import=${new URL("lag-preload.mjs", import.meta.url).href}`,
      LOAD_LAG_FILE: lagFile(folders),
      ...options.env,
    },
  });
  try {
    if (bot.ended !== undefined) throw new Error(`the bot did not start\n${bot.logTail()}`);
    for (const { person } of talkers) person.send("/new Home");
    await until(() => talkers.every(({ person }) => answersOf(person).length >= 1), 60_000, api, bot);
    const rounds: Round[] = [];
    for (let number = 1; number <= options.rounds; number += 1) {
      const round = await runRound({ options, api, bot, folders, talkers, number });
      rounds.push(round);
      options.onRound?.(round);
    }
    const faults = [
      ...talkers.flatMap((talker) => faultsOf(talker, options)),
      ...(await readFaults(folders.home)),
      ...api.violations.map(({ method, what }) => `${method}: ${what}`),
    ];
    return { rounds, faults };
  } finally {
    await bot.kill();
    await endProcessesOf(folders.home);
    await api.close();
    await removeFolders(folders);
  }
}

async function runRound(load: {
  options: LoadOptions;
  api: BotApi;
  bot: BotProcess;
  folders: WorldFolders;
  talkers: readonly Talker[];
  number: number;
}): Promise<Round> {
  const { options, api, bot, folders, talkers, number } = load;
  const calls = api.calls.length;
  const before = await readLag(folders);
  process.kill(bot.pid, "SIGUSR2");
  const startedAt = performance.now();
  let messages = 0;
  for (const [index, { person, said }] of talkers.entries()) {
    const isHasty = index % 2 === 1;
    // A hasty one's last message comes alone where the number of rounds is odd.
    const times = !isHasty ? 1 : number % 2 === 0 ? (number < options.rounds ? 2 : 1) : number === 1 ? 1 : 0;
    for (let time = 0; time < times; time += 1) {
      const text = `m${said.length + 1} of ${person.id}`;
      said.push(text);
      person.send(text);
      messages += 1;
    }
  }
  await until(() => talkers.every((talker) => isAnswered(talker, options)), options.roundMs, api, bot);
  const tookMs = performance.now() - startedAt;
  // What is written each second is to hold all of the round.
  if (options.onRound) await delay(1_200);
  const lag = await readLag(folders);
  return {
    tookMs,
    messages,
    calls: api.calls.length - calls,
    lagP50Ms: lag.p50,
    lagP99Ms: lag.p99,
    lagMaxMs: lag.max,
    cpuMs: lag.cpuMs - before.cpuMs,
    rssMb: lag.rss / 2 ** 20,
    heapMb: lag.heapUsed / 2 ** 20,
  };
}

/** All that the bot said to a person which is an answer of Claude's, as it stands. */
function answersOf({ chat }: Person): string[] {
  return chat.answers.map(({ text }) => text);
}

function isAnswered({ person, said }: Talker, options: LoadOptions): boolean {
  const last = said.at(-1);
  return last === undefined || answersOf(person).some((text) => text.includes(answerTo(last, options)));
}

function faultsOf({ person, said }: Talker, options: LoadOptions): string[] {
  const shown = answersOf(person).join("\n");
  const places = said.map((text) => shown.indexOf(answerTo(text, options)));
  return said.flatMap((text, index) => {
    const place = places[index] ?? -1;
    if (place < 0) return [`chat ${person.id}: no whole answer to "${text}"`];
    const again = shown.indexOf(answerTo(text, options), place + 1);
    if (again >= 0) return [`chat ${person.id}: the answer to "${text}" stands there twice`];
    const isLate = index > 0 && place < (places[index - 1] ?? -1);
    return isLate ? [`chat ${person.id}: the answer to "${text}" stands above an earlier one`] : [];
  });
}

/** Looks now and then, so that the looking is not what is measured. */
async function until(isSo: () => boolean, ms: number, api: BotApi, bot: BotProcess): Promise<void> {
  const end = performance.now() + ms;
  while (!isSo()) {
    if (bot.ended !== undefined || performance.now() > end)
      throw new Error(`waited ${ms} ms in vain\n${api.model.describeCalls()}\n${bot.logTail()}`);
    await delay(100);
  }
}

interface Lag {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly cpuMs: number;
}

async function readLag(folders: WorldFolders): Promise<Lag> {
  for (let tries = 0; tries < 50; tries += 1) {
    try {
      return JSON.parse(await readFile(lagFile(folders), "utf8")) as Lag;
    } catch {
      // Not written yet, or half written.
      await delay(100);
    }
  }
  throw new Error("the bot does not say how late its event loop is");
}

function lagFile({ root }: WorldFolders): string {
  return join(root, "lag.json");
}
