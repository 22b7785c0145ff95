import { describe, expect, it } from "vitest";
import type { Part } from "../../bot/telegram/delivery.ts";
import { createWaitingNotes } from "../../bot/telegram/waiting-notes.ts";
import type { Fact } from "../../bot/turns/facts.ts";
import { createLine, type Lined } from "../../bot/turns/line.ts";
import { startTiming } from "../../bot/turns/timing.ts";
import { manualClock } from "./kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

const line = createLine();

/** A message of update `updateId` that waits; `note` is what an earlier life left under it. */
const message = (updateId: number, note?: number): Lined => ({
  updateId,
  sessionId: "s",
  order: { place: { chatId: 7 }, createdBy: 7, messageId: updateId + 100, text: "words" },
  rank: line.newRank(),
  timing: startTiming(() => 0),
  entry:
    note === undefined
      ? undefined
      : {
          id: updateId,
          at: "",
          state: "queued",
          starts: 0,
          messages: [],
          doubtful: [],
          repeats: [],
          files: [],
          note,
        },
  work: async () => {},
  isStopped: false,
  isAnswered: false,
  unread: new Map(),
  over: { promise: Promise.resolve(), resolve: () => {} },
  read: [],
  written: Promise.resolve(),
  cutShort: new AbortController(),
});

function bench({ isAsking = () => false }: { isAsking?: () => boolean } = {}) {
  const clock = manualClock();
  const standing = new Map<number, readonly Part[]>();
  const reactions: (string | undefined)[] = [];
  const facts: [number, Fact][] = [];
  let last = 500;
  const notes = createWaitingNotes({
    wait: clock.wait,
    isAsking,
    budget: () => ({ spentUsd: 5.12, limitUsd: 5 }),
    journal: { note: async (id, fact) => void facts.push([id, fact]) },
    api: {
      async setMessageReaction(_chat, _message, reaction) {
        const [first] = reaction as { emoji?: string }[];
        reactions.push(first?.emoji);
        return true;
      },
    },
    outbox: {
      async remark(_, parts, { messageId = (last += 1) }) {
        if (parts.length === 0) {
          standing.delete(messageId);
          return undefined;
        }
        checkParts(parts);
        standing.set(messageId, parts);
        return messageId;
      },
    },
  });
  const texts = (): string[] => [...standing.values()].map((parts) => textOf(parts));
  return { clock, notes, texts, reactions, facts, standing };
}

describe("the note under a message that waits", () => {
  it("comes after a second, without a word before, and goes when it runs", async () => {
    const { clock, notes, texts, facts } = bench();
    const one = message(1);
    notes.waits(one, "behind");
    await clock.pass(900);
    expect(texts()).toEqual([]);
    await clock.pass(200);
    expect(texts()).toEqual([expect.stringContaining("Waits for the answer before it")]);
    expect(facts).toEqual([[1, { state: "noted", messageId: 501 }]]);
    notes.over(one, "runs");
    await clock.settle();
    expect(texts()).toEqual([]);
  });

  it("comes, too, where there is no message to stand under: after a Continue, the budget asks as well", async () => {
    const { clock, notes, standing } = bench();
    const { messageId: _, ...order } = message(1).order;
    const one = { ...message(1), order };
    notes.waits(one, "budget");
    await clock.pass(0);
    expect(standing.get(501)).toMatchObject([
      { buttons: [[{ data: "runanyway:1" }, {}, { data: "drop:1" }]] },
    ]);
    notes.over(one, "runs");
    await clock.settle();
    expect(standing.size).toBe(0);
  });

  it("never comes where the message begins at once", async () => {
    const { clock, notes, texts } = bench();
    notes.waits(message(1), "behind");
    notes.over(message(1), "runs");
    await clock.pass(10_000);
    expect(texts()).toEqual([]);
  });

  it("changes with the reason, and offers to hurry only where something here can be stopped", async () => {
    const { clock, notes, standing, texts } = bench();
    const one = message(1);
    notes.waits(one, "full");
    await clock.pass(1_000);
    expect(standing.get(501)).toMatchObject([{ buttons: [[{ data: "drop:1" }]] }]);
    notes.waits(one, "unread");
    await clock.settle();
    expect(standing.get(501)).toMatchObject([{ buttons: [[{ data: "stopfor:1" }, { data: "drop:1" }]] }]);
    expect(texts()).toEqual([expect.stringContaining("Claude reads this")]);
  });

  it("says that Claude asks something, if it does when the note comes", async () => {
    let asks = false;
    const { clock, notes, texts } = bench({ isAsking: () => asks });
    notes.waits(message(1), "unread");
    notes.waits(message(2), "behind");
    await clock.pass(900);
    asks = true;
    await clock.pass(5_000);
    expect(texts()).toEqual([
      "⏳ Waits for the answer before it. That one waits, too: Claude asks something above.",
      "⏳ Claude asks something above. It reads this when that is answered and done.",
    ]);
  });

  it("confirms an edit at once", async () => {
    const { clock, notes, texts } = bench();
    const one = message(1);
    notes.waits(one, "unread");
    notes.changed(one);
    notes.waits(one, "unread");
    await clock.settle();
    expect(texts()).toEqual([expect.stringMatching(/^✏️ Changed/)]);
  });

  it("says that it was dropped, and takes the reaction away", async () => {
    const { clock, notes, texts, reactions } = bench();
    const one = message(1);
    notes.waits(one, "behind");
    notes.over(one, "dropped");
    await clock.settle();
    expect([texts(), reactions]).toEqual([[expect.stringMatching(/Dropped/)], [undefined]]);
  });

  it("is not needed for what was read: another reaction says it", async () => {
    const { clock, notes, texts, reactions } = bench();
    const one = message(1);
    notes.waits(one, "unread");
    await clock.pass(5_000);
    notes.over(one, "read");
    await clock.settle();
    expect([texts(), reactions]).toEqual([[], ["👌"]]);
  });

  it("of an earlier life is changed, not sent again", async () => {
    const { clock, notes, standing } = bench();
    notes.waits(message(1, 77), "behind");
    await clock.pass(1_000);
    expect([...standing.keys()]).toEqual([77]);
  });

  it("of an earlier life goes with the message that it stood under", async () => {
    const { clock, notes, standing } = bench();
    standing.set(77, []);
    notes.over(message(1, 77), "runs");
    await clock.settle();
    expect([...standing.keys()]).toEqual([]);
  });
});
