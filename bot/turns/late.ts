/**
 * Whether something waited so long that it must not be done unasked. Pure. It
 * promises that a clock that is wrong makes nothing late: only where nobody was
 * here, and no longer than nobody was here, does Telegram's own time count.
 */
import type { Entry } from "./facts.ts";

/** Shorter than this is a restart, of which there is nothing to say. */
const AWAY_MS = 5 * 60_000;

/** Since when nobody was here, if that is long enough to be told. */
export function awaySince(lastHeardAt: Date | undefined, now: Date): Date | undefined {
  const awayMs = now.getTime() - (lastHeardAt ?? now).getTime();
  return awayMs >= AWAY_MS ? lastHeardAt : undefined;
}

/** What lateness is judged by. */
export interface Lateness {
  readonly now: Date;
  readonly staleAfterMs: number;
  /** Nobody was here before this life for some time. */
  readonly wasAway: boolean;
}

/** Whether an entry that has not begun is late; `sentAt` is when it was sent, by Telegram's clock. */
export function isLate(entry: Entry, sentAt: Date | undefined, { now, staleAfterMs, wasAway }: Lateness) {
  // What was accepted already, or is wanted, only waits for its turn.
  if (entry.isWanted || (!wasAway && (entry.awaySince === undefined || entry.state !== "received")))
    return false;
  const takenAt = Date.parse(entry.at);
  const heldMs = Math.max(0, now.getTime() - takenAt);
  return heldMs + waitedMs(entry, takenAt, sentAt) > staleAfterMs;
}

/** How long it had waited at Telegram when it was taken. */
function waitedMs({ awaySince }: Entry, takenAt: number, sentAt: Date | undefined): number {
  if (awaySince === undefined) return 0;
  const awayMs = Math.max(0, takenAt - Date.parse(awaySince));
  // Of a press nobody says when it was: it may be as old as the outage.
  return sentAt === undefined ? awayMs : Math.min(Math.max(0, takenAt - sentAt.getTime()), awayMs);
}
