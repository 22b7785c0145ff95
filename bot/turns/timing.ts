/**
 * The moments of one turn, from taken to delivered. All in ms on one monotonic
 * clock; the first time of a moment counts.
 */

/** `begun`: its place in line came; `ready`: the process was there to be written to. */
export type Moment =
  | "taken"
  | "begun"
  | "ready"
  | "spawned"
  | "init"
  | "first_text"
  | "first_shown"
  | "result"
  | "delivered";

/** Whether the process waited for the message, or was started for it. */
export type StartKind = "warm" | "cold";

export interface Timing {
  /** Undefined before there is a process. */
  startKind: StartKind | undefined;
  mark(moment: Moment): void;
  /** Each moment that came, in ms after `taken`. */
  sinceTaken(): Partial<Record<Moment, number>>;
}

/** Starts the clock: `taken` is now. */
export function startTiming(nowMs: () => number): Timing {
  const moments = new Map<Moment, number>([["taken", nowMs()]]);
  return {
    startKind: undefined,
    mark(moment) {
      if (!moments.has(moment)) moments.set(moment, nowMs());
    },
    sinceTaken() {
      const taken = moments.get("taken") ?? 0;
      return Object.fromEntries([...moments].map(([moment, at]) => [moment, Math.round(at - taken)]));
    },
  };
}
