/**
 * When another day begins, by the machine's clock and time zone. It promises to be
 * late by a minute at most, also where the machine slept or its clock was set. It
 * does not know what is done then.
 */
import { startOfDay } from "./ledger.ts";

/** A timer stands still while the machine sleeps: so often it is looked what the clock says. */
const LOOK_MS = 60_000;

/** Calls `onNewDay` whenever another day has begun, until `signal` is aborted; resolves then. */
export async function watchDays(
  deps: {
    readonly now: () => Date;
    /** Resolves after that many ms, or at once when `signal` is aborted. */
    readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
    readonly onNewDay: () => void;
  },
  signal: AbortSignal,
): Promise<void> {
  let known = startOfDay(deps.now());
  while (!signal.aborted) {
    const now = deps.now();
    const today = startOfDay(now);
    if (today !== known) deps.onNewDay();
    known = today;
    // No day has the same length as the next where clocks change.
    await deps.wait(Math.min(startOfDay(now, -1) - now.getTime(), LOOK_MS), signal);
  }
}
