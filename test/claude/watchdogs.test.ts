import { describe, expect, test } from "vitest";
import type { ClaudeEvent } from "../../bot/claude/events.ts";
import { createWatchdogs, WATCHDOG_LIMITS, type Watchdogs } from "../../bot/claude/watchdogs.ts";

const MINUTE = 60_000;
const STARTED: ClaudeEvent = {
  type: "started",
  claudeSessionId: "s",
  model: "m",
  permissionMode: "default",
  cliVersion: "1",
  slashCommands: [],
};
const TOOL: ClaudeEvent = { type: "tool_started", id: "t", name: "Bash", input: {}, main: true };
const DONE: ClaudeEvent = { type: "tool_finished", id: "t", isError: false, text: "" };
const ASKED: ClaudeEvent = {
  type: "permission_asked",
  requestId: "q",
  toolName: "Bash",
  toolUseId: "t",
  input: {},
  suggestions: [],
};

/** Ticks every second up to `untilMs`; gives the clock that ran out, and when. */
function wait(dogs: Watchdogs, fromMs: number, untilMs: number): string | undefined {
  for (let now = fromMs + 1_000; now <= untilMs; now += 1_000) {
    const out = dogs.tick(now);
    if (out) return `${out.watchdog} at ${now / 1_000} s`;
  }
  return undefined;
}

function begin(...events: ClaudeEvent[]): Watchdogs {
  const dogs = createWatchdogs(WATCHDOG_LIMITS, 0);
  if (events.length > 0) dogs.feed(events, 0);
  return dogs;
}

describe("the clocks", () => {
  test("do not run while the process waits for an answer of ours, however long the tool takes", () => {
    const dogs = begin(STARTED, TOOL);
    dogs.asked("m", 0);
    expect(wait(dogs, 0, 30 * MINUTE)).toBeUndefined();
    dogs.answered("m", 30 * MINUTE);
    expect(wait(dogs, 30 * MINUTE, 50 * MINUTE)).toBe(`tool_too_long at ${45 * 60} s`);
  });

  test("no_init runs until the session has begun", () => {
    expect(wait(begin(), 0, 2 * MINUTE)).toBe("no_init at 60 s");
    expect(wait(begin(STARTED), 0, 2 * MINUTE)).toBeUndefined();
  });

  test("silent runs from the last line", () => {
    const dogs = begin(STARTED);
    expect(wait(dogs, 0, 4 * MINUTE)).toBeUndefined();
    dogs.feed([], 4 * MINUTE);
    expect(wait(dogs, 4 * MINUTE, 20 * MINUTE)).toBe("silent at 540 s");
  });

  test("an open tool may be silent, for as long as a tool may take", () => {
    expect(wait(begin(STARTED, TOOL), 0, 20 * MINUTE)).toBe("tool_too_long at 900 s");
  });

  test("a tool that has ended counts no more", () => {
    const dogs = begin(STARTED, TOOL);
    dogs.feed([DONE], MINUTE);
    expect(wait(dogs, MINUTE, 20 * MINUTE)).toBe("silent at 360 s");
  });

  test("while a question waits, nothing counts: whoever asks gives it a time of its own", () => {
    const dogs = begin(STARTED, TOOL, ASKED);
    expect(wait(dogs, 0, 90 * MINUTE)).toBeUndefined();
    dogs.answered("q", 90 * MINUTE);
    expect(wait(dogs, 90 * MINUTE, 120 * MINUTE)).toBe("tool_too_long at 6300 s");
  });

  test("the tool's clock goes on when the question is answered", () => {
    const dogs = begin(STARTED, TOOL, ASKED);
    wait(dogs, 0, 10 * MINUTE);
    dogs.answered("q", 10 * MINUTE);
    expect(wait(dogs, 10 * MINUTE, 30 * MINUTE)).toBe("tool_too_long at 1500 s");
  });

  test("a question that is withdrawn waits no more", () => {
    const dogs = begin(STARTED, ASKED);
    dogs.feed([{ type: "permission_cancelled", requestId: "q" }], 0);
    expect(wait(dogs, 0, 20 * MINUTE)).toBe("silent at 300 s");
  });

  test("no_exit runs only once all is said", () => {
    const dogs = begin(STARTED);
    dogs.closing(true, MINUTE);
    expect(wait(dogs, MINUTE, 2 * MINUTE)).toBe("no_exit at 70 s");
  });

  test("a process that works again after its result has no exit to be late for", () => {
    const dogs = begin(STARTED);
    dogs.closing(true, 0);
    dogs.closing(false, 5_000);
    expect(wait(dogs, 5_000, 4 * MINUTE)).toBeUndefined();
  });

  test("waiting for a background task is no silence", () => {
    const dogs = begin(STARTED);
    dogs.resting(true, 0);
    expect(wait(dogs, 0, 30 * MINUTE)).toBeUndefined();
    dogs.resting(false, 30 * MINUTE);
    expect(wait(dogs, 30 * MINUTE, 50 * MINUTE)).toBe("silent at 2100 s");
  });

  test("the hard limit counts whatever happens", () => {
    const dogs = begin(STARTED);
    for (let now = 0; now < 60 * MINUTE; now += MINUTE) {
      expect(wait(dogs, now, now + MINUTE - 1_000)).toBeUndefined();
      dogs.feed([], now + MINUTE - 1_000);
    }
    expect(wait(dogs, 60 * MINUTE - 1_000, 61 * MINUTE)).toBe("hard_limit at 3600 s");
  });

  test("only one clock runs out, and once", () => {
    const dogs = begin();
    expect(wait(dogs, 0, 61_000)).toBe("no_init at 60 s");
    expect(wait(dogs, 61_000, 90 * MINUTE)).toBeUndefined();
  });

  test("a machine that slept gives every clock its time again", () => {
    const dogs = begin(STARTED);
    expect(wait(dogs, 0, 4 * MINUTE)).toBeUndefined();
    // Eight hours later.
    const woken = 8 * 60 * MINUTE;
    expect(dogs.tick(woken)).toBeUndefined();
    expect(wait(dogs, woken, woken + 20 * MINUTE)).toBe(`silent at ${woken / 1_000 + 300} s`);
  });
});
