import { Api } from "grammy";
import type { Update } from "grammy/types";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createPoller } from "../../bot/telegram/poller.ts";
import { type BotApi, startBotApi } from "../fakes/bot-api/bot-api.ts";
import type { FaultPlan } from "../fakes/bot-api/faults.ts";
import { tempJournal } from "./journal-kit.ts";

let double: BotApi;

beforeEach(async () => {
  double = await startBotApi();
  double.model.updates.isPaced = false;
});

afterEach(async () => {
  await double.close();
  if (double.violations.length > 0) throw new Error(JSON.stringify(double.violations));
});

type House = Awaited<ReturnType<typeof tempJournal>>;

/** A poller that runs; waits take no time and are written down. */
async function poll(
  options: {
    house?: House;
    timeoutSeconds?: number;
    pollSeconds?: number;
    isAllowed?: (update: Update) => boolean;
    /** The time of day in ms, and when an earlier life last heard. */
    at?: () => number;
    lastHeardAt?: Date;
  } = {},
) {
  const house = options.house ?? (await tempJournal());
  const handled: Update[] = [];
  const waits: number[] = [];
  const logged: string[] = [];
  const toldFull: number[][] = [];
  const polled: boolean[] = [];
  const caughtUp: boolean[] = [];
  const back: (Date | undefined)[] = [];
  const waiting = new Map<number, () => void>();
  const stopping = new AbortController();
  let now = 0;
  const poller = createPoller({
    api: new Api(double.token, { apiRoot: double.url, timeoutSeconds: options.timeoutSeconds ?? 60 }),
    journal: await house.open(),
    logger: pino({ level: "warn" }, { write: (line: string) => void logged.push(line) }),
    nowMs: () => (now += 1),
    now: () => new Date(options.at?.() ?? 0),
    lastHeardAt: options.lastHeardAt,
    onBack: (since) => void back.push(since),
    checkpoint: () => {},
    ...(options.pollSeconds === undefined ? {} : { pollSeconds: options.pollSeconds }),
    wait: async (ms) => {
      waits.push(ms);
    },
    isAllowed: options.isAllowed ?? (() => true),
    onPoll(isGood, isCaughtUp) {
      polled.push(isGood);
      caughtUp.push(isCaughtUp);
    },
    onDiskFull: (updates) => void toldFull.push(updates.map(({ update_id: id }) => id)),
    async handle(update) {
      handled.push(update);
      waiting.get(handled.length)?.();
    },
  });
  const end = poller.run(stopping.signal);
  end.catch(() => {});
  const stop = async (): Promise<string> => {
    stopping.abort();
    return end;
  };
  onTestFinished(() => stopping.abort());
  return {
    house,
    poller,
    handled,
    waits,
    logged,
    toldFull,
    polled,
    caughtUp,
    back,
    end,
    stop,
    texts: () => handled.map(({ message }) => message?.text),
    /** Until that many updates were handled in all. */
    until: (count: number): Promise<void> =>
      new Promise((resolve) => {
        if (handled.length >= count) resolve();
        else waiting.set(count, resolve);
      }),
  };
}

/** Until everything that was sent is confirmed. */
const confirmed = (id: number) =>
  double.waitForCall("getUpdates", ({ payload }) => payload["offset"] === id + 1);

describe("updates", () => {
  it("are asked for without an offset first, only the kinds that are handled, and none is dropped", async () => {
    const { stop } = await poll();
    const call = await double.waitForCall("getUpdates");
    expect(call.payload).toEqual({
      timeout: 30,
      allowed_updates: ["message", "edited_message", "callback_query", "stopped_message_generation"],
    });
    expect(await stop()).toBe("stopped");
  });

  it("are on the disk before the call that confirms them, and handled in order", async () => {
    const house = await tempJournal();
    const seen: number[][] = [];
    // Never hits: it looks at the disk in the moment in which the call arrives.
    double.fault({
      method: "getUpdates",
      kind: "500",
      when: ({ offset }) => {
        if (offset !== undefined) seen.push(house.facts().map(({ id }) => id));
        return false;
      },
    });
    const { until, texts } = await poll({ house });
    const anna = double.user(7);
    const sent = ["one", "two", "three"].map((text) => anna.send(text).updateId);
    await until(3);
    await confirmed(sent[2] ?? 0);
    expect(texts()).toEqual(["one", "two", "three"]);
    expect(seen[0]).toEqual(sent);
    expect(double.model.updates.confirmed).toHaveLength(3);
  });

  it("that come again are handled once, in this life and the next", async () => {
    const house = await tempJournal();
    const anna = double.user(7);
    const first = await poll({ house });
    const one = anna.send("one");
    await first.until(1);
    await confirmed(one.updateId);
    await first.stop();
    // Killed after the journal, before the confirmation.
    const journal = await house.open();
    const two = anna.send("two");
    await journal.take([{ update_id: two.updateId }]);
    const second = await poll({ house });
    const three = anna.send("three");
    await second.until(1);
    await confirmed(three.updateId);
    expect([first.texts(), second.texts()]).toEqual([["one"], ["three"]]);
  });

  it("with lower ids than before are new: after a quiet week they start again anywhere", async () => {
    // Only the next poll looks below the offset of the one before.
    const { until, texts } = await poll({ pollSeconds: 1 });
    const anna = double.user(7);
    await confirmed(anna.send("one").updateId);
    double.model.updates.jumpTo(17);
    const two = anna.send("two");
    await until(2);
    await confirmed(two.updateId);
    expect([two.updateId, texts()]).toEqual([17, ["one", "two"]]);
  });

  it("of strangers are confirmed, and leave no line", async () => {
    const { house, handled } = await poll({ isAllowed: () => false });
    await confirmed(double.user(66).send("let me in").updateId);
    expect([handled, house.facts()]).toEqual([[], []]);
  });
});

