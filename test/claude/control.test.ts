import { expect, test } from "vitest";
import * as control from "../../bot/claude/control.ts";

test.each([
  [
    "a message",
    control.userLine({ uuid: "u", content: "a\nb \u2028" }),
    { type: "user", uuid: "u", message: { role: "user", content: "a\nb \u2028" } },
  ],
  [
    "an interrupt",
    control.interruptLine("r"),
    { type: "control_request", request_id: "r", request: { subtype: "interrupt" } },
  ],
  [
    "a task's end",
    control.stopTaskLine("r", "t"),
    { type: "control_request", request_id: "r", request: { subtype: "stop_task", task_id: "t" } },
  ],
  [
    "how full the context is, without a call of the API where that can be",
    control.contextUsageLine("r"),
    {
      type: "control_request",
      request_id: "r",
      request: { subtype: "get_context_usage", detail: "summary" },
    },
  ],
  [
    "an answer to a question",
    control.answerLine("r", { behavior: "deny", message: "no" }),
    {
      type: "control_response",
      response: { subtype: "success", request_id: "r", response: { behavior: "deny", message: "no" } },
    },
  ],
  [
    "an answer to MCP",
    control.mcpAnswerLine("r", { jsonrpc: "2.0", id: 1 }),
    {
      type: "control_response",
      response: {
        subtype: "success",
        request_id: "r",
        response: { mcp_response: { jsonrpc: "2.0", id: 1 } },
      },
    },
  ],
  [
    "a refusal",
    control.unsupportedLine("r"),
    {
      type: "control_response",
      response: { subtype: "error", request_id: "r", error: "This request is not supported." },
    },
  ],
])("%s is one line as the CLI spells it", (_, line, expected) => {
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual(expected);
});
