/**
 * A quiet machine. Promises to wait no longer than it was told to, and keeps the
 * count of how often that was not enough, so that the table can say so. It only
 * looks: it ends nothing and asks nobody to be quiet.
 */
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** Of all cores together, from 0 to 1. */
const QUIET_SHARE = 0.15;
const LOOK_MS = 250;
const MOST_MS = 6_000;

/** How it was, for all waits since the start. */
export const noise = { waits: 0, noisy: 0, waitedMs: 0 };

/** Resolves when the machine was quiet for a moment, or after `mostMs`. Gives how busy it was last. */
export async function quiet(mostMs: number = MOST_MS): Promise<number> {
  const startedAt = performance.now();
  noise.waits += 1;
  for (;;) {
    const before = busyMs();
    await delay(LOOK_MS);
    const share = (busyMs() - before) / (LOOK_MS * cpus().length);
    const waitedMs = performance.now() - startedAt;
    const isLate = waitedMs >= mostMs;
    if (share > QUIET_SHARE && !isLate) continue;
    noise.waitedMs += waitedMs;
    if (share > QUIET_SHARE) noise.noisy += 1;
    return share;
  }
}

function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
