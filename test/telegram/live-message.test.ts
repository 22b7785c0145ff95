import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Part } from "../../bot/telegram/delivery.ts";
import { plain } from "../../bot/telegram/formatted.ts";
import { createLiveMessage, type Delivered } from "../../bot/telegram/live-message.ts";
import type { Known } from "../../bot/telegram/slot.ts";
import { runs } from "./documents.ts";
import { fakeChat, fakeLedger, manualClock, part, type Trouble } from "./kit.ts";

const FILE: Part = { kind: "file", name: "answer.md", body: "all of it", caption: plain("All") };
const FLOOD = { kind: "flood", retryAfterMs: 5_000 } as const;
const UNSURE = { kind: "unsure" } as const;

function bench(options: { troubles?: Trouble[]; known?: Partial<Known> } = {}) {
  const clock = manualClock();
  const fake = fakeChat({ nowMs: clock.nowMs, ...(options.troubles ? { troubles: options.troubles } : {}) });
  const { ledger, lines } = fakeLedger();
  let shown = 0;
  const live = createLiveMessage({
    chat: fake.chat,
    ledger,
    nowMs: clock.nowMs,
    wait: clock.wait,
    onShown: () => (shown += 1),
    ...(options.known
      ? { known: { messages: [], doubtful: [], repeats: [], files: [], ...options.known } }
      : {}),
  });
  /** Finishes, and lets as much time pass as it takes. */
  async function finish(...parts: Part[]): Promise<Delivered> {
    const results: Delivered[] = [];
    void live.finish(parts).then((result) => results.push(result));
    for (let turn = 0; turn < 200 && results.length === 0; turn += 1) await clock.pass(10_000);
    const [delivered] = results;
    if (delivered === undefined) throw new Error("it was never finished");
    return delivered;
  }
  return { clock, ...fake, lines, live, finish, shown: () => shown };
}

describe("a message that grows", () => {
  it("is sent at once", async () => {
    const { live, clock, calls, texts } = bench();
    live.show(() => [part("a")]);
    await clock.settle();
    expect(texts()).toEqual(["a"]);
    expect(calls).toMatchObject([{ call: "send", at: 0, isRepeat: false, isPlain: false }]);
  });

  it("is edited no sooner than the interval allows; the newest text wins and the others are never made", async () => {
    const { live, clock, calls, texts } = bench();
    live.show(() => [part("a")]);
    await clock.settle();
    const made: string[] = [];
    for (const text of ["ab", "abc", "abcd"]) {
      live.show(() => {
        made.push(text);
        return [part(text)];
      });
      await clock.pass(300);
    }
    expect(texts()).toEqual(["a"]);
    await clock.pass(200);
    expect(texts()).toEqual(["abcd"]);
    expect(made).toEqual(["abcd"]);
    expect(calls.map(({ call, at }) => [call, at])).toEqual([
      ["send", 0],
      ["edit", 1_100],
    ]);
  });

  it("shows its last words at once, and then keeps the pace again", async () => {
    const { live, clock, calls } = bench();
    live.show(() => [part("a")]);
    await clock.settle();
    live.show(() => [part("ab")]);
    await clock.pass(100);
    live.show(() => [part("abc")], true);
    await clock.settle();
    live.show(() => [part("abcd")]);
    await clock.pass(2_000);
    expect(calls.map(({ call, at }) => [call, at])).toEqual([
      ["send", 0],
      ["edit", 100],
      ["edit", 1_200],
    ]);
  });

  it("shows not even its last words while Telegram wants a pause", async () => {
    const { live, clock, calls } = bench({ troubles: [{ refusal: FLOOD }] });
    live.show(() => [part("a")]);
    await clock.settle();
    live.show(() => [part("ab")], true);
    await clock.pass(4_000);
    expect(calls).toHaveLength(1);
    await clock.pass(2_000);
    expect(calls.map(({ at }) => at)).toEqual([0, 5_000]);
  });

  it("is not touched while its text stays the same", async () => {
    const { live, clock, calls } = bench();
    for (let turn = 0; turn < 3; turn += 1) {
      live.show(() => [part("a")]);
      await clock.pass(2_000);
    }
    expect(calls).toHaveLength(1);
  });

  it("becomes several, in order, and none is removed while text streams", async () => {
    const { live, clock, texts, calls } = bench();
    live.show(() => [part("1"), part("2"), part("3")]);
    await clock.pass(10_000);
    expect(texts()).toEqual(["1", "2", "3"]);
    live.show(() => [part("1")]);
    await clock.pass(10_000);
    expect(texts()).toEqual(["1", "2", "3"]);
    expect(calls.filter(({ call }) => call === "remove")).toEqual([]);
  });

  it("is finished once: who asks for another end is told how the first one went", async () => {
    const { finish, texts } = bench();
    const delivered = await finish(part("a"));
    expect(delivered.kind).toBe("delivered");
    expect(await finish(part("b"))).toEqual(delivered);
    expect(texts()).toEqual(["a"]);
  });

  it("sends nothing where there is nothing to show", async () => {
    const { live, clock, calls } = bench();
    live.show(() => []);
    await clock.pass(5_000);
    expect(calls).toEqual([]);
  });

  it("tells of each time that something new stands there", async () => {
    const { live, finish, shown, clock } = bench();
    live.show(() => [part("a")]);
    await clock.settle();
    expect(shown()).toBe(1);
    await finish(part("b"), part("c"));
    expect(shown()).toBe(3);
  });
});

