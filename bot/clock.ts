/**
 * Time as everything else is given it: tests give another. Every wait can be cut
 * short.
 */

/** ms on a clock that never goes back; its zero means nothing. */
export const nowMs = (): number => performance.now();

/** The time of day. */
export const now = (): Date => new Date();

/** Resolves after `ms`, or at once when `signal` is aborted; never rejects. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** Calls `tick` every `ms` until the function it gives is called. */
export function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  return () => clearInterval(timer);
}
