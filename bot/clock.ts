/**
 * Time as everything else is given it: tests give another. Every wait can be cut
 * short.
 */

/** ms on a clock that never goes back; its zero means nothing. */
export const nowMs = (): number => performance.now();

/** The time of day. */
export const now = (): Date => new Date();

/** Node's longest timer, 25 days: a longer one would end at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Resolves after `ms`, or at once when `signal` is aborted; never rejects. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const next = (leftMs: number): NodeJS.Timeout =>
      leftMs <= LONGEST_MS
        ? setTimeout(end, leftMs)
        : setTimeout(() => (timer = next(leftMs - LONGEST_MS)), LONGEST_MS);
    let timer = next(ms);
    signal.addEventListener("abort", end);
  });
}

/** Calls `tick` every `ms` until the function it gives is called. */
export function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  return () => clearInterval(timer);
}
