/** Every recording of the real CLI, through the reader and the translation. */
import { describe, expect, test } from "vitest";
import type { ClaudeEvent } from "../../bot/claude/events.ts";
import { failureOfExit } from "../../bot/claude/failures.ts";
import {
  createTranslateState,
  endOpenTasks,
  translate,
  type TranslateState,
} from "../../bot/claude/translate.ts";
import { readWireLine } from "../../bot/claude/wire.ts";
import { only, readRecordings, streamed, type Recording } from "./harness.ts";

const recordings = await readRecordings();

interface Played {
  readonly events: ClaudeEvent[];
  readonly state: TranslateState;
  readonly unknown: string[];
}

function play(recording: Recording): Played {
  const state = createTranslateState();
  const unknown: string[] = [];
  const events = recording.lines.flatMap(({ dir, line }) => {
    if (dir === "stdin" && isInterrupt(line)) state.isStopping = true;
    if (dir !== "stdout") return [];
    const wire = readWireLine(JSON.stringify(line));
    if (wire.kind === "unknown") unknown.push(wire.type);
    expect(wire.kind).not.toBe("not_json");
    return wire.kind === "line" ? translate(wire.line, state) : [];
  });
  return { events, state, unknown };
}

function isInterrupt(line: unknown): boolean {
  return JSON.stringify(line).includes('"interrupt"');
}

function find(version: string, name: string): Played {
  const recording = recordings.find((one) => one.version === version && one.name === name);
  if (!recording) throw new Error(`no recording ${version}/${name}`);
  return play(recording);
}

/** What happened, without what changes: one word an event, repeated ones once. */
function flow(events: readonly ClaudeEvent[]): string {
  const words = events.map((event) =>
    event.type === "result" ? (event.ok ? "result" : `result!${event.failure?.kind}`) : event.type,
  );
  return words.filter((word, at) => word !== words[at - 1]).join(" ");
}

const TEXT_ANSWER = "text text_block";
const TOOL_CALL = `${TEXT_ANSWER} tool_started`;

describe.each(recordings.map((recording) => [`${recording.version}/${recording.name}`, recording] as const))(
  "%s",
  (_, recording) => {
    const { events, state, unknown } = play(recording);

    test("has no line that we do not know but those we need not", () => {
      expect(unknown.filter((type) => type !== "system/background_tasks_changed")).toEqual([]);
    });

    test("acknowledges every message that was sent, once", () => {
      const sent = recording.lines
        .filter(({ dir, line }) => dir === "stdin" && (line as { type?: string } | null)?.type === "user")
        .map(({ line }) => (line as { uuid: string }).uuid);
      const taken = only(events, "taken").map(({ messageUuid }) => messageUuid);
      expect(new Set(taken).size).toBe(taken.length);
      const isAnswered = events.some(
        (event) => event.type === "result" && event.failure?.kind !== "conversation_missing",
      );
      if (isAnswered) expect(taken).toEqual(expect.arrayContaining(sent));
    });

    test("starts before it speaks, and finishes only tools that it started", () => {
      const started = new Set(only(events, "tool_started").map(({ id }) => id));
      for (const { id } of only(events, "tool_finished")) expect(started).toContain(id);
      const init = events.findIndex(({ type }) => type === "started");
      const spoken = events.findIndex(({ type }) => type === "text" || type === "text_block");
      if (spoken !== -1) expect(init).toBeLessThan(spoken);
    });

    test("its deltas and its whole blocks say the same", () => {
      const blocks = only(events, "text_block").map(({ text }) => text);
      // A command's own answer has no deltas, a process that was killed no last block.
      const isWhole = events.some((event) => event.type === "result") && streamed(events) !== "";
      if (isWhole) expect(blocks.join("")).toBe(streamed(events));
    });

    test("ends each task once", () => {
      const ended = [...only(events, "task_ended"), ...only(endOpenTasks(state), "task_ended")];
      expect(ended.map(({ taskId }) => taskId).sort()).toEqual(
        only(events, "task_started")
          .map(({ taskId }) => taskId)
          .sort(),
      );
    });
  },
);

