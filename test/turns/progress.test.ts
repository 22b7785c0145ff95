import { describe, expect, it } from "vitest";
import type { ClaudeEvent, Usage } from "../../bot/claude/events.ts";
import { createTranslateState, endOpenTasks, translate } from "../../bot/claude/translate.ts";
import { readWireLine } from "../../bot/claude/wire.ts";
import { ended, newProgress, type Progress, withNote } from "../../bot/turns/progress.ts";
import { reduce } from "../../bot/turns/reduce.ts";
import { toolTitle } from "../../bot/turns/tool-title.ts";
import type { TurnView } from "../../bot/turns/view.ts";
import { only, readRecordings, type Recording } from "../claude/harness.ts";

const USAGE: Usage = { costUsd: 1, inputTokens: 10, outputTokens: 2 };
const RESULT: Extract<ClaudeEvent, { type: "result" }> = {
  type: "result",
  ok: true,
  text: "",
  source: "stream",
  claudeSessionId: "c",
  usage: USAGE,
  durationMs: 1,
  numTurns: 1,
  denials: [],
};
const started = (id: string, main = true): ClaudeEvent => ({
  type: "tool_started",
  id,
  name: "Bash",
  input: { command: `run ${id}` },
  main,
});
const text = (delta: string): ClaudeEvent => ({ type: "text", delta });
const block = (whole: string): ClaudeEvent => ({ type: "text_block", text: whole });

/** Every view on the way, each frozen as soon as it was given out. */
function play(
  events: readonly ClaudeEvent[],
  from = newProgress(),
): { progress: Progress; views: TurnView[] } {
  let progress = deepFreeze(from);
  const views: TurnView[] = [];
  for (const [at, event] of events.entries()) {
    progress = deepFreeze(reduce(progress, event, at));
    views.push(progress.view);
  }
  return { progress, views };
}

const viewOf = (...events: readonly ClaudeEvent[]): TurnView => play(events).progress.view;

describe("text", () => {
  it("is said once: a whole block stands in for its deltas, and is the truth where they differ", () => {
    const { views } = play([text("Hel"), text("lo"), block("Hello!"), text("And"), block("And more")]);
    expect(views.map((view) => view.text)).toEqual([
      "Hel",
      "Hello",
      "Hello!",
      "Hello!\n\nAnd",
      "Hello!\n\nAnd more",
    ]);
  });

  it("is what a block says where no delta came, and what the result says where no block came", () => {
    expect(viewOf(block("whole")).text).toBe("whole");
    expect(viewOf({ ...RESULT, text: "at last" }).text).toBe("at last");
    expect(viewOf(block("whole"), { ...RESULT, text: "whole" }).text).toBe("whole");
  });

  it("is nothing where the CLI says that it has nothing to say", () => {
    expect(viewOf(block("(no content)"), { ...RESULT, text: "(no content)" }).text).toBe("");
  });

  it("loses an error that the CLI says as an answer and as a failure, and nothing before it", () => {
    const failure = { kind: "api_error", message: "API Error: 529" } as const;
    expect(viewOf(block("So far"), block("API Error: 529"), { ...RESULT, ok: false, failure }).text).toBe(
      "So far",
    );
    expect(viewOf(block("API Error: 529"), { ...RESULT, ok: false, failure }).text).toBe("");
  });

  it("stays where a failure has no message", () => {
    const failure = { kind: "reported", subtype: "error_max_turns", message: "" } as const;
    expect(viewOf(block("So far"), { ...RESULT, ok: false, failure }).text).toBe("So far");
  });
});

describe("tools", () => {
  it("are listed in order with their times; a subagent's are not", () => {
    const view = viewOf(
      started("a"),
      started("sub", false),
      started("b"),
      { type: "tool_finished", id: "a", isError: true, text: "" },
      { type: "tool_finished", id: "sub", isError: false, text: "" },
    );
    expect(view.tools).toEqual([
      { id: "a", name: "Bash", title: "run a", startedAt: 0, endedAt: 3, isError: true },
      { id: "b", name: "Bash", title: "run b", startedAt: 2 },
    ]);
  });

  it("that were cut off are not said to have ended", () => {
    const { progress } = play([
      started("a"),
      { type: "tool_finished", id: "a", isError: false, text: "" },
      started("b"),
    ]);
    const view = ended(progress, { kind: "interrupted" });
    expect(view.tools.map(({ id, endedAt }) => [id, endedAt])).toEqual([
      ["a", 1],
      ["b", undefined],
    ]);
  });

  it.each([
    ["a command", { command: "ls -l", description: "Lists" }, "ls -l"],
    ["a path", { file_path: "/a/b.ts", content: "…" }, "/a/b.ts"],
    ["nothing", {}, ""],
    ["what is no text", { command: 7, url: "https://x.io" }, "https://x.io"],
    ["several lines", { command: "a\n\tb\u2028c\r\nd " }, "a b c d"],
  ])("are titled with %s in one line", (_, input, expected) => {
    expect(toolTitle(input)).toBe(expected);
  });

  it("have titles of at most 160 units, and no half sign", () => {
    const title = toolTitle({ command: `${"x".repeat(158)}🎉🎉🎉` });
    expect(title).toHaveLength(160);
    expect(title.isWellFormed()).toBe(true);
    expect(toolTitle({ prompt: "y".repeat(1_000_000) })).toBe(`${"y".repeat(159)}…`);
  });
});

