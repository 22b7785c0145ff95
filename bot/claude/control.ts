/**
 * The lines we write to a process's stdin. Pure builders, each gives one whole
 * line with its newline. What a person wrote goes here and nowhere else.
 */

/** A message to Claude. `uuid` must be new for each try: the CLI swallows one that it knows. */
export interface UserMessage {
  readonly uuid: string;
  /** Text, or content blocks as the Messages API spells them (text, image, document). */
  readonly content: string | readonly unknown[];
}

/** The answer to a `permission_asked`. */
export type PermissionAnswer =
  | {
      behavior: "allow";
      updatedInput: Readonly<Record<string, unknown>>;
      updatedPermissions?: readonly unknown[];
    }
  /** `message` is what the model is told; with `interrupt` the turn ends there. */
  | { behavior: "deny"; message: string; interrupt?: boolean };

/** A message of the person. */
export function userLine(message: UserMessage): string {
  return line({ type: "user", uuid: message.uuid, message: { role: "user", content: message.content } });
}

/** Ends what is running now, keeping the text so far. */
export function interruptLine(requestId: string): string {
  return request(requestId, { subtype: "interrupt" });
}

/** Takes back a message that was sent and not taken up yet; the answer says whether it could. */
export function cancelMessageLine(requestId: string, messageUuid: string): string {
  return request(requestId, { subtype: "cancel_async_message", message_uuid: messageUuid });
}

/** Ends one background task. */
export function stopTaskLine(requestId: string, taskId: string): string {
  return request(requestId, { subtype: "stop_task", task_id: taskId });
}

/**
 * How full the context is: no model is called, and to find out it loads what a message will need. A summary
 * is reckoned from what is known; a version that knows no summaries has the API count the tokens.
 */
export function contextUsageLine(requestId: string): string {
  return request(requestId, { subtype: "get_context_usage", detail: "summary" });
}

/** Answers the question `requestId`. */
export function answerLine(requestId: string, answer: PermissionAnswer): string {
  return response(requestId, { subtype: "success", response: answer });
}

/** Answers an `mcp_message`: `message` is the JSON-RPC answer. */
export function mcpAnswerLine(requestId: string, message: unknown): string {
  return response(requestId, { subtype: "success", response: { mcp_response: message } });
}

/** Says that a request is not understood: an unanswered one would keep the turn waiting. */
export function unsupportedLine(requestId: string): string {
  return response(requestId, { subtype: "error", error: "This request is not supported." });
}

function request(requestId: string, body: Record<string, unknown>): string {
  return line({ type: "control_request", request_id: requestId, request: body });
}

function response(requestId: string, body: Record<string, unknown>): string {
  const { subtype, ...rest } = body;
  return line({ type: "control_response", response: { subtype, request_id: requestId, ...rest } });
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