describe("what each situation says", () => {
  test.each([
    ["2.1.197", "text-turn", "started requesting text taken text_block answer_ended result"],
    ["2.1.197", "resumed-turn", "started requesting text taken text_block answer_ended result"],
    ["2.1.197", "api-error-400", "started requesting taken result!api_error"],
    ["2.1.197", "api-retry", "started requesting retrying"],
    ["2.1.197", "not-logged-in", "started requesting taken result!not_logged_in"],
    ["2.1.197", "interrupted", "started requesting text taken text_block result!stopped"],
    ["2.1.197", "killed-mid-turn", "started requesting text"],
    ["2.1.197", "resume-missing", "result!conversation_missing"],
    ["2.1.197", "session-id-in-use", ""],
    ["2.1.197", "bad-flag", ""],
    [
      "2.1.197",
      "background-bash",
      "started requesting text taken text_block tool_started tool_finished requesting text text_block answer_ended result",
    ],
    [
      "2.1.197",
      "permission-denied-interrupt",
      "started requesting text taken text_block tool_started permission_asked tool_finished result!stopped",
    ],
    [
      "2.1.197",
      "permission-denied",
      "started requesting text taken text_block tool_started permission_asked tool_finished requesting text text_block answer_ended result",
    ],
    [
      "2.1.197",
      "steered-during-tool",
      "started requesting text taken text_block tool_started tool_finished taken requesting text text_block answer_ended result",
    ],
    [
      "2.1.197",
      "steered-during-text",
      "started requesting text taken text_block answer_ended result started requesting text taken text_block answer_ended result",
    ],
    ["2.1.329", "text-turn", "taken started requesting text text_block answer_ended result"],
    ["2.1.329", "slash-command", "taken started text_block result"],
    ["2.1.329", "slash-compact", "taken compacting started compacted taken result"],
    ["2.1.329", "fork-session", "taken started requesting text text_block answer_ended result"],
    ["2.1.329", "image-and-pdf", "taken started requesting text text_block answer_ended result"],
    [
      "2.1.329",
      "permission-allowed",
      `taken started requesting ${TOOL_CALL} permission_asked tool_finished requesting ${TEXT_ANSWER} answer_ended result`,
    ],
    [
      "2.1.329",
      "exit-plan-mode-stop",
      "taken started requesting tool_started tool_finished requesting text text_block tool_started permission_asked tool_finished result!stopped",
    ],
    [
      "2.1.329",
      "background-bash-run-in-background",
      "taken started requesting tool_started task_started tool_finished requesting text text_block answer_ended result task_ended started requesting text text_block answer_ended result",
    ],
  ])("%s %s", (version, name, expected) => {
    expect(flow(find(version, name).events)).toBe(expected);
  });

  test("a question carries all that a person needs to answer it", () => {
    const [asked] = only(find("2.1.197", "permission-denied").events, "permission_asked");
    expect(asked).toMatchObject({
      toolName: "Bash",
      input: { command: "rm -rf /home/user/project/made.txt" },
      blockedPath: "/home/user/project/made.txt",
    });
    expect(asked?.suggestions).toHaveLength(3);
  });

  test("a refused tool is among the denials of its result", () => {
    const [result] = only(find("2.1.197", "permission-denied").events, "result");
    expect(result?.denials).toEqual([
      { toolName: "Bash", input: expect.objectContaining({ command: expect.any(String) }) },
    ]);
  });

  test("a mode that changes in mid-turn is told", () => {
    const changes = only(find("2.1.329", "exit-plan-mode").events, "mode_changed");
    expect(changes.map(({ permissionMode }) => permissionMode)).toContain("acceptEdits");
  });

  test("an edit carries its patch", () => {
    const edit = only(find("2.1.329", "edit-permission").events, "tool_finished").at(-1);
    expect(edit?.detail).toMatchObject({ structuredPatch: expect.any(Array) });
  });

  test("an API error is told as a failure with its status, not as an answer", () => {
    const { events } = find("2.1.197", "api-error-400");
    expect(only(events, "text_block")).toEqual([]);
    expect(only(events, "result")[0]?.failure).toEqual({
      kind: "api_error",
      status: 400,
      message: "API Error: 400 scripted to fail with 400",
    });
  });

  test("a retry tells how long it waits", () => {
    const [first] = only(find("2.1.197", "api-retry").events, "retrying");
    expect(first).toEqual({
      type: "retrying",
      attempt: 1,
      maxAttempts: 10,
      delayMs: 603,
      status: 500,
      reason: "server_error",
    });
  });

  test("the messages for an in-process MCP server are handed on", () => {
    const messages = only(find("2.1.197", "mcp-sdk-tool").events, "mcp_message");
    expect(messages.map(({ message }) => (message as { method: string }).method)).toContain("tools/list");
    expect(messages.every(({ server }) => server === "telegram")).toBe(true);
  });

  test.each(
    recordings
      .filter(({ name }) => ["session-id-in-use", "bad-flag", "resume-missing"].includes(name))
      .map((one) => [one.name, one] as const),
  )("stderr of %s is understood without a result", (name, recording) => {
    const stderrTail = recording.lines
      .flatMap(({ dir, line }) => (dir === "stderr" ? [String(line)] : []))
      .join("");
    const kinds: Record<string, string> = {
      "session-id-in-use": "session_in_use",
      "bad-flag": "cli_refused",
      "resume-missing": "conversation_missing",
    };
    expect(failureOfExit({ code: 1, stderrTail, readableLines: 0, unreadableLines: 0 }).kind).toBe(
      kinds[name],
    );
  });
});

describe("what a turn cost", () => {
  test("2.1.197 counts by the process: a second result tells only its own share", () => {
    const results = only(find("2.1.197", "steered-during-text").events, "result");
    expect(results.map(({ usage }) => usage.costUsd)).toEqual([0.0055, 0.0055]);
  });

  test("2.1.329 counts by the session: a second result tells only its own share", () => {
    const results = only(find("2.1.329", "background-bash-run-in-background").events, "result");
    expect(results.map(({ usage }) => Number(usage.costUsd.toFixed(6)))).toEqual([0.0088, 0.0044]);
    expect(results.map(({ usage }) => usage.inputTokens)).toEqual([2000, 1000]);
  });

  test("a fork of a session with a history costs only its own turn", () => {
    const [result] = only(find("2.1.329", "fork-session").events, "result");
    expect(result?.usage).toMatchObject({
      costUsd: 0.0044,
      inputTokens: 1000,
      contextTokens: 1000,
      contextWindow: 1_000_000,
    });
  });

  test("the window is the main model's", () => {
    const [result] = only(find("2.1.197", "text-turn").events, "result");
    expect(result?.usage).toEqual({
      costUsd: 0.0055,
      inputTokens: 1000,
      outputTokens: 20,
      contextTokens: 1000,
      contextWindow: 1_000_000,
    });
  });

  test("after /compact the context is as full as the CLI says", () => {
    const [result] = only(find("2.1.329", "slash-compact").events, "result");
    expect(result?.usage).toMatchObject({ costUsd: 0.0088, contextTokens: 2588 });
  });
});
