import { Api } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCallbacks } from "../../bot/telegram/callbacks.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import type { AnswerOptions, Outbox } from "../../bot/telegram/outbox.ts";
import type { KeptOrder } from "../../bot/turns/order.ts";
import { newProgress } from "../../bot/turns/progress.ts";
import type { TurnView } from "../../bot/turns/view.ts";
import { type BotApi, startBotApi } from "../fakes/bot-api/bot-api.ts";
import { textOf } from "./presenter-check.ts";

let double: BotApi;

beforeEach(async () => {
  double = await startBotApi();
});

afterEach(async () => {
  await double.close();
  if (double.violations.length > 0) throw new Error(JSON.stringify(double.violations));
});

const viewOf = (given: Partial<TurnView>): TurnView => ({
  ...newProgress().view,
  phase: "working",
  ...given,
});

/** Callbacks of a message in the private chat, or as `order` says; the outbox writes down what it is told. */
function bind(given: Partial<KeptOrder> = {}, footer: "off" | "auto" = "off") {
  const opened: AnswerOptions[] = [];
  const shown: (() => readonly Part[])[] = [];
  const finished: { parts: readonly Part[]; outcome: string; isOpen: boolean | undefined }[] = [];
  const ticks: (() => void)[] = [];
  const noticed: string[] = [];
  let now = 0;
  const log: string[] = [];
  const outbox: Outbox = {
    answer(options) {
      opened.push(options);
      return {
        show: (make, isLast) => {
          shown.push(make);
          if (isLast) log.push("last words");
        },
        isDrafted: () => false,
        async finish(parts, outcome, options) {
          finished.push({ parts, outcome, isOpen: options?.isOpen });
        },
      };
    },
    async resume() {},
    async notice(_, parts) {
      noticed.push(textOf(parts));
    },
    remark: async () => undefined,
  };
  const order: KeptOrder = { place: { chatId: 7 }, createdBy: 7, text: "hello", ...given };
  const callbacks = makeCallbacks(
    {
      api: new Api(double.token, { apiRoot: double.url }),
      outbox,
      look: { footer, isRich: false },
      every(ms, tick) {
        log.push(`every ${ms}`);
        ticks.push(tick);
        return () => log.push(`stopped ${ms}`);
      },
      nowMs: () => now,
    },
    { updateId: 5, order, onFirstWords: () => log.push("first words") },
  );
  const pass = (ms: number): void => void (now += ms);
  return { callbacks, opened, shown, finished, ticks, noticed, log, pass };
}

