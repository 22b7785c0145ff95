/**
 * Does another program poll this bot, and take its messages?
 */
import { bad, type Check, ok } from "../finding.ts";
import type { Telegram } from "../telegram.ts";

/** Telegram ends the older of two polls; the other program comes back within this, and then ours is the older. */
const WATCH_SECONDS = 6;
const RECENT_MS = 10 * 60_000;

const MEND =
  "Stop the other one (another machine, a container, the official Telegram plugin); or ask @BotFather for a new token with `/revoke`.";

/**
 * Polls once, confirming nothing, where our own bot does not (`isPolling`); where it does, `conflictAgoMs` says when it
 * was last told of another.
 */
export function otherPollerCheck(deps: {
  telegram: Telegram | undefined;
  isPolling: () => Promise<boolean>;
  conflictAgoMs?: () => number | undefined;
  watchSeconds?: number;
}): Check {
  return {
    name: "Other pollers",
    async look() {
      const { telegram, conflictAgoMs } = deps;
      if (conflictAgoMs !== undefined) {
        const agoMs = conflictAgoMs();
        if (agoMs === undefined || agoMs > RECENT_MS) return ok("no other program polls this bot.");
        return bad("another program polls this bot and takes some of its messages.", MEND);
      }
      const inbox = await telegram?.inbox();
      if (
        telegram === undefined ||
        inbox === undefined ||
        inbox.host !== undefined ||
        (await deps.isPolling())
      )
        return undefined;
      const seconds = deps.watchSeconds ?? WATCH_SECONDS;
      const answer = await telegram.call("getUpdates", { limit: 1 }, { waitSeconds: seconds });
      if (answer.kind === "refused" && answer.code === 409) {
        // Our own bot may have been started meanwhile.
        if (await deps.isPolling()) return undefined;
        return bad("another program polls this bot and takes its messages.", MEND);
      }
      if (answer.kind !== "ok") return undefined;
      if (Array.isArray(answer.result) && answer.result.length > 0)
        return ok("none: messages wait at Telegram, and nobody takes them.");
      return ok(`none came within ${seconds} s.`);
    },
  };
}
