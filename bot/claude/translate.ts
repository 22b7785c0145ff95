/**
 * Wire line + what was seen before → events. Does no I/O; its memory is the
 * explicit state. Promises the same events for both ways the CLI acknowledges a
 * message, and each task's end once. It does not know the process: `completed`
 * and what only its exit tells are `claude.ts`'s.
 */
import type { ClaudeEvent } from "./events.ts";
import { failureOfResult } from "./failures.ts";
import { createUsageState, noteContext, usageOf, type UsageState } from "./usage.ts";
import type { WireBlock, WireLine, WireResult } from "./wire-shapes.ts";

/** What translation remembers of one process's stream. `isStopping` is set by whoever asked it to stop. */
export interface TranslateState {
  isStopping: boolean;
  readonly taken: Set<string>;
  readonly openTasks: Set<string>;
  /** The CLI found a task that an earlier process left: a result about it, which nobody asked for, comes first. */
  isForeignResultDue: boolean;
  readonly usage: UsageState;
}

/** The state before the first line. */
export function createTranslateState(): TranslateState {
  return {
    isStopping: false,
    taken: new Set(),
    openTasks: new Set(),
    isForeignResultDue: false,
    usage: createUsageState(),
  };
}

/** The events that `line` says, in order; updates `state`. */
export function translate(line: WireLine, state: TranslateState): ClaudeEvent[] {
  switch (line.kind) {
    case "text_delta":
      return [{ type: "text", delta: line.text }];
    case "thinking_start":
      return [{ type: "thinking" }];
    case "answer_end":
      return [{ type: "answer_ended" }];
    case "message_start":
      noteContext(state.usage, line.usage);
      return [];
    case "init":
      state.usage.mainModel = line.model;
      return [
        {
          type: "started",
          claudeSessionId: line.session_id,
          model: line.model,
          permissionMode: line.permissionMode,
          cliVersion: line.claude_code_version,
          slashCommands: line.slash_commands,
        },
      ];
    case "status":
      return translateStatus(line);
    case "api_retry":
      return [
        {
          type: "retrying",
          attempt: line.attempt,
          maxAttempts: line.max_retries,
          delayMs: Math.round(line.retry_delay_ms),
          ...(line.error_status == null ? {} : { status: line.error_status }),
          reason: line.error,
        },
      ];
    case "assistant":
      return translateAssistant(line, state);
    case "user":
      return translateUser(line, state);
    case "command_lifecycle":
      // "queued" is only received, "cancelled" never reached the model.
      return line.state === "started" || line.state === "completed" ? take(line.command_uuid, state) : [];
    case "task_started":
      if (state.openTasks.has(line.task_id)) return [];
      state.openTasks.add(line.task_id);
      return [{ type: "task_started", taskId: line.task_id, description: line.description }];
    case "task_updated":
      return isTaskOver(line.patch.status) ? endTask(line.task_id, line.patch.status, state) : [];
    case "task_notification":
      if (!state.openTasks.has(line.task_id) && state.taken.size === 0) state.isForeignResultDue = true;
      return endTask(line.task_id, line.status, state);
    case "permission_denied":
      return [{ type: "permission_denied", toolName: line.tool_name, message: line.message }];
    case "compact_boundary":
      state.usage.contextTokens = line.compact_metadata.post_tokens;
      return [compacted(line.compact_metadata)];
    case "can_use_tool":
      return [
        {
          type: "permission_asked",
          requestId: line.request_id,
          toolName: line.request.tool_name,
          toolUseId: line.request.tool_use_id,
          input: line.request.input,
          suggestions: line.request.permission_suggestions,
          ...(line.request.blocked_path === undefined ? {} : { blockedPath: line.request.blocked_path }),
          ...(line.request.decision_reason === undefined ? {} : { reason: line.request.decision_reason }),
        },
      ];
    case "control_cancel_request":
      return [{ type: "permission_cancelled", requestId: line.requestId }];
    case "mcp_message":
      return [{ type: "mcp_message", requestId: line.requestId, server: line.server, message: line.message }];
    case "unknown_request":
    case "cancel_answer":
      return [];
    case "result":
      return translateResult(line, state);
  }
}

/** Ends for us every task that the CLI left open when it went. */
export function endOpenTasks(state: TranslateState): ClaudeEvent[] {
  return [...state.openTasks].flatMap((taskId) => endTask(taskId, "stopped", state));
}

