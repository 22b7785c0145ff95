/**
 * Does the bot run on these folders, and does it hear from Telegram?
 */
import { stat } from "node:fs/promises";
import { bad, type Check, ok, warn } from "../finding.ts";
import type { Telegram } from "../telegram.ts";
import { span } from "../words.ts";

/** A poll lasts 30 s; three that failed in a row are no accident. */
const DEAF_MS = 120_000;

/** `holder` gives who holds the lock; the lock's file was touched when Telegram last answered a poll. */
export function runningCheck(deps: {
  lockPath: string;
  holder: () => Promise<number | undefined>;
  telegram: Telegram | undefined;
  now: () => Date;
}): Check {
  return {
    name: "Bot",
    async look() {
      const pid = await deps.holder();
      if (pid === undefined)
        return ok(`it does not run${await waiting(deps.telegram)}; \`npm start\` starts it.`);
      const heardAgoMs = deps.now().getTime() - (await stat(deps.lockPath)).mtimeMs;
      if (heardAgoMs < DEAF_MS)
        return ok(`it runs (process ${pid}) and heard from Telegram ${span(Math.max(0, heardAgoMs))} ago.`);
      return heardAgoMs < 3 * DEAF_MS
        ? warn(
            `it runs (process ${pid}), but last heard from Telegram ${span(heardAgoMs)} ago.`,
            "Look again in a minute.",
          )
        : bad(
            `it runs (process ${pid}), but last heard from Telegram ${span(heardAgoMs)} ago.`,
            "See the lines below and the bot's log; then start it again.",
          );
    },
  };
}

async function waiting(telegram: Telegram | undefined): Promise<string> {
  const count = (await telegram?.inbox())?.waiting ?? 0;
  return count === 0 ? "" : ` and ${count === 1 ? "1 message waits" : `${count} messages wait`} at Telegram`;
}
