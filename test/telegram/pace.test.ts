import { describe, expect, it } from "vitest";
import { createPace } from "../../bot/telegram/pace.ts";

function bench() {
  const clock = { now: 0 };
  const pace = createPace(() => clock.now);
  const spend = (chatId: number, times: number): void => {
    for (let call = 0; call < times; call += 1) pace.spend(chatId);
  };
  return { clock, pace, spend };
}

describe("the pace of a chat", () => {
  it.each([
    ["a private chat", 7, 1_000, 1_100],
    ["a group", -7, 3_000, 3_000],
  ])(
    "in %s: a burst of twenty, then one each refill; edits no closer than measured",
    (_, chatId, refillMs, editMs) => {
      const { clock, pace, spend } = bench();
      expect(pace.editIntervalMs(chatId)).toBe(editMs);
      spend(chatId, 19);
      expect(pace.delayMs(chatId)).toBe(0);
      spend(chatId, 1);
      expect(pace.delayMs(chatId)).toBe(refillMs);
      clock.now += refillMs / 2;
      expect(pace.delayMs(chatId)).toBe(refillMs / 2);
      clock.now += refillMs / 2;
      expect(pace.delayMs(chatId)).toBe(0);
      spend(chatId, 1);
      expect(pace.delayMs(chatId)).toBe(refillMs);
    },
  );

  it("never saves up more than the burst", () => {
    const { clock, pace, spend } = bench();
    clock.now = 86_400_000;
    spend(7, 20);
    expect(pace.delayMs(7)).toBe(1_000);
  });

  it("is zero as soon as the delay it gave has passed, whatever the fractions", () => {
    const { clock, pace, spend } = bench();
    for (let turn = 0; turn < 200; turn += 1) {
      clock.now += 0.37;
      spend(-7, 1);
      clock.now += pace.delayMs(-7);
      expect(pace.delayMs(-7)).toBeLessThanOrEqual(1);
    }
  });

  it("is closed for as long as Telegram says; a shorter word does not open it, and others stay open", () => {
    const { clock, pace } = bench();
    pace.block(7, 5_000);
    pace.block(7, 1_000);
    expect([pace.delayMs(7), pace.delayMs(8)]).toEqual([5_000, 0]);
    clock.now = 4_999;
    expect(pace.delayMs(7)).toBe(1);
    clock.now = 5_000;
    expect(pace.delayMs(7)).toBe(0);
  });
});
