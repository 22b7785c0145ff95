import { Api } from "grammy";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { nowMs, wait } from "../../bot/clock.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import { createDraftedMessage } from "../../bot/telegram/draft.ts";
import type { LiveMessage } from "../../bot/telegram/live-message.ts";
import type { EditResult } from "../../bot/telegram/slot.ts";
import { createOutbox } from "../../bot/telegram/outbox.ts";
import type { Refusal } from "../../bot/telegram/refusal.ts";
import { startBotApi } from "../fakes/bot-api/bot-api.ts";
import { checkFormatted } from "../oracle/tdlib.ts";
import { tempJournal } from "./journal-kit.ts";
import { manualClock, part } from "./kit.ts";

const ask: Part = { ...part("May I?"), buttons: [[{ text: "Yes", data: "yes:1" }]] } as Part;

/** A draft; each refusal hits the next call, and `standing` parts stand already. */
function open(refusals: Refusal[] = [], standing = 0) {
  const clock = manualClock();
  const sent: { at: number; text: string }[] = [];
  const stood: string[][] = [];
  let blockedUntil = 0;
  /** While set, a call does not come back. */
  let hanging: ((result: EditResult) => void) | undefined;
  let hangs = false;
  const live: LiveMessage = {
    show: (make) =>
      void stood.push(make().map((each) => (each.kind === "text" ? each.content.text : each.kind))),
    finish: async () => ({ kind: "undeliverable" }),
  };
  const draft = createDraftedMessage({
    async send({ text }, signal) {
      sent.push({ at: clock.nowMs(), text });
      const refusal = refusals.shift();
      if (hangs)
        return new Promise((resolve) => {
          hanging = resolve;
          signal.addEventListener("abort", () => resolve({ ok: false, refusal: { kind: "unsure" } }));
        });
      return refusal === undefined ? { ok: true } : { ok: false, refusal };
    },
    live,
    delayMs: () => Math.max(0, blockedUntil - clock.nowMs()),
    nowMs: clock.nowMs,
    wait: clock.wait,
    standing,
    onShown: () => {},
  });
  return {
    clock,
    sent,
    stood,
    draft,
    say: (...parts: (string | Part)[]) =>
      draft.show(() => parts.map((each) => (typeof each === "string" ? part(each) : each))),
    texts: () => sent.map(({ text }) => text),
    blockFor: (ms: number) => void (blockedUntil = clock.nowMs() + ms),
    hang: () => void (hangs = true),
    comeBack: () => hanging?.({ ok: true }),
  };
}