describe("the end", () => {
  it("is not throttled", async () => {
    const { live, clock, texts, calls } = bench();
    live.show(() => [part("a")]);
    await clock.settle();
    live.show(() => [part("ab")]);
    await clock.settle();
    const delivered = live.finish([part("abc"), part("d")]);
    await expect(delivered).resolves.toEqual({ kind: "delivered", messageIds: [101, 102], refused: 0 });
    expect(texts()).toEqual(["abc", "d"]);
    expect(calls.map(({ at }) => at)).toEqual([0, 0, 0]);
  });

  it("waits out a 429 and is not dropped", async () => {
    const { live, clock, texts, calls } = bench({ troubles: [{ refusal: FLOOD }, { refusal: FLOOD }] });
    const delivered = live.finish([part("a")]);
    await clock.pass(4_999);
    expect(texts()).toEqual([]);
    await clock.pass(1);
    expect(calls.map(({ at }) => at)).toEqual([0, 5_000]);
    await clock.pass(5_000);
    await expect(delivered).resolves.toMatchObject({ kind: "delivered" });
    expect(texts()).toEqual(["a"]);
  });

  it("removes what is too much, and only then is done", async () => {
    const { live, clock, texts, finish } = bench();
    live.show(() => [part("1"), part("2"), part("3")]);
    await clock.pass(10_000);
    expect(await finish(part("all"))).toEqual({ kind: "delivered", messageIds: [101], refused: 0 });
    expect(texts()).toEqual(["all"]);
  });

  it.each<[string, Trouble]>([
    ["a 429", { call: "remove", refusal: FLOOD }],
    ["a broken connection", { call: "remove", refusal: UNSURE }],
    ["a connection that broke too late", { call: "remove", refusal: UNSURE, isDone: true }],
    ["no connection", { call: "remove", refusal: { kind: "unreached" } }],
  ])("removes what is too much in spite of %s", async (_, trouble) => {
    const { live, clock, texts, finish } = bench({ troubles: [trouble] });
    live.show(() => [part("1"), part("2")]);
    await clock.pass(10_000);
    await finish(part("all"));
    expect(texts()).toEqual(["all"]);
  });

  it("leaves what cannot be removed", async () => {
    const { live, clock, texts, finish, calls } = bench({
      troubles: [{ call: "remove", refusal: { kind: "bad_request" } }],
    });
    live.show(() => [part("1"), part("2")]);
    await clock.pass(10_000);
    expect(await finish(part("all"))).toMatchObject({ kind: "delivered" });
    expect(texts()).toEqual(["all", "2"]);
    expect(calls.filter(({ call }) => call === "remove")).toHaveLength(1);
  });

  it("of nothing is delivered", async () => {
    const { finish, calls } = bench();
    expect(await finish()).toEqual({ kind: "delivered", messageIds: [], refused: 0 });
    expect(calls).toEqual([]);
  });

  it("is the end: what is shown later is not", async () => {
    const { live, finish, clock, texts } = bench();
    await finish(part("end"));
    live.show(() => [part("late")]);
    await clock.pass(10_000);
    expect(texts()).toEqual(["end"]);
  });

  it("sends a file where a text had stood, and takes the text away", async () => {
    const { live, clock, standing, finish } = bench();
    live.show(() => [part("1"), part("2")]);
    await clock.pass(10_000);
    await finish(part("1"), FILE);
    expect(standing.map(({ kind, text }) => [kind, text])).toEqual([
      ["text", "1"],
      ["file", "all of it"],
    ]);
  });
});