describe("goes on after", () => {
  it.each<[string, FaultPlan]>([
    ["409: another poller", { kind: "409" }],
    ["429", { kind: "429", retryAfterS: 7 }],
    ["500", { kind: "500" }],
    ["a proxy's page", { kind: "html502" }],
    ["half an answer", { kind: "cutJson" }],
    ["a cut connection", { kind: "dropBefore" }],
    ["a connection cut after it was carried out", { kind: "dropAfter" }],
    ["null among the updates", { kind: "nullInArray" }],
    ["an update that is none", { kind: "malformedUpdate" }],
  ])("%s", async (_, plan) => {
    const fault = double.fault({ method: "getUpdates", ...plan });
    const { until, texts } = await poll();
    await fault.happened();
    double.user(7).send("still there?");
    await until(plan.kind === "malformedUpdate" ? 2 : 1);
    expect(texts()).toContain("still there?");
  });

  it("an answer that never comes", async () => {
    const fault = double.fault({ method: "getUpdates", kind: "silent" });
    const { until, texts } = await poll({ timeoutSeconds: 0.3 });
    await fault.happened();
    double.user(7).send("still there?");
    await until(1);
    expect(texts()).toEqual(["still there?"]);
  });

  it("a while without a network, and takes what was sent meanwhile", async () => {
    const { until, texts } = await poll();
    await double.waitForCall("getUpdates");
    double.goOffline();
    double.user(7).send("sent meanwhile");
    double.goOnline();
    await until(1);
    expect(texts()).toEqual(["sent meanwhile"]);
  });
});