describe("what passes", () => {
  const retrying: ClaudeEvent = {
    type: "retrying",
    attempt: 2,
    maxAttempts: 10,
    delayMs: 500,
    reason: "overloaded",
  };

  it.each<[string, ClaudeEvent]>([
    ["text", text("x")],
    ["a tool", started("a")],
    ["a request", { type: "requesting" }],
  ])("is over as soon as %s comes", (_, event) => {
    expect(viewOf(retrying).retry).toEqual({
      attempt: 2,
      maxAttempts: 10,
      delayMs: 500,
      reason: "overloaded",
      at: 0,
    });
    expect(viewOf(retrying, event).retry).toBeUndefined();
    expect(viewOf({ type: "compacting" }).isCompacting).toBe(true);
    expect(viewOf({ type: "compacting" }, event).isCompacting).toBe(false);
  });

  it("is over at the end", () => {
    const view = ended(play([retrying, { type: "compacting" }]).progress, { kind: "stopped" });
    expect(view).toMatchObject({ phase: "ended", isCompacting: false, outcome: { kind: "stopped" } });
    expect(view).not.toHaveProperty("retry");
  });

  it.each<ClaudeEvent>([
    { type: "taken", messageUuid: "u" },
    { type: "mode_changed", permissionMode: "plan" },
    { type: "permission_cancelled", requestId: "r" },
    { type: "swept", count: 2 },
    { type: "tool_finished", id: "unknown", isError: false, text: "" },
    { type: "task_ended", taskId: "unknown", status: "stopped" },
  ])("unseen changes nothing: $type", (event) => {
    const { progress } = play([text("x")]);
    expect(reduce(progress, event, 9)).toBe(progress);
  });
});

describe("silence", () => {
  const quiet = (...events: ClaudeEvent[]) => viewOf(...events).quiet;
  const thinking: ClaudeEvent = { type: "thinking" };
  const requesting: ClaudeEvent = { type: "requesting" };

  it("is counted from the start, and anew from each word, each end of a tool and each request", () => {
    expect(newProgress(7).view.quiet).toEqual({ since: 7, isThinking: false });
    expect(quiet(requesting)?.since).toBe(0);
    expect(quiet(requesting, text("x"))?.since).toBe(1);
    expect(
      quiet(requesting, started("a"), { type: "tool_finished", id: "a", isError: false, text: "" }),
    ).toEqual({ since: 2, isThinking: false });
  });

  it("goes on while the model thinks, and while it is tried again", () => {
    expect(quiet(requesting, thinking)).toEqual({ since: 0, isThinking: true });
    expect(quiet(requesting, thinking, text("x"))).toEqual({ since: 2, isThinking: false });
    const retrying: ClaudeEvent = { type: "retrying", attempt: 1, maxAttempts: 2, delayMs: 1, reason: "" };
    expect(quiet(requesting, retrying, requesting)?.since).toBe(0);
  });

  it("is over with the turn", () => {
    expect(ended(play([requesting]).progress, { kind: "answered" })).not.toHaveProperty("quiet");
  });
});

describe("the background", () => {
  const job: ClaudeEvent = { type: "task_started", taskId: "t", description: "npm run dev" };

  it("is listed while it runs, and alone keeps a turn open that has answered", () => {
    const view = viewOf(job, { ...RESULT, text: "It runs.", more: true });
    expect(view.background).toEqual([{ id: "t", description: "npm run dev", startedAt: 0 }]);
    expect(view.isResting).toBe(true);
    expect(viewOf(job, { ...RESULT, more: true }, { type: "requesting" }).isResting).toBe(false);
    expect(viewOf({ ...RESULT, more: true }).isResting).toBe(false);
    expect(viewOf(job, { type: "task_ended", taskId: "t", status: "completed" }).background).toEqual([]);
  });

  it("that runs at the end of a turn is said to have ended with it", () => {
    const view = ended(play([job]).progress, { kind: "stopped" });
    expect(view.background).toEqual([]);
    expect(view.notes).toEqual([{ kind: "background_ended", tasks: ["npm run dev"] }]);
  });
});