describe("a file in the midst of an answer", () => {
  const onDisk = (path: string): Part => ({
    kind: "file",
    name: path,
    path,
    isPhoto: false,
    caption: plain(""),
  });

  it("stands where it belongs, in order, and what stood in its place goes", async () => {
    const { live, clock, standing, finish } = bench();
    live.show(() => [part("1"), part("status")]);
    await clock.pass(10_000);
    live.show(() => [part("1"), onDisk("a"), part("status")]);
    await clock.pass(10_000);
    await finish(part("1"), onDisk("a"), onDisk("b"), part("2"));
    expect(standing.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      "text 1",
      "file a",
      "file b",
      "text 2",
    ]);
  });

  it("gives way to text or another file: neither can take its place", async () => {
    const { live, clock, standing, finish } = bench();
    live.show(() => [onDisk("a"), onDisk("b")]);
    await clock.pass(10_000);
    await finish(part("1"), onDisk("c"));
    expect(standing.map(({ kind, text }) => `${kind} ${text}`)).toEqual(["text 1", "file c"]);
  });

  it("of an earlier life is not sent again", async () => {
    const { finish, stand, calls, texts } = bench({ known: { messages: [7, 8], files: [1] } });
    stand(7, "1");
    stand(8, "a");
    await finish(part("1"), onDisk("a"), part("2"));
    expect(calls.map(({ call, text }) => [call, text])).toEqual([
      ["edit", "1"],
      ["send", "2"],
    ]);
    expect(texts()).toEqual(["1", "a", "2"]);
  });
});

