/**
 * One life of the bot after another, for tests of what must happen once however
 * often it dies.
 */
import type { Entry } from "../../bot/turns/facts.ts";
import { recover } from "../../bot/turns/recovery.ts";
import { type makeHouse, until } from "../turns/kit.ts";

export type House = Awaited<ReturnType<typeof makeHouse>>;
export type Life = Awaited<ReturnType<House["live"]>>;

/** What the next start does with what is left; presses are handled again by `handle`. */
export async function startAgain(life: Life, handle: (entry: Entry) => Promise<unknown>): Promise<void> {
  const handled: Promise<unknown>[] = [];
  await recover({
    isAllowed: () => true,
    journal: life.journal,
    sessions: life.sessions,
    turns: life.turns,
    endStrays: async () => {},
    deliver: async () => {},
    handle: (entry) => void handled.push(handle(entry)),
    admit: () => true,
    tellRecovered: () => {},
    tellWaiting: () => {},
  });
  await Promise.all(handled);
}

const wordsOf = (life: Life): string[] => life.starts.map(({ message }) => JSON.stringify(message.content));

/** What `life` was to run, when it has run all of it. */
export async function allRun({ session }: House, life: Life): Promise<string[]> {
  const isIdle = (): boolean => life.turns.runningCount() + life.turns.waiting(session.id) === 0;
  for (let seen = 0; ; seen += 1) {
    await until(() => life.runs.length > seen || isIdle());
    const run = life.runs[seen];
    if (run === undefined) return wordsOf(life);
    run.answer("done");
  }
}
