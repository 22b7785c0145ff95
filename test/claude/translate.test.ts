import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ClaudeEvent } from "../../bot/claude/events.ts";
import { createTranslateState, translate } from "../../bot/claude/translate.ts";
import { readWireLine } from "../../bot/claude/wire.ts";
import { readRecordings } from "./harness.ts";

const SESSION = "11111111-1111-4111-8111-111111111111";

function eventsOf(lines: readonly object[], isStopping = false): ClaudeEvent[] {
  const state = createTranslateState();
  state.isStopping = isStopping;
  return lines.flatMap((line) => {
    const wire = readWireLine(JSON.stringify(line));
    return wire.kind === "line" ? translate(wire.line, state) : [];
  });
}

const block = (content: object, more: object = {}) => ({
  type: "assistant",
  parent_tool_use_id: null,
  message: { model: "m", content: [content] },
  ...more,
});
const result = (fields: object) => ({
  type: "result",
  subtype: "success",
  is_error: false,
  result: "",
  session_id: SESSION,
  ...fields,
});

describe("a line of the stream", () => {
  test.each([
    ["blank", " ", "ignored"],
    ["half a line", '{"type":"assistant","mess', "not_json"],
    ["a word", "Debug: hello", "not_json"],
    ["null", "null", "not_json"],
    ["an array", "[1]", "unknown"],
    ["a type of a later version", '{"type":"tomorrow","x":1}', "unknown"],
    ["a subtype of a later version", '{"type":"system","subtype":"tomorrow"}', "unknown"],
    ["a name that every object has", '{"type":"constructor"}', "unknown"],
    ["a known type that has changed its shape", '{"type":"assistant","message":"text"}', "unknown"],
    ["200 000 nested arrays", `${"[".repeat(200_000)}${"]".repeat(200_000)}`, "unknown"],
    ["an echo of our own answer", '{"type":"control_response","response":{}}', "ignored"],
  ])("that is %s is no error", (_, line, kind) => {
    expect(readWireLine(line).kind).toBe(kind);
  });

  test("with fields of a later version is read as ever", () => {
    const [event] = eventsOf([block({ type: "text", text: "hi", mood: "good" }, { weather: "fine" })]);
    expect(event).toEqual({ type: "text_block", text: "hi" });
  });

  test("of a result is read even if nothing of it is as we know it", () => {
    const [event] = eventsOf([
      { type: "result", subtype: 7, usage: "none", modelUsage: [], permission_denials: "none" },
    ]);
    expect(event).toMatchObject({ type: "result", usage: { costUsd: 0, inputTokens: 0, outputTokens: 0 } });
  });
});

describe("a subagent", () => {
  test("does not speak for the main agent, but its tools are told", () => {
    const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "inner" } };
    const events = eventsOf([
      { type: "stream_event", parent_tool_use_id: "toolu_1", event: delta },
      block({ type: "text", text: "inner" }, { parent_tool_use_id: "toolu_1" }),
      block(
        { type: "tool_use", id: "t2", name: "Bash", input: { command: "ls" } },
        { parent_tool_use_id: "toolu_1" },
      ),
    ]);
    expect(events).toEqual([
      { type: "tool_started", id: "t2", name: "Bash", input: { command: "ls" }, main: false },
    ]);
  });
});

describe("a tool's result", () => {
  const finished = (content: unknown, more: object = {}) => ({
    type: "user",
    parent_tool_use_id: null,
    message: { content: [{ type: "tool_result", tool_use_id: "t1", content, ...more }] },
  });
  test.each([
    ["text", "out", "out"],
    ["blocks", [{ type: "text", text: "a" }, { type: "image" }, { type: "text", text: "b" }], "a\nb"],
    ["nothing", undefined, ""],
  ])("of %s becomes text", (_, content, text) => {
    expect(eventsOf([finished(content)])).toEqual([
      { type: "tool_finished", id: "t1", isError: false, text },
    ]);
  });

  test("that is an error is told as one", () => {
    expect(eventsOf([finished("no", { is_error: true })])).toMatchObject([{ isError: true, text: "no" }]);
  });
});

describe("a task", () => {
  const started = { type: "system", subtype: "task_started", task_id: "b1", description: "bg" };
  const updated = { type: "system", subtype: "task_updated", task_id: "b1", patch: { status: "killed" } };
  const told = { type: "system", subtype: "task_notification", task_id: "b1", status: "stopped" };

  test("ends once, however often the CLI says so", () => {
    expect(eventsOf([started, started, updated, told])).toEqual([
      { type: "task_started", taskId: "b1", description: "bg" },
      { type: "task_ended", taskId: "b1", status: "stopped" },
    ]);
  });

  test("that only moves on has not ended", () => {
    const moved = { ...updated, patch: { status: "running" } };
    expect(eventsOf([started, moved]).map(({ type }) => type)).toEqual(["task_started"]);
  });
});