describe("a refusal", () => {
  it.each(["unsure", "unreached"] as const)("of a send (%s) is followed by another send", async (kind) => {
    const { finish, calls, texts, lines } = bench({ troubles: [{ refusal: { kind } }] });
    await finish(part("a"));
    expect(texts()).toEqual(["a"]);
    // Only where it may have arrived must the second say so.
    const isRepeat = kind === "unsure";
    expect(calls.map((call) => call.isRepeat)).toEqual([false, isRepeat]);
    expect(lines).toEqual(["sending 0", isRepeat ? "sending 0 again" : "sending 0", "sent 0 as 102"]);
  });

  it("of a send that arrived leaves two messages, the second with its mark, which it keeps", async () => {
    const { live, clock, finish, standing } = bench({ troubles: [{ refusal: UNSURE, isDone: true }] });
    live.show(() => [part("a")]);
    await clock.pass(10_000);
    await finish(part("ab"));
    expect(standing.map(({ text, isRepeat }) => [text, isRepeat])).toEqual([
      ["a", false],
      ["ab", true],
    ]);
  });

  it.each([true, false])(
    "of an edit (carried out: %s) is followed by another edit, without a mark",
    async (isDone) => {
      const { live, clock, finish, standing, calls } = bench({
        troubles: [{ call: "edit", refusal: UNSURE, isDone }],
      });
      live.show(() => [part("a")]);
      await clock.settle();
      await finish(part("ab"));
      expect(standing).toMatchObject([{ text: "ab", isRepeat: false }]);
      expect(calls.map(({ call }) => call)).toEqual(["send", "edit", "edit"]);
    },
  );

  it("of an edit that was carried out all the same: what had stood there before is put back", async () => {
    const { live, clock, finish, texts } = bench({
      troubles: [{ call: "edit", refusal: UNSURE, isDone: true }],
    });
    live.show(() => [part("a")]);
    await clock.settle();
    live.show(() => [part("a, and a tool")]);
    await clock.pass(1_100);
    await finish(part("a"));
    expect(texts()).toEqual(["a"]);
  });

  it("again and again waits twice as long each time, but never more than five minutes", async () => {
    const { live, clock, calls, troubles } = bench({
      troubles: Array.from({ length: 12 }, () => ({ refusal: { kind: "unreached" } as const })),
    });
    void live.finish([part("a")]);
    for (let turn = 0; turn < 100 && troubles.length > 0; turn += 1) await clock.pass(60_000);
    await clock.pass(300_000);
    const gaps = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0));
    expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => seconds * 1_000));
  });

  it("because nothing would change is as good as done", async () => {
    const { finish, calls, stand } = bench({ known: { messages: [7] } });
    stand(7, "a");
    expect(await finish(part("a"))).toEqual({ kind: "delivered", messageIds: [7], refused: 0 });
    expect(calls).toHaveLength(1);
  });

  it("because the message is gone: it is sent anew", async () => {
    const { live, clock, finish, texts, lines } = bench({
      troubles: [{ call: "edit", refusal: { kind: "gone" } }],
    });
    live.show(() => [part("a")]);
    await clock.settle();
    await finish(part("ab"));
    expect(texts()).toEqual(["ab"]);
    expect(lines).toEqual(["sending 0", "sent 0 as 101", "sending 0", "sent 0 as 102"]);
  });

  it("because it is gone: what had stood there is sent anew, too", async () => {
    const { live, clock, finish, texts } = bench({ troubles: [{ call: "edit", refusal: { kind: "gone" } }] });
    live.show(() => [part("a")]);
    await clock.settle();
    live.show(() => [part("a, and a tool")]);
    await clock.pass(1_100);
    expect(texts()).toEqual([]);
    await finish(part("a"));
    expect(texts()).toEqual(["a"]);
  });

  it("because the chat is closed is the end of it, at once", async () => {
    const { finish, calls } = bench({ troubles: [{ refusal: { kind: "closed" } }] });
    expect(await finish(part("a"), part("b"))).toEqual({ kind: "undeliverable" });
    expect(calls).toHaveLength(1);
  });

  it("because the chat is closed while text streams: nothing more is tried before the end, and the end is", async () => {
    const closed: Trouble = { refusal: { kind: "closed" } };
    const { live, clock, finish, calls, troubles, texts } = bench({ troubles: [closed] });
    live.show(() => [part("a")]);
    await clock.settle();
    live.show(() => [part("ab")]);
    await clock.pass(60_000);
    expect(calls).toHaveLength(1);
    troubles.push(closed);
    expect(await finish(part("abc"))).toEqual({ kind: "undeliverable" });
    expect([calls.length, texts()]).toEqual([2, []]);
  });

  it("because the chat was closed while text streamed, and is open again: the end is delivered", async () => {
    const { live, clock, finish, texts } = bench({ troubles: [{ refusal: { kind: "closed" } }] });
    live.show(() => [part("a")]);
    await clock.settle();
    expect(await finish(part("abc"))).toMatchObject({ kind: "delivered" });
    expect(texts()).toEqual(["abc"]);
  });

  it("of the content: it is sent plain, then given up, and the other parts are delivered", async () => {
    const bad: Trouble = { refusal: { kind: "bad_request" } };
    const { finish, calls, texts } = bench({ troubles: [bad, bad] });
    expect(await finish(part("a"), part("b"))).toEqual({
      kind: "delivered",
      messageIds: [103],
      refused: 1,
    });
    expect(texts()).toEqual(["b"]);
    expect(calls.map(({ text, isPlain }) => [text, isPlain])).toEqual([
      ["a", false],
      ["a", true],
      ["b", false],
    ]);
  });

  it("of what was written half-way does not spoil the end", async () => {
    const bad: Trouble = { refusal: { kind: "bad_request" } };
    const { live, clock, finish, calls, texts } = bench({ troubles: [bad, bad] });
    live.show(() => [part("half")]);
    await clock.pass(10_000);
    expect(texts()).toEqual([]);
    await finish(part("whole"));
    expect(texts()).toEqual(["whole"]);
    expect(calls.at(-1)).toMatchObject({ text: "whole", isPlain: false });
  });

  it("because the topic is gone is followed by another send", async () => {
    const { finish, texts } = bench({ troubles: [{ refusal: { kind: "topic_gone" } }] });
    await finish(part("a"));
    expect(texts()).toEqual(["a"]);
  });
});

