/**
 * A Model Context Protocol server that is spoken to in single messages: one
 * JSON-RPC message in, its answer out. Promises an answer to whatever comes, and
 * never to throw: a message without one keeps the first turn waiting for a
 * minute. It does not know the way of the messages, nor what the tools do.
 */
import { z } from "zod";

/** What a tool's call comes to; the text is for the model. */
export type McpOutcome = { readonly ok: boolean; readonly text: string };

/** A tool as the model sees it, and what it does. `inputSchema` is a JSON Schema. `C` is what the caller knows of a call. */
export interface McpTool<C> {
  readonly name: string;
  readonly description: string;
  /** It changes nothing on the machine: it may be called while Claude only plans, and beside others. */
  readonly isReadOnly: boolean;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** `input` is the model's, unchecked. `signal` is aborted when nobody waits for the outcome any more. */
  call(input: unknown, context: C, signal: AbortSignal): Promise<McpOutcome>;
}

/** A server. */
export interface McpServer<C> {
  /** Gives the JSON-RPC answer; to a notification an empty one, as the CLI's own SDK does. */
  handle(message: unknown, context: C): Promise<Record<string, unknown>>;
}

const id = z.union([z.string(), z.number()]);
const requestSchema = z.looseObject({ id, method: z.string(), params: z.looseObject({}).catch({}) });
const notificationSchema = z.looseObject({ method: z.string(), params: z.looseObject({}).catch({}) });
const initializeSchema = z.object({ protocolVersion: z.string() });
const callSchema = z.object({ name: z.string(), arguments: z.unknown().optional() });
const cancelledSchema = z.object({ requestId: id });

const LATEST_VERSION = "2025-11-25";
const CODES = { invalidRequest: -32_600, unknownMethod: -32_601, invalidParams: -32_602 };

/** Makes a server. `onBug` is told of a tool that threw: the model only hears that it did. */
export function createMcpServer<C>(options: {
  readonly name: string;
  /** What the model is told of the server as a whole. */
  readonly instructions: string;
  readonly tools: readonly McpTool<C>[];
  readonly onBug: (error: unknown) => void;
}): McpServer<C> {
  const tools = new Map(options.tools.map((tool) => [tool.name, tool]));
  /** The CLI may shake hands twice at once, and then counts from the same number twice. */
  const running = new Map<string | number, Set<AbortController>>();

  async function call(requestId: string | number, params: unknown, context: C): Promise<Answer> {
    const asked = callSchema.safeParse(params);
    const tool = asked.success ? tools.get(asked.data.name) : undefined;
    if (tool === undefined) return refused(CODES.invalidParams, "There is no such tool.");
    const abort = new AbortController();
    const beside = running.get(requestId) ?? new Set();
    running.set(requestId, beside.add(abort));
    try {
      return toolResult(await tool.call(asked.data?.arguments ?? {}, context, abort.signal));
    } catch (error) {
      options.onBug(error);
      return toolResult({ ok: false, text: "Something broke on the side of the chat; it was not done." });
    } finally {
      beside.delete(abort);
      if (beside.size === 0) running.delete(requestId);
    }
  }

  async function answer(
    requestId: string | number,
    method: string,
    params: unknown,
    context: C,
  ): Promise<Answer> {
    switch (method) {
      case "initialize": {
        const asked = initializeSchema.safeParse(params);
        return {
          result: {
            protocolVersion: asked.data?.protocolVersion ?? LATEST_VERSION,
            capabilities: { tools: {} },
            serverInfo: { name: options.name, version: "1" },
            instructions: options.instructions,
          },
        };
      }
      case "ping":
        return { result: {} };
      case "tools/list":
        return { result: { tools: options.tools.map(describe) } };
      case "tools/call":
        return call(requestId, params, context);
      default:
        return refused(CODES.unknownMethod, "This method is not supported.");
    }
  }

  function hear(method: string, params: unknown): void {
    const cancelled = method === "notifications/cancelled" ? cancelledSchema.safeParse(params) : undefined;
    if (!cancelled?.success) return;
    for (const abort of running.get(cancelled.data.requestId) ?? []) abort.abort();
  }

  return {
    async handle(message, context) {
      const request = requestSchema.safeParse(message);
      if (request.success) {
        const { id: requestId, method, params } = request.data;
        return { jsonrpc: "2.0", id: requestId, ...(await answer(requestId, method, params, context)) };
      }
      const notification = notificationSchema.safeParse(message);
      if (!notification.success) {
        return { jsonrpc: "2.0", id: null, ...refused(CODES.invalidRequest, "This is not a request.") };
      }
      hear(notification.data.method, notification.data.params);
      return { jsonrpc: "2.0", id: 0, result: {} };
    },
  };
}

type Answer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } };

function refused(code: number, message: string): Answer {
  return { error: { code, message } };
}

function toolResult({ ok, text }: McpOutcome): Answer {
  return { result: { content: [{ type: "text", text }], isError: !ok } };
}

/** Newer CLIs put tools away behind a search unless they are told not to. */
function describe<C>({ name, description, inputSchema, isReadOnly }: McpTool<C>) {
  const annotations = { readOnlyHint: isReadOnly };
  return { name, description, inputSchema, annotations, _meta: { "anthropic/alwaysLoad": true } };
}
