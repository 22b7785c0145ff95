/**
 * A Messages API on the loopback for the real CLI. It answers by what the person
 * wrote last, and keeps every request, so that a test can see what the model was
 * sent. The vocabulary, one command a prompt, at the start of a line:
 *
 *   SAY <text>              answers the text, to the end of the prompt
 *   LONG:<n> DELAY:<ms>     n words, one delta each, with a pause before each
 *   RUN:<command>           "Let me run that.", a Bash call, then "After the tool: <its output>"
 *   BG:<command>            a Bash call in the background, then "It runs in the background."
 *   TOOL:<name> <json>      a call of any tool, then "After the tool: …"
 *   FAIL:<status>           refuses; with TIMES:<n> only the first n requests, then answers "recovered"
 *   HANG                    begins an answer ("Let me think") and never goes on
 *   DROP                    begins an answer and drops the connection
 *   RECALL                  answers with all that the person wrote before, a line each
 *   anything else           "echo: <prompt>"
 * What the CLI says itself, such as the end of a background task, is answered by "I have seen it." or an echo.
 *
 * `script` puts a rule of one's own before these. Every answer counts 1000 tokens in, 20 out.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** One block of a message, as the Messages API spells it. */
interface Block {
  type: string;
  text?: string;
  content?: unknown;
  [field: string]: unknown;
}

/** What the model was sent. */
export interface ModelRequest {
  readonly model: string;
  /** How hard it shall think. */
  readonly effort: string | undefined;
  /** The whole system prompt. */
  readonly system: string;
  readonly messages: readonly { role: string; content: string | Block[] }[];
  readonly tools: readonly string[];
  /** What the person wrote since the last answer, or before a tool's result; the CLI's reminders are left out. */
  readonly prompt: string;
  /** The results of the tools called since the last prompt, in order. */
  readonly toolResults: readonly string[];
}

/** What the API does with one request. */
export interface Answer {
  readonly blocks?: readonly ({ text: string } | { tool: string; input: Record<string, unknown> })[];
  /** Before each delta of a text. */
  readonly delayMs?: number;
  /** Refuses with this status. */
  readonly status?: number;
  /** After the blocks: never ends the answer, or drops the connection. */
  readonly ending?: "hang" | "drop";
}