describe("notes", () => {
  it("stand once of each kind, the last of them", () => {
    const once = withNote(newProgress(), { kind: "memory_lost" });
    expect(withNote(once, { kind: "memory_lost" }).view.notes).toEqual([{ kind: "memory_lost" }]);
  });

  it("count lines that could not be read", () => {
    const unreadable: ClaudeEvent = { type: "unreadable_line" };
    expect(viewOf(unreadable, unreadable, unreadable).notes).toEqual([
      { kind: "unreadable_lines", count: 3 },
    ]);
  });

  it("name what was denied once, of all results", () => {
    const denial = (command: string) => ({ toolName: "Bash", input: { command } });
    const view = viewOf(
      { ...RESULT, denials: [denial("rm a"), denial("rm a")], more: true },
      { ...RESULT, denials: [denial("rm b"), { toolName: "Write", input: {} }] },
    );
    expect(view.notes).toEqual([{ kind: "denied", tools: ["Bash rm a", "Bash rm b", "Write"] }]);
  });

  it("leave out what the person was asked about", () => {
    const view = viewOf(
      {
        type: "permission_asked",
        requestId: "r",
        toolName: "Bash",
        toolUseId: "t",
        input: { command: "rm a" },
        suggestions: [],
      },
      { ...RESULT, denials: [{ toolName: "Bash", input: { command: "rm a" } }] },
    );
    expect(view.notes).toEqual([]);
  });

  it("name background jobs that were cut off, not those that ended by themselves", () => {
    const task = (taskId: string, status: string): ClaudeEvent[] => [
      { type: "task_started", taskId, description: `job ${taskId}` },
      { type: "task_ended", taskId, status },
    ];
    const view = viewOf(
      ...task("a", "completed"),
      ...task("b", "stopped"),
      ...task("c", "failed"),
      ...task("d", "stopped"),
    );
    expect(view.notes).toEqual([{ kind: "background_ended", tasks: ["job b", "job d"] }]);
  });

  it("say when the answer was read from the transcript, and what a compaction did", () => {
    expect(viewOf({ ...RESULT, source: "transcript" }).notes).toEqual([{ kind: "from_transcript" }]);
    expect(viewOf({ type: "compacted", fromTokens: 90, toTokens: 10 }).notes).toEqual([
      { kind: "compacted", fromTokens: 90, toTokens: 10 },
    ]);
  });
});

describe("usage", () => {
  it("is the sum of all results of a process; the context is the last one's", () => {
    const view = viewOf(
      { ...RESULT, usage: { ...USAGE, contextTokens: 5, contextWindow: 100 }, more: true },
      { ...RESULT, usage: { costUsd: 0.5, inputTokens: 1, outputTokens: 1, contextTokens: 7 } },
    );
    expect(view.usage).toEqual({
      costUsd: 1.5,
      inputTokens: 11,
      outputTokens: 3,
      contextTokens: 7,
      contextWindow: 100,
    });
  });
});

const recordings = await readRecordings();

describe.each(recordings.map((one) => [`${one.version}/${one.name}`, one] as const))(
  "recording %s",
  (_, recording) => {
    const events = eventsOf(recording);
    const { views, progress } = play(events);
    const view = ended(progress, { kind: "answered" });

    it("ends with every word that was said, once, in order", () => {
      const blocks = only(events, "text_block").map((event) => event.text);
      const failures = only(events, "result").flatMap(({ failure }) =>
        failure && "message" in failure && failure.message !== "" ? [failure.message] : [],
      );
      if (blocks.length > 0)
        expect(view.text).toBe(blocks.filter((each) => each !== "(no content)").join("\n\n"));
      for (const message of failures) expect(view.text).not.toContain(message);
    });

    it("shows only text that goes on from view to view", () => {
      for (const [at, { text: shown }] of views.entries()) {
        const before = views[at - 1]?.text ?? "";
        expect(shown.startsWith(before.trimEnd())).toBe(true);
      }
    });

    it("lists the main agent's tools as they came, with one line each", () => {
      const main = only(events, "tool_started").filter((event) => event.main);
      expect(view.tools.map(({ id }) => id)).toEqual(main.map(({ id }) => id));
      for (const { title } of view.tools) expect(title).toMatch(/^.{0,160}$/);
    });

    it("has the cost of all its results", () => {
      const results = only(events, "result");
      expect(view.usage?.costUsd).toBe(
        results.length === 0 ? undefined : results.reduce((sum, { usage }) => sum + usage.costUsd, 0),
      );
    });
  },
);

function eventsOf(recording: Recording): ClaudeEvent[] {
  const state = createTranslateState();
  const events = recording.lines.flatMap(({ dir, line }) => {
    if (dir === "stdin" && JSON.stringify(line).includes('"interrupt"')) state.isStopping = true;
    const wire = dir === "stdout" ? readWireLine(JSON.stringify(line)) : undefined;
    return wire?.kind === "line" ? translate(wire.line, state) : [];
  });
  return [...events, ...endOpenTasks(state)];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) deepFreeze(each);
  }
  return value;
}