describe("a turn's chat", () => {
  it("leaves the acknowledgement to whoever took the message", async () => {
    const { message } = double.user(7).send("hello");
    const { callbacks } = bind({ messageId: message.id });
    callbacks.update(viewOf({}));
    await double.waitForCall("sendChatAction");
    expect(double.model.callsOf("setMessageReaction")).toEqual([]);
  });

  it("shows typing from the first word of the turn until its end, and not again after that", async () => {
    double.user(7).send("hello");
    const { callbacks, ticks, log } = bind();
    callbacks.update(viewOf({ phase: "starting" }));
    callbacks.update(viewOf({ text: "H" }));
    expect(log).toEqual(["every 4500", "every 2500"]);
    ticks[0]?.();
    await double.waitForCall("sendChatAction", () => double.model.callsOf("sendChatAction").length === 2);
    await callbacks.finish(viewOf({ phase: "ended", outcome: { kind: "answered" } }));
    callbacks.update(viewOf({ text: "late" }));
    expect(log).toEqual(["every 4500", "every 2500", "stopped 4500", "stopped 2500"]);
  });

  it("shows no typing while Claude waits for the person", async () => {
    double.user(7).send("hello");
    const { callbacks, ticks } = bind();
    const question = (state: "waiting" | "cancelled") => ({
      id: "ask-1",
      at: 0,
      kind: "ask" as const,
      ask: {
        session: "3b241101",
        updateId: 5,
        n: 1,
        about: { kind: "plan" } as const,
        state: { kind: state },
      },
    });
    callbacks.update(viewOf({}));
    await double.waitForCall("sendChatAction");
    callbacks.update(viewOf({ interludes: [question("waiting")] }));
    ticks[0]?.();
    ticks[0]?.();
    callbacks.update(viewOf({ interludes: [question("cancelled")] }));
    ticks[0]?.();
    await double.waitForCall("sendChatAction", () => double.model.callsOf("sendChatAction").length > 1);
    expect(double.model.callsOf("sendChatAction")).toHaveLength(2);
  });

  it.each([
    ["in steps of ten seconds", 7, ["", "5 s", "10 s", "10 s", "20 s", "1 min", "1 min 10 s"]],
    ["in a group, in steps of thirty", -100, ["", "5 s", "10 s", "10 s", "10 s", "1 min", "1 min"]],
  ])("is told how long a tool has run, %s", (_, chatId, expected) => {
    const { callbacks, ticks, shown, pass } = bind({ place: { chatId } });
    callbacks.update(viewOf({ tools: [{ id: "a", name: "Bash", title: "npm test", startedAt: 0 }] }));
    const times = [4_000, 3_000, 5_000, 3_000, 12_000, 33_000, 10_000].map((ms) => {
      pass(ms);
      ticks[1]?.();
      return textOf(shown.at(-1)?.() ?? []).replace(/^⚙️ Bash npm test(?: · )?/, "");
    });
    expect(times).toEqual(expected);
  });

  it("is told beside the answer what comes to light after it", () => {
    const { callbacks, noticed } = bind();
    callbacks.addNote({ kind: "left_behind", count: 2 });
    expect(noticed).toEqual([expect.stringMatching(/^ℹ️ 2 processes .* were ended/)]);
  });

  it("shows typing in its topic", async () => {
    const forum = double.group(-100, { isForum: true });
    const threadId = double.topic(forum, "work");
    bind({ place: { chatId: -100, threadId } }).callbacks.update(viewOf({}));
    const call = await double.waitForCall("sendChatAction");
    expect(call.payload).toMatchObject({ chat_id: -100, message_thread_id: threadId });
  });

  it("answers the message in a group, where it must be seen who is meant; not in a private chat", () => {
    double.group(-100);
    double.user(7).send("hello");
    expect(bind({ place: { chatId: -100 }, messageId: 3 }).opened).toMatchObject([
      { updateId: 5, replyTo: 3 },
    ]);
    expect(bind({ messageId: 3 }).opened[0]).not.toHaveProperty("replyTo");
  });

  it("is shown views, made only when they are sent, and told when words of Claude's stand there", () => {
    const { callbacks, shown, opened, log } = bind();
    callbacks.update(viewOf({ isCompacting: true }));
    callbacks.update(viewOf({ text: "Hi" }));
    expect(textOf(shown[0]?.() ?? [])).toMatch(/Compacting/);
    opened[0]?.onShown?.();
    expect(log).not.toContain("first words");
    expect(textOf(shown[1]?.() ?? [])).toBe("Hi");
    opened[0]?.onShown?.();
    expect(log).toContain("first words");
  });

  it("is shown the last words at once: before the result only where they are all that will stand there", () => {
    const words = (look: Parameters<typeof bind>[1], view: Partial<TurnView>, isSure: boolean) => {
      const { callbacks, shown, log } = bind({}, look);
      callbacks.update(viewOf({ text: "Hi" }));
      callbacks.lastWords(
        viewOf({ phase: "ended", text: "Hi", outcome: { kind: "answered" }, ...view }),
        isSure,
      );
      return log.includes("last words")
        ? shown
            .at(-1)?.()
            .map((one) => [textOf([one]), "buttons" in one])
        : undefined;
    };
    const tools = [{ id: "a", name: "Bash", title: "ls", startedAt: 0, endedAt: 1_000 }];
    expect(words("auto", {}, false)).toEqual([["Hi", false]]);
    expect(words("auto", { tools, durationMs: 2_000 }, false)).toBeUndefined();
    expect(words("auto", { tools, durationMs: 2_000 }, true)).toEqual([
      [expect.stringMatching(/^Hi\n\n⚙️ 1 tool/), false],
    ]);
    const long = words("off", { text: "word ".repeat(4_000) }, true);
    expect(long?.at(-1)?.[0]).not.toMatch(/whole answer in one file/);
  });

  it("is left open where a turn was cut off, and closed by every other end", async () => {
    const { callbacks, finished } = bind();
    await callbacks.finish(viewOf({ phase: "ended", outcome: { kind: "interrupted" } }));
    await callbacks.finish(viewOf({ phase: "ended", outcome: { kind: "stopped" } }));
    expect(finished).toMatchObject([
      { outcome: "interrupted", isOpen: true },
      { outcome: "stopped", isOpen: false },
    ]);
  });
});
