/** When another day begins: a clock in the test's hands, and a timer that may oversleep. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchDays } from "../../bot/turns/usage/new-day.ts";

const HOUR_MS = 3_600_000;

/** Days watched from `start` for `hours` of the clock; `oversleepMs` is what each wait takes beyond its time. */
async function watch(start: Date, hours: number, oversleepMs: (waited: number) => number = () => 0) {
  let ms = start.getTime();
  const end = ms + hours * HOUR_MS;
  const stop = new AbortController();
  const days: string[] = [];
  const waits: number[] = [];
  await watchDays(
    {
      now: () => new Date(ms),
      async wait(given) {
        waits.push(given);
        ms += given + oversleepMs(waits.length);
        if (ms >= end) stop.abort();
      },
      onNewDay: () => days.push(new Date(ms).toISOString()),
    },
    stop.signal,
  );
  return { days, waits };
}

describe("a new day", () => {
  beforeEach(() => void vi.stubEnv("TZ", "Europe/Berlin"));
  afterEach(() => void vi.unstubAllEnvs());

  it("is told of at midnight, each once, and no wait is longer than a minute", async () => {
    const { days, waits } = await watch(new Date("2026-01-14T20:30:30.500Z"), 48);
    expect(days).toEqual(["2026-01-14T23:00:00.000Z", "2026-01-15T23:00:00.000Z"]);
    expect(Math.max(...waits)).toBe(60_000);
    expect(Math.min(...waits)).toBeGreaterThan(0);
  });

  it.each([
    ["shorter", "2026-03-28T12:00:00.000Z", ["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"]],
    ["longer", "2026-10-24T12:00:00.000Z", ["2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"]],
  ])("comes at midnight, too, after a day that is %s because clocks change", async (_, start, expected) => {
    expect((await watch(new Date(start), 40)).days).toEqual(expected);
  });

  it("that began while the machine slept is told of when it wakes", async () => {
    const slept = (waited: number): number => (waited === 5 ? 9 * HOUR_MS : 0);
    const { days } = await watch(new Date("2026-01-14T22:00:00.000Z"), 10, slept);
    expect(days).toEqual(["2026-01-15T07:05:00.000Z"]);
  });

  it("is told of where the clock was set, forth or back", async () => {
    const set = (waited: number): number => (waited === 2 ? 50 * HOUR_MS : waited === 4 ? -49 * HOUR_MS : 0);
    expect((await watch(new Date("2026-01-14T12:00:00.000Z"), 52, set)).days).toHaveLength(4);
  });

  it("is told of no more when that is not wanted", async () => {
    const stop = new AbortController();
    stop.abort();
    const onNewDay = vi.fn();
    await watchDays({ now: () => new Date(0), wait: async () => {}, onNewDay }, stop.signal);
    expect(onNewDay).not.toHaveBeenCalled();
  });
});
