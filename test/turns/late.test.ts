import { describe, expect, it } from "vitest";
import { type Entry, newEntry } from "../../bot/turns/facts.ts";
import { awaySince, isLate } from "../../bot/turns/late.ts";

const at = (hour: number, minute = 0): Date => new Date(Date.UTC(2026, 0, 1, hour, minute));

/** An entry that was taken then; `away` is since when nobody had been here. */
const taken = (when: Date, away?: Date, more: Partial<Entry> = {}): Entry => ({
  ...newEntry(1, when.toISOString()),
  ...(away ? { awaySince: away.toISOString() } : {}),
  ...more,
});

const late = (entry: Entry, sentAt: Date | undefined, now: Date, wasAway = false): boolean =>
  isLate(entry, sentAt, { now, staleAfterMs: 6 * 3_600_000, wasAway });

describe("an outage", () => {
  it("is told only from some minutes on, and never of a first start or a clock that went back", () => {
    expect(awaySince(at(8), at(8, 5))).toEqual(at(8));
    expect(awaySince(at(8), at(8, 4))).toBeUndefined();
    expect(awaySince(undefined, at(8))).toBeUndefined();
    expect(awaySince(at(9), at(8))).toBeUndefined();
  });
});

describe("a message that waited at Telegram", () => {
  it("is late by its own date", () => {
    expect(late(taken(at(12), at(1)), at(5), at(12))).toBe(true);
    expect(late(taken(at(12), at(1)), at(7), at(12))).toBe(false);
  });

  it("is not late where nobody was away, whatever the clocks say", () => {
    expect(late(taken(at(12)), at(1), at(12))).toBe(false);
    // Ours is wrong: nothing waited longer than nobody was here.
    expect(late(taken(at(12), at(11)), at(1), at(12))).toBe(false);
  });

  it("stays late for a life that finds it taken and not looked at", () => {
    expect(late(taken(at(12), at(1)), at(5), at(12, 1))).toBe(true);
    expect(late(taken(at(12), at(1)), at(5), at(12, 1), true)).toBe(true);
  });

  it("is not late any more once the person wants it", () => {
    expect(late(taken(at(12), at(1), { isWanted: true }), at(5), at(12))).toBe(false);
  });
});

describe("a press", () => {
  it("is as old as the outage may be: nobody says when it was", () => {
    expect(late(taken(at(12), at(1)), undefined, at(12))).toBe(true);
    expect(late(taken(at(12), at(7)), undefined, at(12))).toBe(false);
  });
});

describe("what was accepted and waited for its turn", () => {
  it("is late after an outage only, by when it was taken", () => {
    const queued = taken(at(1), undefined, { state: "queued" });
    expect(late(queued, undefined, at(12), true)).toBe(true);
    expect(late(queued, undefined, at(12), false)).toBe(false);
    expect(late(queued, undefined, at(6), true)).toBe(false);
  });

  it("is not late for having waited at Telegram before it was accepted, after a short restart", () => {
    expect(late(taken(at(12), at(1), { state: "queued" }), undefined, at(12, 1))).toBe(false);
  });
});