describe("waits", () => {
  it.each<[string, FaultPlan, number[]]>([
    [
      "twice as long each time",
      { kind: "500", times: 9 },
      [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
    ],
    [
      "longer for another poller",
      { kind: "409", times: 7 },
      [3_000, 6_000, 12_000, 24_000, 48_000, 60_000, 60_000],
    ],
    ["as long as Telegram says", { kind: "429", times: 2, retryAfterS: 7 }, [7_000, 7_000]],
  ])("%s", async (_, plan, expected) => {
    double.fault({ method: "getUpdates", ...plan });
    const { waits, until } = await poll();
    double.user(7).send("at last");
    await until(1);
    expect(waits).toEqual(expected);
  });

  it("from the beginning again after a good answer", async () => {
    const { waits, until } = await poll();
    const anna = double.user(7);
    for (const [at, text] of ["one", "two"].entries()) {
      const fault = double.fault({ method: "getUpdates", kind: "500", times: 2 });
      await fault.happened();
      anna.send(text);
      await until(at + 1);
    }
    expect(waits).toEqual([500, 1_000, 500, 1_000]);
  });

  it("where there is nothing but rubbish: it does not spin", async () => {
    const fault = double.fault({ method: "getUpdates", kind: "nullInArray", times: 3 });
    const { waits, until } = await poll();
    await fault.happened();
    double.user(7).send("hello");
    await until(1);
    expect(waits).toEqual([500, 1_000, 2_000]);
  });

  it("on a full disk: nothing is confirmed or handled before it is written down", async () => {
    const house = await tempJournal();
    house.refusals.push("ENOSPC", "EDQUOT");
    const { waits, until, texts } = await poll({ house });
    const { updateId } = double.user(7).send("hello");
    await until(1);
    await confirmed(updateId);
    expect([texts(), waits]).toEqual([["hello"], [500, 1_000]]);
    expect(double.model.updates.deliveries.get(updateId)).toBe(3);
    expect(house.facts().map(({ id }) => id)).toEqual([updateId]);
  });

  it("on a full disk, and says so once each time that it fills up, not that Telegram is gone", async () => {
    const house = await tempJournal();
    house.refusals.push("ENOSPC", "ENOSPC");
    const { until, logged, toldFull } = await poll({
      house,
      isAllowed: ({ message }) => message?.from?.id === 7,
    });
    const one = double.user(7).send("hello");
    await until(1);
    await confirmed(one.updateId);
    house.refusals.push("ENOSPC");
    const two = double.user(7).send("again");
    await until(2);
    expect(toldFull).toEqual([[one.updateId], [two.updateId]]);
    expect(logged).toHaveLength(3);
    expect(logged.join("")).toMatch(/disk is full.*wait at Telegram/);
    expect(logged.join("")).not.toMatch(/no updates/);
  });
});

describe("ends", () => {
  it("when it is told to, in the middle of a poll", async () => {
    const { stop } = await poll();
    await double.waitForCall("getUpdates");
    expect(await stop()).toBe("stopped");
  });

  it("where Telegram does not know the token", async () => {
    double.fault({ method: "getUpdates", kind: "401" });
    const { end, waits } = await poll();
    expect(await end).toBe("unauthorized");
    expect(waits).toEqual([]);
  });

  it("when the disk fails in any other way: what it confirms could not be believed", async () => {
    const house = await tempJournal();
    house.refusals.push("EIO");
    const { end, handled } = await poll({ house });
    double.user(7).send("hello");
    await expect(end).rejects.toMatchObject({ code: "EIO" });
    expect(handled).toEqual([]);
    expect(double.model.updates.confirmed).toEqual([]);
  });
});

it("says how long ago Telegram gave a good answer", async () => {
  double.fault({ method: "getUpdates", kind: "500" });
  const { poller, until } = await poll();
  expect(poller.lastGoodAgoMs()).toBeUndefined();
  double.user(7).send("hello");
  await until(1);
  await double.waitForCall("getUpdates", ({ payload }) => payload["offset"] !== undefined);
  expect(poller.lastGoodAgoMs()).toBeGreaterThan(0);
});

it("tells of each poll that came back, good or not, and of no other", async () => {
  double.fault({ method: "getUpdates", kind: "500" });
  const { polled, until } = await poll();
  double.user(7).send("hello");
  await until(1);
  await double.waitForCall("getUpdates", ({ payload }) => payload["offset"] !== undefined);
  expect(polled).toEqual([false, true]);
});

it("remembers when Telegram last spoke of another poller", async () => {
  const { poller, until } = await poll();
  expect(poller.conflictAgoMs()).toBeUndefined();
  double.fault({ method: "getUpdates", kind: "409" });
  double.user(7).send("hello");
  await until(1);
  expect(poller.conflictAgoMs()).toBeGreaterThan(0);
});

describe("after a long silence", () => {
  const HOUR = 3_600_000;

  it("what waited is taken with its beginning, until all of it is here; a new life begins with that, too", async () => {
    const house = await tempJournal();
    const anna = double.user(7);
    for (let count = 0; count < 150; count += 1) anna.send(`m${count}`);
    const lastHeardAt = new Date(HOUR);
    const { until, back, caughtUp, poller, stop } = await poll({ house, lastHeardAt, at: () => 3 * HOUR });
    await until(150);
    expect((await double.waitForCall("getUpdates")).payload["timeout"]).toBe(0);
    expect(back).toEqual([lastHeardAt]);
    const later = anna.send("later").updateId;
    await until(151);
    await confirmed(later);
    // The first hundred were not all.
    expect(caughtUp.slice(0, 3)).toEqual([false, true, true]);
    expect(back).toHaveLength(1);
    const since = house.facts().map((fact) => "awaySince" in fact && fact.awaySince);
    expect(new Set(since.slice(0, 150))).toEqual(new Set([lastHeardAt.toISOString()]));
    expect(since[150]).toBe(false);
    expect(poller.lastGoodAgoMs()).toBeDefined();
    await stop();
  });

  it("of a machine that slept, what comes then is taken with its beginning", async () => {
    let hour = 1;
    const house = await tempJournal();
    const { until, back } = await poll({ house, at: () => hour * HOUR });
    const anna = double.user(7);
    anna.send("before");
    await until(1);
    hour = 9;
    anna.send("after");
    await until(2);
    await confirmed(house.facts()[1]?.id ?? 0);
    expect(back).toEqual([undefined, new Date(HOUR)]);
  });
});