function translateStatus(line: Extract<WireLine, { kind: "status" }>): ClaudeEvent[] {
  const events: ClaudeEvent[] = [];
  if (line.status === "requesting") events.push({ type: "requesting" });
  if (line.status === "compacting") events.push({ type: "compacting" });
  if (line.permissionMode !== undefined)
    events.push({ type: "mode_changed", permissionMode: line.permissionMode });
  return events;
}

function translateAssistant(
  line: Extract<WireLine, { kind: "assistant" }>,
  state: TranslateState,
): ClaudeEvent[] {
  const isMain = line.parent_tool_use_id == null;
  const { content, usage, model } = line.message;
  if (isMain && model !== "<synthetic>") noteContext(state.usage, usage);
  const events: ClaudeEvent[] = [];
  for (const block of content) {
    if (block.type === "tool_use" && block.id !== undefined && block.name !== undefined) {
      const input = block.input ?? {};
      events.push({ type: "tool_started", id: block.id, name: block.name, input, main: isMain });
    }
    // A block with `error` is the CLI's own sentence about a failure: the result says it again, as one.
    const isAnswer = isMain && line.error == null;
    if (block.type === "text" && isAnswer && block.text)
      events.push({ type: "text_block", text: block.text });
  }
  return events;
}

function translateUser(line: Extract<WireLine, { kind: "user" }>, state: TranslateState): ClaudeEvent[] {
  const { content } = line.message;
  if (line.isReplay === true) return take(line.uuid, state);
  const results = content.filter((block) => block.type === "tool_result");
  return results.flatMap((block): ClaudeEvent[] =>
    block.tool_use_id === undefined
      ? []
      : [
          {
            type: "tool_finished",
            id: block.tool_use_id,
            isError: block.is_error === true,
            text: textOfToolResult(block),
            // One `tool_use_result` stands beside all blocks of the line: it is only this one's if it is alone.
            ...(results.length === 1 && line.tool_use_result !== undefined
              ? { detail: line.tool_use_result }
              : {}),
          },
        ],
  );
}

function textOfToolResult(block: WireBlock): string {
  if (typeof block.content === "string") return block.content;
  if (!Array.isArray(block.content)) return "";
  return block.content
    .flatMap((part: unknown) => {
      const isText = typeof part === "object" && part !== null && "text" in part;
      return isText && typeof part.text === "string" ? [part.text] : [];
    })
    .join("\n");
}

function translateResult(line: WireResult, state: TranslateState): ClaudeEvent[] {
  const isForeign =
    state.isForeignResultDue && state.taken.size === 0 && line.num_turns === 0 && line.result === "";
  state.isForeignResultDue = false;
  // Taken for the answer, the real one would be lost.
  if (isForeign && line.user_message_uuids.length === 0) return [];
  const failure = failureOfResult(line, state.isStopping);
  const taken = line.user_message_uuids.flatMap((uuid) => take(uuid, state));
  return [
    ...taken,
    {
      type: "result",
      ok: failure === undefined,
      text: line.result,
      source: "stream",
      claudeSessionId: line.session_id,
      usage: usageOf(line, state.usage),
      durationMs: line.duration_ms,
      numTurns: line.num_turns,
      denials: line.permission_denials.map(({ tool_name, tool_input }) => ({
        toolName: tool_name,
        input: tool_input,
      })),
      ...(failure === undefined ? {} : { failure }),
    },
  ];
}

/** A replay and its lifecycle lines all say the same thing: once is enough. */
function take(messageUuid: string, state: TranslateState): ClaudeEvent[] {
  if (messageUuid === "" || state.taken.has(messageUuid)) return [];
  state.taken.add(messageUuid);
  return [{ type: "taken", messageUuid }];
}

function isTaskOver(status: string): boolean {
  return ["completed", "failed", "killed", "stopped"].includes(status);
}

function endTask(taskId: string, status: string, state: TranslateState): ClaudeEvent[] {
  if (!state.openTasks.delete(taskId)) return [];
  return [{ type: "task_ended", taskId, status: status === "killed" ? "stopped" : status }];
}

function compacted(tokens: {
  pre_tokens?: number | undefined;
  post_tokens?: number | undefined;
}): ClaudeEvent {
  return {
    type: "compacted",
    ...(tokens.pre_tokens === undefined ? {} : { fromTokens: tokens.pre_tokens }),
    ...(tokens.post_tokens === undefined ? {} : { toTokens: tokens.post_tokens }),
  };
}