describe("messages of an earlier life", () => {
  it("are edited, not sent again", async () => {
    const { finish, texts, stand, lines } = bench({ known: { messages: [7, 8] } });
    stand(7, "old");
    stand(8, "older");
    expect(await finish(part("a"), part("b"))).toEqual({ kind: "delivered", messageIds: [7, 8], refused: 0 });
    expect([texts(), lines]).toEqual([["a", "b"], []]);
  });

  it("that may stand there are sent with the mark of a repeat", async () => {
    const { finish, standing, stand, lines } = bench({ known: { messages: [7], doubtful: [1] } });
    stand(7, "a");
    await finish(part("a"), part("b"), part("c"));
    expect(standing.map(({ text, isRepeat }) => [text, isRepeat])).toEqual([
      ["a", false],
      ["b", true],
      ["c", false],
    ]);
    expect(lines[0]).toBe("sending 1 again");
  });

  it("that wear the mark keep it", async () => {
    const { finish, standing, stand } = bench({ known: { messages: [7], repeats: [0] } });
    stand(7, "a");
    await finish(part("b"));
    expect(standing).toEqual([{ id: 7, text: "b", kind: "text", isRepeat: true }]);
  });

  it("are removed where they are too many", async () => {
    const { finish, texts, stand } = bench({ known: { messages: [7, undefined, 9] } });
    stand(7, "1");
    stand(9, "3");
    await finish(part("all"));
    expect(texts()).toEqual(["all"]);
  });

  it.each<[string, Trouble[]]>([
    ["at once", []],
    ["in spite of a 429", [{ call: "remove", refusal: FLOOD }]],
    ["though it was gone", [{ call: "remove", refusal: { kind: "bad_request" }, isDone: true }]],
  ])("are taken away where a file belongs: they may be old text (%s)", async (_, troubles) => {
    const { finish, standing, stand, lines } = bench({ known: { messages: [6, 7] }, troubles });
    stand(6, "a");
    stand(7, "b");
    await finish(part("a"), FILE);
    expect(standing.map(({ kind, text }) => [kind, text])).toEqual([
      ["text", "a"],
      ["file", "all of it"],
    ]);
    expect(lines).toEqual(["sending 1", "sent 1 as 101"]);
  });
});

it("the ledger hears of each message before it is sent and after it was", async () => {
  const { finish, lines } = bench();
  await finish(part("a"), part("b"));
  expect(lines).toEqual(["sending 0", "sent 0 as 101", "sending 1", "sent 1 as 102"]);
});

describe("whatever happens", () => {
  const refusal = fc.constantFrom<Trouble["refusal"]>(
    FLOOD,
    UNSURE,
    { kind: "unreached" },
    { kind: "gone" },
    { kind: "topic_gone" },
    { kind: "unchanged" },
  );
  const trouble: fc.Arbitrary<Trouble> = fc
    .record({
      call: fc.constantFrom("send" as const, "edit" as const, "remove" as const),
      refusal,
      isDone: fc.boolean(),
    })
    .map((each) => {
      // What a server can mean by each: only where it is unsure may it have been done.
      if (each.refusal.kind !== "unsure") Object.assign(each, { isDone: false });
      if (each.refusal.kind === "unchanged") Object.assign(each, { call: "edit", isDone: true });
      if (each.refusal.kind === "topic_gone") Object.assign(each, { call: "send" });
      if (each.refusal.kind === "gone") Object.assign(each, { call: "edit" });
      return each;
    });
  const parts = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 4 }).map((texts) => texts.map(part));
  const step = fc.record({ parts, afterMs: fc.constantFrom(0, 100, 1_200, 7_000) });

  it("the end stands in the chat, in order, and nothing else but what may be twice and says so", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.array(trouble, { maxLength: 8 }),
        parts,
        async (steps, troubles, final) => {
          const arrived = troubles.filter(({ call, isDone }) => call === "send" && isDone).length;
          const { live, clock, finish, standing, calls, lines } = bench({ troubles: [...troubles] });
          for (const each of steps) {
            live.show(() => each.parts);
            await clock.pass(each.afterMs);
          }
          const delivered = await finish(...final);
          expect(delivered.kind).toBe("delivered");
          const ids = delivered.kind === "delivered" ? delivered.messageIds : [];
          const byId = new Map(standing.map((each) => [each.id, each.text]));
          expect(ids.map((id) => byId.get(id))).toEqual(
            final.map((each) => (each.kind === "text" ? each.content.text : "")),
          );
          // Whatever else stands there arrived although its sending seemed to have failed: then its part is marked.
          const others = standing.filter(({ id }) => !ids.includes(id));
          expect(others.length).toBeLessThanOrEqual(arrived);
          const slots = lines.filter((line) => line.startsWith("sending")).map((line) => line.split(" ")[1]);
          const doubtful = new Set<string | undefined>();
          for (const [index, { refused, isRepeat }] of calls
            .filter(({ call }) => call === "send")
            .entries()) {
            expect(isRepeat).toBe(doubtful.has(slots[index]));
            if (refused === "unsure") doubtful.add(slots[index]);
          }
        },
      ),
      { numRuns: runs(300) },
    );
  });
});
