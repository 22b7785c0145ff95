/**
 * Says outside that the bot is alive, and says it only when a poll really came
 * back: to whoever supervises the process, and on the disk. It promises never to
 * fail and never to hold the poll up. It does not know what becomes of silence.
 */

/** How long Telegram may give no good answer before an idle bot counts as deaf. */
const DEAF_MS = 10 * 60_000;

/** What a heartbeat needs. */
export interface HeartbeatDeps {
  /** Tells the supervisor, e.g. `["WATCHDOG=1"]`; undefined where there is none. */
  readonly notify: ((facts: readonly string[]) => void) | undefined;
  /** Marks on the disk that Telegram was just heard: for a health check that has nothing but files, and for the next life. */
  readonly mark: () => void;
  /** Turns that run. */
  readonly running: () => number;
  readonly nowMs: () => number;
  readonly deafMs?: number;
}

export interface Heartbeat {
  /** A poll came back; `isCaughtUp`: all that waited at Telegram is written down here. */
  polled(isGood: boolean, isCaughtUp: boolean): void;
  /** The bot is about to end because it was told to. */
  stopping(): void;
}

/**
 * Starts it: the process is up, whether Telegram can be reached or not. While Telegram gives no good answer the beat
 * goes on for `deafMs`, since a restart mends no network; after that it stops, since a restart mends a process that has
 * gone deaf. But never while a turn runs: a restart would end it.
 */
export function startHeartbeat(deps: HeartbeatDeps): Heartbeat {
  const { notify, nowMs, deafMs = DEAF_MS } = deps;
  let goodAt = nowMs();
  notify?.(["READY=1", "STATUS=waiting for Telegram"]);
  return {
    polled(isGood, isCaughtUp) {
      if (isGood) goodAt = nowMs();
      // The next life reads from it since when nobody was here: what still waits was not heard.
      if (isCaughtUp) deps.mark();
      const running = deps.running();
      const isDeaf = nowMs() - goodAt > deafMs && running === 0;
      const words = isGood ? "Telegram answers" : "Telegram gives no answer";
      const turns = running === 1 ? "1 turn runs" : `${running} turns run`;
      notify?.([...(isDeaf ? [] : ["WATCHDOG=1"]), `STATUS=${words}; ${turns}`]);
    },
    stopping: () => notify?.(["STOPPING=1"]),
  };
}
