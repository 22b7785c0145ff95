/**
 * What the lines of the stream hold, spelled as the CLI spells it: a schema for
 * each that means something to us. Promises that a field which is missing or
 * another than it was costs no line, and that what a newer CLI adds is passed
 * over. It does not know how a line is told from another (`wire.ts`).
 */
import { z } from "zod";

// A field may be missing (`default`, which costs nothing) or be another than it was (`catch`, which is slow and rare).
const text = z.string().default("").catch("");
const count = z.number().default(0).catch(0);
const record = z.record(z.string(), z.unknown()).default({}).catch({});
const texts = z.array(z.string()).default([]).catch([]);
const parent = z.string().nullish().catch(null);

/** What a message cost, as the API says it. */
export const tokens = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});
export type WireTokens = z.infer<typeof tokens>;

const modelUsage = z.record(
  z.string(),
  z.object({
    inputTokens: count,
    outputTokens: count,
    cacheReadInputTokens: count,
    cacheCreationInputTokens: count,
    costUSD: count,
    contextWindow: z.number().optional().catch(undefined),
  }),
);
export type WireModelUsage = z.infer<typeof modelUsage>;

const block = z.object({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.record(z.string(), z.unknown()).optional().catch(undefined),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().nullish().catch(undefined),
  content: z.unknown().optional(),
});
export type WireBlock = z.infer<typeof block>;

const init = z.object({
  session_id: z.string(),
  model: text,
  permissionMode: text,
  claude_code_version: text,
  slash_commands: texts,
});
const status = z.object({ status: z.string().nullish(), permissionMode: z.string().optional() });
const apiRetry = z.object({
  attempt: count,
  max_retries: count,
  retry_delay_ms: count,
  error_status: z.number().nullish().catch(undefined),
  error: text,
});
const taskStarted = z.object({ task_id: z.string(), description: text });
const taskNotification = z.object({ task_id: z.string(), status: text });
const taskUpdated = z.object({
  task_id: z.string(),
  patch: z.object({ status: text }).catch({ status: "" }),
});
const permissionDenied = z.object({ tool_name: text, message: text });
const compactBoundary = z.object({
  compact_metadata: z
    .object({ pre_tokens: z.number().optional(), post_tokens: z.number().optional() })
    .catch({}),
});
const assistant = z.object({
  parent_tool_use_id: parent,
  error: z.unknown().optional(),
  message: z.object({ model: text, content: z.array(block), usage: tokens.optional().catch(undefined) }),
});
const user = z.object({
  uuid: text,
  isReplay: z.boolean().optional().catch(undefined),
  parent_tool_use_id: parent,
  tool_use_result: z.unknown().optional(),
  message: z.object({
    // Not a union: the error of the first choice costs more than all the rest of the line.
    content: z.preprocess((content) => (typeof content === "string" ? [] : content), z.array(block)),
  }),
});
const canUseTool = z.object({
  request_id: z.string(),
  request: z.object({
    tool_name: z.string(),
    tool_use_id: text,
    input: record,
    permission_suggestions: z.array(z.unknown()).default([]).catch([]),
    blocked_path: z.string().optional().catch(undefined),
    decision_reason: z.string().optional().catch(undefined),
  }),
});
const mcpMessage = z
  .object({
    request_id: z.string(),
    request: z.object({ server_name: z.string(), message: z.unknown().optional() }),
  })
  .transform(({ request_id: requestId, request: { server_name: server, message } }) => ({
    requestId,
    server,
    message,
  }));
/** A request of which nothing but its id matters. */
export const requestOnly = z
  .object({ request_id: z.string() })
  .transform(({ request_id: requestId }) => ({ requestId }));
/** The only answer to a request of ours that says anything: a message was taken back, or not. */
export const cancelAnswer = z
  .object({
    response: z.object({ request_id: z.string(), response: z.object({ cancelled: z.boolean() }) }),
  })
  .transform(({ response: { request_id: requestId, response } }) => ({
    requestId,
    isCancelled: response.cancelled,
  }));
const commandLifecycle = z.object({ command_uuid: z.string(), state: text });
// A result ends the turn: nothing about it but its being one may be a reason to pass it over.
const result = z.object({
  subtype: text,
  is_error: z.boolean().default(false).catch(false),
  result: text,
  errors: texts,
  api_error_status: z.number().nullish().catch(undefined),
  terminal_reason: text,
  session_id: text,
  total_cost_usd: count,
  duration_ms: count,
  num_turns: count,
  usage: tokens.optional().catch(undefined),
  modelUsage: modelUsage.default({}).catch({}),
  model_usage_since_last_result: modelUsage.optional().catch(undefined),
  user_message_uuids: texts,
  permission_denials: z
    .array(z.object({ tool_name: text, tool_input: record }))
    .default([])
    .catch([]),
});
export type WireResult = z.infer<typeof result>;

/** A line that means something to us; `kind` is the CLI's type, or its subtype where that says more. */
export type WireLine =
  | { kind: "text_delta"; text: string }
  | { kind: "thinking_start" }
  | { kind: "answer_end" }
  | { kind: "message_start"; usage: WireTokens | undefined }
  | ({ kind: "init" } & z.infer<typeof init>)
  | ({ kind: "status" } & z.infer<typeof status>)
  | ({ kind: "api_retry" } & z.infer<typeof apiRetry>)
  | ({ kind: "task_started" } & z.infer<typeof taskStarted>)
  | ({ kind: "task_notification" } & z.infer<typeof taskNotification>)
  | ({ kind: "task_updated" } & z.infer<typeof taskUpdated>)
  | ({ kind: "permission_denied" } & z.infer<typeof permissionDenied>)
  | ({ kind: "compact_boundary" } & z.infer<typeof compactBoundary>)
  | ({ kind: "assistant" } & z.infer<typeof assistant>)
  | ({ kind: "user" } & z.infer<typeof user>)
  | ({ kind: "can_use_tool" } & z.infer<typeof canUseTool>)
  | ({ kind: "mcp_message" } & z.infer<typeof mcpMessage>)
  /** The CLI asks something that we do not know: it waits until it is told so. */
  | ({ kind: "unknown_request" } & z.infer<typeof requestOnly>)
  | ({ kind: "control_cancel_request" } & z.infer<typeof requestOnly>)
  | ({ kind: "cancel_answer" } & z.infer<typeof cancelAnswer>)
  | ({ kind: "command_lifecycle" } & z.infer<typeof commandLifecycle>)
  | ({ kind: "result" } & WireResult);

/** By the subtype of a `system` line. */
export const SYSTEM = {
  init,
  status,
  api_retry: apiRetry,
  task_started: taskStarted,
  task_notification: taskNotification,
  task_updated: taskUpdated,
  permission_denied: permissionDenied,
  compact_boundary: compactBoundary,
};
/** By the type of any other line. */
export const PLAIN = {
  assistant,
  user,
  control_cancel_request: requestOnly,
  command_lifecycle: commandLifecycle,
  result,
};
/** By the subtype of a `control_request`. */
export const REQUESTS = { can_use_tool: canUseTool, mcp_message: mcpMessage };
