/**
 * A whole turn through the bot, from the person's message to the words in the
 * chat, against the CLI alone: (a) a bare cold `claude -p`, and (b) the second
 * message of one process that never ends, which is the limit.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processesOf } from "../harness/processes.ts";
import { ARGUMENTS, type BareTurn, startBareCli } from "./bare-cli.ts";
import { furnishHome } from "./claude-home.ts";
import { type BenchBot, type ShownTurn, startBenchBot } from "./bench-bot.ts";
import { rssMb } from "./memory-of.ts";
import { startModel } from "./model.ts";
import { quiet } from "./quiet.ts";
import type { Row } from "./row.ts";
import { turnArguments } from "./turn-arguments.ts";

/** So many, since two cold starts differ by more than what is looked for. */
const ROUNDS = 21;
const STREAM_ROUNDS = 7;
const WORDS = 80;
const WORD_MS = 20;
const STANDBY_MS = 8_000;
/** From the start of a waiting process until it is as warm as it gets. */
const SETTLED_MS = 2_500;

/** All of it; takes about six minutes. */
export async function measure(): Promise<Row[]> {
  const model = await startModel();
  const home = await mkdtemp(join(tmpdir(), "parley-bare-"));
  await furnishHome(home);
  const warm = await startBenchBot(model.url, { STANDBY_MAX: "1" });
  const cold = await startBenchBot(model.url, { STANDBY_MAX: "0" });
  const persistent = startBareCli(home, model.url);
  try {
    let count = 0;
    const next = (): string => `word${(count += 1)}`;
    const say = async (bot: BenchBot): Promise<ShownTurn> => {
      const word = next();
      return bot.ask(`SAY ${word}`, word, word);
    };
    const conversation = randomUUID();
    const bareCold = async (args: readonly string[] = ARGUMENTS): Promise<BareTurn> => {
      const cli = startBareCli(home, model.url, args);
      const turn = await cli.ask(`SAY ${next()}`);
      await cli.end();
      return turn;
    };

    // The first of each is for the caches.
    for (const bot of [warm, cold]) await say(bot);
    await bareCold();
    await bareCold([...ARGUMENTS, `--session-id=${conversation}`]);
    const asATurn = await turnArguments(home, conversation);
    await persistent.ask(`SAY ${next()}`);

    const short = {
      warm: [] as ShownTurn[],
      cold: [] as ShownTurn[],
      a: [] as BareTurn[],
      b: [] as BareTurn[],
      same: [] as BareTurn[],
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      const steps = [
        async () => short.a.push(await bareCold()),
        async () => short.same.push(await bareCold(asATurn)),
        async () => short.b.push(await persistent.ask(`SAY ${next()}`)),
        async () => short.warm.push(await whenWaiting(warm, () => say(warm))),
        async () => short.cold.push(await say(cold)),
      ];
      for (const step of round % 2 === 0 ? steps : steps.toReversed()) {
        await quiet();
        await step();
      }
    }

    const long = {
      warm: [] as ShownTurn[],
      b: [] as BareTurn[],
      after: [] as number[],
      during: [] as number[],
    };
    const limitAfter: number[] = [];
    for (let round = 0; round < STREAM_ROUNDS; round += 1) {
      // Words that no other round has: the number of words differs.
      const many = WORDS + round;
      const prompt = (who: string): string => `LONG:${many} DELAY:${WORD_MS} ${who}`;
      await quiet();
      const b = await persistent.ask(prompt("bare"));
      long.b.push(b);
      limitAfter.push(b.startedAt + b.lastWordsMs - endOf(prompt("bare")));
      await quiet();
      const turn = await whenWaiting(warm, () => warm.ask(prompt("warm"), "w0", `w${many - 1}`));
      const endedAt = endOf(prompt("warm"));
      long.warm.push(turn);
      long.after.push(turn.sentAt + turn.lastWordsMs - endedAt);
      long.during.push(turn.shownAt.filter((at) => at < endedAt).length);
    }
    function endOf(prompt: string): number {
      return model.when("ended", prompt) ?? Number.NaN;
    }

    await quiet();
    const held = [rssMb(warm.pid)];
    const first = (turns: readonly { firstWordsMs: number }[]): number[] =>
      turns.map(({ firstWordsMs }) => firstWordsMs);
    const minus = (ours: readonly number[], theirs: readonly number[]): number[] =>
      ours.map((value, round) => value - (theirs[round] ?? Number.NaN));
    const [a, b] = [first(short.a), first(short.b)];
    return [
      {
        name: "first words, warm",
        unit: "ms",
        ours: first(short.warm),
        theirs: a,
        limit: b,
        goal: "≤ 0.15 ×",
      },
      {
        name: "… over a process that never ends",
        unit: "ms",
        ours: minus(first(short.warm), b),
        goal: "≤ 60 ms",
      },
      {
        name: "first words, cold",
        unit: "ms",
        ours: first(short.cold),
        theirs: a,
        limit: first(short.same),
      },
      { name: "… over a bare claude -p", unit: "ms", ours: minus(first(short.cold), a), goal: "≤ 40 ms" },
      {
        name: "… over a bare claude -p with a turn's arguments",
        unit: "ms",
        ours: minus(first(short.cold), first(short.same)),
        goal: "≤ 40 ms",
      },
      {
        name: "… of it the bot's own, before the CLI's start and after its first word",
        unit: "ms",
        ours: short.cold.map(({ ownMs }) => ownMs),
      },
      {
        name: "whole answer, warm",
        unit: "ms",
        ours: short.warm.map(({ doneMs }) => doneMs),
        theirs: short.a.map(({ resultMs }) => resultMs),
        limit: short.b.map(({ resultMs }) => resultMs),
      },
      {
        name: "whole answer, cold",
        unit: "ms",
        ours: short.cold.map(({ doneMs }) => doneMs),
        theirs: short.a.map(({ resultMs }) => resultMs),
      },
      {
        name: `long answer (${WORDS} words, ${WORD_MS} ms each): first words, warm`,
        unit: "ms",
        ours: first(long.warm),
        limit: first(long.b),
      },
      { name: "… texts shown while the model speaks", unit: "", ours: long.during, goal: "> 1" },
      {
        name: "… last words after the model's end",
        unit: "ms",
        ours: long.after,
        limit: limitAfter,
        goal: "≤ 30 ms",
      },
      { name: `memory after ${ROUNDS + STREAM_ROUNDS + 1} turns`, unit: "MB", ours: held },
    ];
  } finally {
    await Promise.all([persistent.end(), warm.close(), cold.close()]);
    model.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** Does it when a process waits for the next message; throws where that was not the one that answered. */
async function whenWaiting(bot: BenchBot, work: () => Promise<ShownTurn>): Promise<ShownTurn> {
  const until = performance.now() + STANDBY_MS;
  const isWaiting = async (): Promise<boolean> =>
    (await processesOf(bot.folders.home)).some(({ turn }) => turn !== undefined);
  while (!(await isWaiting())) {
    if (performance.now() > until) throw new Error("no process waits for the next message");
    await delay(50);
  }
  await delay(SETTLED_MS);
  await quiet();
  const turn = await work();
  if (turn.startKind !== "warm") throw new Error(`a turn that was to be warm was ${turn.startKind}`);
  return turn;
}
