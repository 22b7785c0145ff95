/**
 * The moments of one turn, from taken to delivered. All in ms on one monotonic
 * clock; the first time of a moment counts.
 */

export type Moment = "taken" | "spawned" | "init" | "first_text" | "first_shown" | "result" | "delivered";

export interface Timing {
  mark(moment: Moment): void;
  /** Each moment that came, in ms after `taken`. */
  sinceTaken(): Partial<Record<Moment, number>>;
}

/** Starts the clock: `taken` is now. */
export function startTiming(nowMs: () => number): Timing {
  const moments = new Map<Moment, number>([["taken", nowMs()]]);
  return {
    mark(moment) {
      if (!moments.has(moment)) moments.set(moment, nowMs());
    },
    sinceTaken() {
      const taken = moments.get("taken") ?? 0;
      return Object.fromEntries([...moments].map(([moment, at]) => [moment, Math.round(at - taken)]));
    },
  };
}