/** An API that runs. */
export interface MessagesApi {
  /** For ANTHROPIC_BASE_URL. */
  readonly url: string;
  /** Every request that came, oldest first. */
  readonly requests: readonly ModelRequest[];
  /** A rule that is asked before the vocabulary; the newest first. Undefined: not mine. */
  script(rule: (request: ModelRequest) => Answer | undefined): void;
  /** Resolves when `count` requests have come. */
  waitForRequests(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts an API on a free port of 127.0.0.1. `onEnd` is told when an answer was sent to its end. */
export async function startMessagesApi(
  options: { readonly onEnd?: (request: ModelRequest) => void } = {},
): Promise<MessagesApi> {
  const requests: ModelRequest[] = [];
  const rules: ((request: ModelRequest) => Answer | undefined)[] = [];
  const failures = new Map<string, number>();
  const waiters: { count: number; resolve: () => void }[] = [];

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(incoming);
    if (incoming.method !== "POST") return void response.writeHead(200).end();
    if (incoming.url?.includes("count_tokens")) return json(response, 200, { input_tokens: 1000 });
    const request = parseRequest(JSON.parse(body));
    requests.push(request);
    for (const waiter of waiters) if (requests.length >= waiter.count) waiter.resolve();
    const scripted = rules.map((rule) => rule(request)).find((answer) => answer !== undefined);
    await send(response, request, scripted ?? speak(request, failures));
    options.onEnd?.(request);
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    script: (rule) => void rules.unshift(rule),
    waitForRequests: (count) =>
      new Promise((resolve) => (requests.length >= count ? resolve() : waiters.push({ count, resolve }))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function speak(request: ModelRequest, failures: Map<string, number>): Answer {
  const { prompt, toolResults } = request;
  if (prompt === "") return say("I have seen it.");
  if (/^BG:/m.test(prompt) && toolResults.length > 0) return say("It runs in the background.");
  if (toolResults.length > 0) return say(`After the tool: ${toolResults.join(" | ")}`);
  // The last: a version may send along what the API refused before.
  const [, word = "", rest = ""] =
    /[^]*^(SAY|LONG|RUN|BG|TOOL|FAIL|HANG|DROP|RECALL)\b:? ?([^]*)/m.exec(prompt) ?? [];
  const line = rest.split("\n")[0] ?? "";
  switch (word) {
    case "SAY":
      return say(rest);
    case "LONG": {
      const delayMs = Number(/DELAY:(\d+)/.exec(line)?.[1] ?? 0);
      const words = Array.from({ length: Number.parseInt(line, 10) }, (_, at) => ({ text: `w${at} ` }));
      return { blocks: [{ text: words.map(({ text }) => text).join("") }], delayMs };
    }
    case "RUN":
      return call("Bash", { command: line, description: "run it" });
    case "BG":
      return call("Bash", { command: line, description: "in the background", run_in_background: true });
    case "TOOL": {
      const [name = "", ...input] = line.split(" ");
      return call(name, JSON.parse(input.join(" ")));
    }
    case "FAIL": {
      const times = Number(/TIMES:(\d+)/.exec(line)?.[1] ?? Infinity);
      const failed = failures.get(prompt) ?? 0;
      failures.set(prompt, failed + 1);
      return failed < times ? { status: Number.parseInt(line, 10) } : say("recovered");
    }
    case "HANG":
      return { blocks: [{ text: "Let me think" }], ending: "hang" };
    case "DROP":
      return { blocks: [{ text: "Let me think" }], ending: "drop" };
    case "RECALL":
      return say(earlierPrompts(request).join("\n"));
    default:
      return say(`echo: ${prompt}`);
  }
}

function say(text: string): Answer {
  return { blocks: [{ text }] };
}

function call(tool: string, input: Record<string, unknown>): Answer {
  return { blocks: [{ text: "Let me run that." }, { tool, input }] };
}

function earlierPrompts(request: ModelRequest): string[] {
  const prompts = request.messages
    .filter(({ role }) => role === "user")
    .map(({ content }) => wordsOf(content));
  return prompts.filter((prompt) => prompt !== "").slice(0, -1);
}

function parseRequest(body: {
  model: string;
  system?: string | Block[];
  messages: { role: string; content: string | Block[] }[];
  tools?: { name: string }[];
  output_config?: { effort?: string };
}): ModelRequest {
  const { model, system = "", messages, tools = [] } = body;
  const lastAnswer = messages.findLastIndex(({ role }) => role === "assistant");
  // The CLI puts notes of its own between, in the role of the system.
  const fresh = messages.slice(lastAnswer + 1).filter(({ role }) => role === "user");
  const freshWords = fresh.map(({ content }) => wordsOf(content)).filter((words) => words !== "");
  const blocks = fresh.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const toolResults = blocks
    .filter(({ type }) => type === "tool_result")
    .map(({ content }) => plain(content));
  const earlier = messages.filter(({ role }) => role === "user").map(({ content }) => wordsOf(content));
  const lastWords = earlier.findLast((words) => words !== "") ?? "";
  return {
    model,
    effort: body.output_config?.effort,
    system: typeof system === "string" ? system : system.map(({ text }) => text ?? "").join("\n"),
    messages,
    tools: tools.map(({ name }) => name),
    prompt: freshWords.length > 0 ? freshWords.join("\n") : toolResults.length > 0 ? lastWords : "",
    toolResults,
  };
}

/** What a person wrote in one message: its text without what the CLI wraps around. */
function wordsOf(content: string | Block[]): string {
  const texts =
    typeof content === "string"
      ? [content]
      : content.flatMap(({ type, text }) => (type === "text" ? [text ?? ""] : []));
  return texts
    .map((text) =>
      text
        .replace(/<system-reminder>[^]*?<\/system-reminder>/g, "")
        // Newer versions say where they keep each image.
        .replace(/^\[Image: source: .*\]$/gm, "")
        .trim(),
    )
    .filter((text) => text !== "")
    .join("\n");
}

function plain(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((block: Block) => block.text ?? "").join("\n") : "";
}

async function send(response: ServerResponse, request: ModelRequest, answer: Answer): Promise<void> {
  if (answer.status !== undefined) {
    const error = { type: "api_error", message: `scripted to fail with ${answer.status}` };
    return json(response, answer.status, { type: "error", error });
  }
  const blocks = answer.blocks ?? [];
  const stopReason = blocks.some((block) => "tool" in block) ? "tool_use" : "end_turn";
  const event = (type: string, data: Record<string, unknown>): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  response.writeHead(200, { "content-type": "text/event-stream" });
  event("message_start", {
    message: {
      id: newId("msg"),
      type: "message",
      role: "assistant",
      model: request.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: 1000,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 1,
      },
    },
  });
  for (const [index, block] of blocks.entries()) {
    if ("text" in block) {
      event("content_block_start", { index, content_block: { type: "text", text: "" } });
      for (const text of block.text.match(/\S+\s*|\s+/g) ?? []) {
        if (answer.delayMs) await delay(answer.delayMs);
        if (response.destroyed) return;
        event("content_block_delta", { index, delta: { type: "text_delta", text } });
      }
      if (answer.ending) break;
    } else {
      const content = { type: "tool_use", id: newId("toolu"), name: block.tool, input: {} };
      event("content_block_start", { index, content_block: content });
      const delta = { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
      event("content_block_delta", { index, delta });
    }
    event("content_block_stop", { index });
  }
  if (answer.ending === "hang") return;
  if (answer.ending === "drop") return void response.destroy();
  event("message_delta", {
    delta: { stop_reason: stopReason, stop_sequence: null },
    usage: { output_tokens: 20 },
  });
  event("message_stop", {});
  response.end();
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function newId(kind: string): string {
  return `${kind}_${Math.random().toString(36).slice(2, 14)}`;
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