describe("an acknowledgement", () => {
  const lifecycle = (state: string) => ({ type: "command_lifecycle", command_uuid: "u1", state });
  test("comes once, by whichever line is first", () => {
    const replay = { type: "user", uuid: "u1", isReplay: true, message: { content: "hi" } };
    expect(eventsOf([lifecycle("queued"), lifecycle("started"), replay, lifecycle("completed")])).toEqual([
      { type: "taken", messageUuid: "u1" },
    ]);
  });

  test("is not given for a message that was only received, or cancelled", () => {
    expect(eventsOf([lifecycle("queued"), lifecycle("cancelled")])).toEqual([]);
  });

  test("is given by a result that names its message", () => {
    expect(eventsOf([result({ user_message_uuids: ["u1"] })])[0]).toEqual({
      type: "taken",
      messageUuid: "u1",
    });
  });
});

describe("a result", () => {
  const stray = { type: "system", subtype: "task_notification", task_id: "old", status: "stopped" };
  const answers = (lines: readonly object[]) =>
    eventsOf(lines).flatMap((event) => (event.type === "result" ? [event.text] : []));

  test("about a task that an earlier process left is nobody's answer", () => {
    const replay = { type: "user", isReplay: true, uuid: "u", message: { role: "user", content: "hi" } };
    expect(answers([stray, result({}), replay, result({ result: "hello" })])).toEqual(["hello"]);
    // A command that the CLI answers itself comes behind it.
    expect(answers([stray, result({}), result({ result: "Context" })])).toEqual(["Context"]);
    expect(answers([stray, result({ result: "Context" })])).toEqual(["Context"]);
    expect(answers([replay, stray, result({})])).toEqual([""]);
    expect(answers([result({})])).toEqual([""]);
  });

  test.each([
    ["an answer", { result: "hi" }, undefined],
    ["no login", { is_error: true, result: "Not logged in · Please run /login" }, "not_logged_in"],
    [
      "a key that is refused",
      { is_error: true, result: "Invalid API key · Please run /login" },
      "not_logged_in",
    ],
    [
      "an API error",
      { is_error: true, result: "API Error: 529 Overloaded.", api_error_status: 529 },
      "api_error",
    ],
    [
      "a missing conversation",
      { subtype: "error_during_execution", errors: ["No conversation found with session ID: x"] },
      "conversation_missing",
    ],
    ["an interrupt", { subtype: "error_during_execution", terminal_reason: "aborted_streaming" }, "stopped"],
    [
      "a budget that is used up",
      { subtype: "error_max_budget_usd", errors: ["Reached maximum budget ($1)"] },
      "reported",
    ],
    ["an error of its own", { subtype: "error_during_execution", errors: ["boom"] }, "reported"],
  ])("of %s", (_, fields, kind) => {
    const [event] = eventsOf([result(fields)]);
    expect(event).toMatchObject({ type: "result", ok: kind === undefined });
    expect(event?.type === "result" ? event.failure?.kind : "none").toBe(kind);
  });

  test("that is an error after our interrupt is an end that we wished", () => {
    const [event] = eventsOf(
      [result({ subtype: "error_during_execution", errors: ["[ede_diagnostic]"] })],
      true,
    );
    expect(event).toMatchObject({ failure: { kind: "stopped" } });
  });

  test("may carry a new session id, and the last one counts", () => {
    const [event] = eventsOf([result({ session_id: "22222222-2222-4222-8222-222222222222" })]);
    expect(event).toMatchObject({ claudeSessionId: "22222222-2222-4222-8222-222222222222" });
  });
});

test("no line that the CLI could ever write is an error", async () => {
  const lines = (await readRecordings()).flatMap((recording) =>
    recording.lines.filter(({ dir }) => dir === "stdout"),
  );
  const places = (value: unknown): [object, string][] =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => [[value, key] as [object, string], ...places(inner)])
      : [];
  const state = createTranslateState();
  fc.assert(
    fc.property(fc.constantFrom(...lines), fc.nat(), fc.jsonValue(), ({ line }, place, value) => {
      const changed = structuredClone(line);
      const all = places(changed);
      const [inner, key] = all[place % all.length] ?? [{}, ""];
      Reflect.set(inner, key, value);
      const wire = readWireLine(JSON.stringify(changed));
      const events = wire.kind === "line" ? translate(wire.line, state) : [];
      // A result ends the turn, whatever is wrong with it.
      if (Reflect.get(Object(changed), "type") === "result") expect(events.at(-1)?.type).toBe("result");
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['{"type":{"toString":""}}', "object"],
  ['{"type":"system","subtype":{"toString":""}}', "system/object"],
])("a line whose type is no text is of a type we do not know: %s", (line, type) => {
  expect(readWireLine(line)).toEqual({ kind: "unknown", type });
});

test("a question of a kind we do not know can be refused by its id", () => {
  const wire = readWireLine('{"type":"control_request","request_id":"r1","request":{"subtype":"tomorrow"}}');
  expect(wire).toEqual({ kind: "line", line: { kind: "unknown_request", requestId: "r1" } });
});

test("a tool that is refused without a question is told", () => {
  const line = {
    type: "system",
    subtype: "permission_denied",
    tool_name: "Bash",
    message: "not in plan mode",
  };
  expect(eventsOf([line])).toEqual([
    { type: "permission_denied", toolName: "Bash", message: "not in plan mode" },
  ]);
});

test("thinking is told once a block, its words are not", () => {
  const start = { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } };
  const delta = { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "hm" } };
  const events = [start, delta, delta].map((event) => ({
    type: "stream_event",
    parent_tool_use_id: null,
    event,
  }));
  expect(eventsOf(events)).toEqual([{ type: "thinking" }]);
});
