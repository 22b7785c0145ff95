import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entry, type Fact, fold, newEntry } from "../../bot/turns/facts.ts";

const AT = "2026-01-01T00:00:00.000Z";
const PLACE = { chatId: 7 };
const ORDER = { place: PLACE, createdBy: 7, messageId: 3, text: "hello" };
const PROCESS = { pid: 42, startTime: "1", bootId: "b" };
const ANSWERED: Fact = { state: "answered", outcome: "answered", place: PLACE, parts: [{ kind: "text" }] };

const after = (...facts: readonly Fact[]): Entry => facts.reduce(fold, newEntry(1, AT));

describe("an entry", () => {
  it.each<[string, Fact, Partial<Entry>]>([
    [
      "received",
      { state: "received", update: { update_id: 1 } },
      { state: "received", update: { update_id: 1 } },
    ],
    ["acting", { state: "acting", target: "a-00000000" }, { state: "acting", target: "a-00000000" }],
    ["held", { state: "held", order: ORDER }, { state: "held", order: ORDER }],
    [
      "queued",
      { state: "queued", sessionId: "s", order: ORDER },
      { state: "queued", sessionId: "s", order: ORDER },
    ],
    ["starting", { state: "starting" }, { state: "starting", starts: 1 }],
    ["running", { state: "running", process: PROCESS }, { state: "running", process: PROCESS }],
    [
      "answered",
      ANSWERED,
      { state: "answered", answer: { outcome: "answered", place: PLACE, parts: [{ kind: "text" }] } },
    ],
    ["interrupted", { state: "interrupted" }, { state: "interrupted" }],
    ["done", { state: "done", why: "answered" }, { state: "done" }],
  ])("says after %s what is known", (_, fact, expected) => {
    expect(after(fact)).toEqual({ ...newEntry(1, AT), ...expected });
  });

  it("counts every start", () => {
    const start: Fact = { state: "starting" };
    expect(after(start, { state: "running", process: PROCESS }, start, start).starts).toBe(3);
  });

  it("keeps the turn's own state while its live message is sent, and is sending once the answer is stored", () => {
    const live = after(
      { state: "queued", sessionId: "s", order: ORDER },
      { state: "running", process: PROCESS },
      { state: "sending", part: 0, isRepeat: false },
      { state: "sent", part: 0, messageId: 101 },
    );
    expect(live).toMatchObject({ state: "running", messages: [101], doubtful: [], repeats: [] });
    const sending = [ANSWERED, { state: "sending", part: 1, isRepeat: false } as const].reduce(fold, live);
    expect(sending).toMatchObject({ state: "sending", messages: [101], doubtful: [1] });
    expect(fold(sending, { state: "sent", part: 1, messageId: 102 })).toMatchObject({
      state: "sending",
      messages: [101, 102],
      doubtful: [],
    });
  });

  it("remembers which parts stand as files, until a text takes their place", () => {
    const file = after({ state: "sent", part: 1, messageId: 9, isFile: true });
    expect(file).toMatchObject({ messages: [undefined, 9], files: [1] });
    expect(fold(file, { state: "sent", part: 1, messageId: 10 }).files).toEqual([]);
  });

  it("doubts a part that was about to be sent, once, and remembers which wear the mark of a repeat", () => {
    const twice = after(
      { state: "sending", part: 2, isRepeat: false },
      { state: "sending", part: 2, isRepeat: true },
      { state: "sending", part: 2, isRepeat: true },
    );
    expect(twice).toMatchObject({ doubtful: [2], repeats: [2] });
    expect(fold(twice, { state: "sent", part: 2, messageId: 9 })).toMatchObject({
      doubtful: [],
      repeats: [2],
    });
  });

  it("stays done whatever follows, and keeps only what duplicates are known by", () => {
    const done = after({ state: "received", update: { text: "secret" } }, ANSWERED, {
      state: "done",
      why: "answered",
    });
    expect(done).toEqual({ ...newEntry(1, AT), state: "done" });
    expect(fold(done, { state: "queued", sessionId: "s", order: ORDER })).toBe(done);
    expect(fold(done, ANSWERED)).toBe(done);
  });

  it("never changes once it was given out", () => {
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 12 }), (facts) => {
        let entry = deepFreeze(newEntry(1, AT));
        for (const fact of facts) entry = deepFreeze(fold(entry, fact));
      }),
    );
  });
});

const part = fc.nat({ max: 4 });
const anyFact: fc.Arbitrary<Fact> = fc.oneof(
  fc.constant<Fact>({ state: "received", update: {} }),
  fc.constant<Fact>({ state: "acting", target: "a-00000000" }),
  fc.constant<Fact>({ state: "held", order: ORDER }),
  fc.constant<Fact>({ state: "queued", sessionId: "s", order: ORDER }),
  fc.constant<Fact>({ state: "starting" }),
  fc.constant<Fact>({ state: "running", process: PROCESS }),
  fc.constant<Fact>(ANSWERED),
  fc.record({ state: fc.constant("sending" as const), part, isRepeat: fc.boolean() }),
  fc.record({ state: fc.constant("sent" as const), part, messageId: fc.nat() }),
  fc.constant<Fact>({ state: "interrupted" }),
);

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) deepFreeze(each);
  }
  return value;
}
