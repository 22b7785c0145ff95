import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wait } from "../bot/clock.ts";

const DAY_MS = 86_400_000;

describe("a wait", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** Begins to wait; gives whether it is over. */
  function begin(ms: number, signal = new AbortController().signal): () => boolean {
    let isOver = false;
    void wait(ms, signal).then(() => (isOver = true));
    return () => isOver;
  }

  it("of weeks lasts for weeks, though no timer of Node's is as long", async () => {
    const isOver = begin(60 * DAY_MS);
    await vi.advanceTimersByTimeAsync(60 * DAY_MS - 1);
    expect(isOver()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isOver()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is cut short at any time, and leaves no timer", async () => {
    const stop = new AbortController();
    const isOver = begin(60 * DAY_MS, stop.signal);
    await vi.advanceTimersByTimeAsync(40 * DAY_MS);
    expect(isOver()).toBe(false);
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(isOver()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("for whom nobody waits any more is none", async () => {
    const isOver = begin(DAY_MS, AbortSignal.abort());
    await vi.advanceTimersByTimeAsync(0);
    expect(isOver()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
