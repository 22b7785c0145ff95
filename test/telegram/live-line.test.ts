import { describe, expect, it } from "vitest";
import { liveLine } from "../../bot/telegram/presenter/live-line.ts";
import { newProgress } from "../../bot/turns/progress.ts";
import type { TurnView } from "../../bot/turns/view.ts";
import { checkParts, HOSTILE } from "./presenter-check.ts";
import { messages } from "../../bot/telegram/presenter/messages.ts";

const MINUTE = 60_000;

/** The line after `ms`. */
const lineOf = (view: Partial<TurnView>, ms: number, stepMs = 10_000): string =>
  liveLine({ ...newProgress().view, phase: "working", ...view }, { nowMs: ms, stepMs }).text;

const quiet = (isThinking = false) => ({ quiet: { since: 0, isThinking } });
const retry = (reason: string, delayMs: number) => ({
  retry: { attempt: 2, maxAttempts: 10, delayMs, reason, at: 0 },
});
const job = (description: string, startedAt = 0) => ({ id: description, description, startedAt });

describe("the line under a live answer", () => {
  it.each([
    [4_000, ""],
    [9_999, " · 5 s"],
    [59_000, " · 50 s"],
    [80_000, " · 1 min 20 s"],
    [12 * MINUTE, " · 12 min"],
    [65 * MINUTE, " · 1 h 5 min"],
    [120 * MINUTE, " · 2 h"],
  ])("after %i ms of a tool says so in coarse steps", (ms, time) => {
    const tools = [{ id: "a", name: "Bash", title: "npm test", startedAt: 0 }];
    expect(lineOf({ tools }, ms)).toBe(`⚙️ Bash npm test${time}`);
  });

  it("says nothing of a short silence, and after ten seconds what is waited for", () => {
    expect(lineOf(quiet(), 9_999)).toBe("");
    expect(lineOf(quiet(), 23_000)).toBe("💭 Waiting for the model… · 20 s");
    expect(lineOf(quiet(true), 23_000)).toBe("💭 Thinking… · 20 s");
    expect(lineOf({ phase: "starting", ...quiet() }, 23_000)).toBe("Claude Code is starting… · 20 s");
    expect(lineOf(quiet(), 23_000, 30_000)).toBe("💭 Waiting for the model… · 10 s");
  });

  it.each([
    ["rate_limit", /limit of your account/],
    ["overloaded", /is overloaded/],
    ["server_error", /has a fault/],
    ["authentication_failed", /does not accept the login/],
    ["billing_error", /no credit/],
    ["unknown", /could not be reached/],
    ["a new word", /\(a new word\)/],
  ])("says in plain words why the model is tried again: %s", (reason, words) => {
    expect(lineOf(retry(reason, 2_300), 0)).toMatch(words);
  });

  it("counts a long wait down to the next try, and says a short one once", () => {
    const at = (delayMs: number, ms: number) =>
      lineOf(retry("overloaded", delayMs), ms).replace(/.*of 10 /, "");
    expect([0, 9_000, 28_000, 33_000].map((ms) => at(34_000, ms))).toEqual([
      "in 30 s.",
      "in 20 s.",
      "in 10 s.",
      "in 10 s.",
    ]);
    expect([0, 1_900, 2_400].map((ms) => at(2_300, ms))).toEqual(["in 2 s.", "in 2 s.", "now."]);
  });

  it("says at once that it listens, and after a while that it still fetches what was sent", () => {
    const phase = (phase: TurnView["phase"], ms: number): string => lineOf({ phase, ...quiet() }, ms);
    expect([0, 23_000].map((ms) => phase("listening", ms))).toEqual(["🎙 Listening…", "🎙 Listening… · 20 s"]);
    expect([0, 23_000].map((ms) => phase("fetching", ms))).toEqual(["", "📥 Fetching what you sent… · 20 s"]);
  });

  it("names what runs in the background once all else is said, and never over a tool", () => {
    const background = [job("npm run dev"), job("tail -f log", 9)];
    expect(lineOf({ background }, MINUTE)).toBe("");
    expect(lineOf({ background, isResting: true, ...quiet() }, 2 * MINUTE)).toBe(
      "⏳ Waiting for the background: npm run dev (+1) · 2 min",
    );
    expect(lineOf({ background: [job("")], isResting: true }, 0)).toMatch(/: a job$/);
  });

  it("is silent while Claude waits for the person: what it asks stands above", () => {
    const tools = [{ id: "a", name: "Bash", title: "npm test", startedAt: 0 }];
    const askIn = (kind: "waiting" | "skipped"): Partial<TurnView> => ({
      tools,
      interludes: [
        {
          kind: "ask",
          id: "1",
          at: 0,
          ask: { session: "11111111", updateId: 1, n: 1, about: { kind: "plan" }, state: { kind } },
        },
      ],
    });
    expect(lineOf(askIn("waiting"), MINUTE)).toBe("");
    expect(lineOf(askIn("skipped"), MINUTE)).toMatch(/npm test/);
  });

  it.each(HOSTILE)("is taken by Telegram with names that are %s", (_, word) => {
    for (const view of [{ background: [job(word)], isResting: true }, retry(word, 5_000)]) {
      const line = liveLine({ ...newProgress().view, ...view }, { nowMs: MINUTE, stepMs: 10_000 });
      checkParts(messages(line));
    }
  });
});