describe("a draft", () => {
  it("grows twice a second at most, and shows the newest words", async () => {
    const { say, clock, sent } = open();
    for (const words of ["", "a", "ab", "abc"]) {
      say(...(words === "" ? [] : [words]));
      await clock.pass(200);
    }
    await clock.pass(1_000);
    expect(sent).toEqual([
      { at: 0, text: "" },
      { at: 500, text: "ab" },
      { at: 1_000, text: "abc" },
    ]);
  });

  it("is shown again before Telegram forgets it, and when a real message has wiped it, but not for nothing", async () => {
    const { say, clock, sent, draft } = open();
    say("a");
    await clock.pass(1_000);
    say("a");
    await clock.pass(18_000);
    expect(sent).toHaveLength(1);
    await clock.pass(2_000);
    expect(sent).toHaveLength(2);
    draft.wiped();
    await clock.pass(500);
    expect(sent.map(({ at }) => at)).toEqual([0, 20_000, 21_000]);
  });

  it("is only the last words: what stands above them is sent for real", async () => {
    const { say, clock, texts, stood } = open();
    say("first", "second");
    await clock.pass(500);
    expect([stood, texts()]).toEqual([[["first"]], ["second"]]);
  });

  it("makes way for a message with buttons, and goes on below it", async () => {
    const { say, clock, texts, stood } = open();
    say("before");
    await clock.pass(500);
    say("before", ask);
    await clock.pass(60_000);
    expect([stood.at(-1), texts()]).toEqual([["before", "May I?"], ["before"]]);
    say("before", "It may.");
    await clock.pass(500);
    expect([stood.at(-1), texts().at(-1)]).toEqual([["before", "It may."], ""]);
    say("before", "It may.", "after");
    await clock.pass(500);
    expect([stood.at(-1), texts().at(-1)]).toEqual([["before", "It may."], "after"]);
  });

  it("is not made of what an earlier life had sent for real", async () => {
    const { say, clock, texts, stood } = open([], 2);
    say("before", "It may.");
    await clock.pass(500);
    say("before", "It may.", "after");
    await clock.pass(500);
    expect([stood.at(-1), texts()]).toEqual([
      ["before", "It may."],
      ["", "after"],
    ]);
  });

  it.each<Refusal>([
    { kind: "bad_request" },
    { kind: "flood", retryAfterMs: 3_000 },
    { kind: "closed" },
    { kind: "topic_gone" },
  ])("that is refused (%j) is given up: the answer grows by edits", async (refusal) => {
    const { say, clock, stood, sent, draft } = open([refusal]);
    say("a");
    await clock.settle();
    expect([stood, draft.isOpen()]).toEqual([[["a"]], false]);
    say("ab");
    await clock.pass(60_000);
    expect([stood.at(-1), sent.length]).toEqual([["ab"], 1]);
  });

  it("that does not get through is tried again, and given up after a while", async () => {
    const unsure: Refusal = { kind: "unsure" };
    const { say, clock, sent, stood, draft } = open([unsure, unsure]);
    say("a");
    await clock.pass(5_000);
    expect(sent.map(({ at }) => at)).toEqual([0, 2_000, 4_000]);
    expect([stood, draft.isOpen()]).toEqual([[], true]);
    const hopeless = open([unsure, unsure, unsure, unsure, unsure]);
    hopeless.say("a");
    await hopeless.clock.pass(60_000);
    expect([hopeless.sent.length, hopeless.stood]).toEqual([5, [["a"]]]);
  });

  it("waits while the chat is closed by a 429", async () => {
    const { say, clock, sent, blockFor } = open();
    blockFor(3_000);
    say("a");
    await clock.pass(4_000);
    expect(sent).toEqual([{ at: 3_000, text: "a" }]);
  });

  it("ends when its last call is back, and is not shown after that", async () => {
    const { say, clock, draft, hang, comeBack, sent } = open();
    hang();
    say("a");
    await clock.settle();
    let hasEnded = false;
    void draft.end().then(() => (hasEnded = true));
    await clock.settle();
    expect(hasEnded).toBe(false);
    comeBack();
    await clock.settle();
    expect(hasEnded).toBe(true);
    await clock.pass(60_000);
    expect(sent).toHaveLength(1);
  });

  it("is cut off where a call hangs: the answer does not wait for it", async () => {
    const { say, clock, draft, hang, stood } = open();
    hang();
    say("a");
    await clock.settle();
    let hasEnded = false;
    void draft.end().then(() => (hasEnded = true));
    await clock.pass(1_900);
    expect(hasEnded).toBe(false);
    await clock.pass(200);
    expect([hasEnded, stood]).toEqual([true, []]);
    expect(clock.waiting()).toEqual([]);
  });

  it("ends at once where nothing was shown", async () => {
    const { draft, clock } = open();
    let hasEnded = false;
    void draft.end().then(() => (hasEnded = true));
    await clock.settle();
    expect(hasEnded).toBe(true);
    expect(clock.waiting()).toEqual([]);
  });
});

describe("an answer in a chat", () => {
  async function live() {
    const double = await startBotApi({ checkText: checkFormatted });
    onTestFinished(() => double.close());
    double.user(7).send("hello");
    double.group(-100);
    const api = new Api(double.token, { apiRoot: double.url, timeoutSeconds: 5 });
    const outbox = createOutbox({
      api,
      uploads: api,
      journal: await (await tempJournal()).open(),
      logger: pino({ level: "silent" }),
      checkpoint: () => {},
      nowMs,
      wait,
      isDrafting: true,
    });
    return { double, outbox };
  }

  it("is a draft until its end, and is shown again when another message has wiped it", async () => {
    const { double, outbox } = await live();
    const answer = outbox.answer({ updateId: 5, place: { chatId: 7 } });
    answer.show(() => [part("a")]);
    await double.chat(7).waitForDraft("a");
    await outbox.notice({ chatId: 7 }, [part("by the way")]);
    await double.waitForCall("sendMessageDraft", () => double.chat(7).draftHistory.length === 2);
    expect(answer.isDrafted()).toBe(true);
    await answer.finish([part("a b")], "answered");
    expect(double.chat(7).answers.map(({ text }) => text)).toEqual(["by the way", "a b"]);
    expect(double.chat(7).seenDrafts).toEqual([]);
    expect(double.violations).toEqual([]);
  });

  it("grows by edits in a group, and where a server knows no drafts", async () => {
    const { double, outbox } = await live();
    const inGroup = outbox.answer({ updateId: 5, place: { chatId: -100 } });
    inGroup.show(() => [part("in the group")]);
    expect(inGroup.isDrafted()).toBe(false);
    await double.chat(-100).waitForText("in the group");
    const description = "Not Found: method not found";
    double.fault({ method: "sendMessageDraft", kind: "refuse", code: 404, description });
    const refused = outbox.answer({ updateId: 6, place: { chatId: 7 } });
    refused.show(() => [part("in private")]);
    await double.chat(7).waitForText("in private");
    expect([refused.isDrafted(), double.chat(-100).draftHistory.length]).toEqual([false, 0]);
    await Promise.all([inGroup, refused].map((answer) => answer.finish([part("whole")], "answered")));
  });
});
