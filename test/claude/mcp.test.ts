import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMcpServer, type McpOutcome } from "../../bot/claude/mcp.ts";

/** A server with one tool, whose calls the test answers. */
function bench(call: (input: unknown, signal: AbortSignal) => Promise<McpOutcome> = async () => DONE) {
  const bugs: unknown[] = [];
  const server = createMcpServer<string>({
    name: "parley",
    instructions: "Be kind.",
    tools: [
      {
        name: "echo",
        description: "says it again",
        isReadOnly: true,
        inputSchema: { type: "object" },
        call: (input, context, signal) => (contexts.push(context), call(input, signal)),
      },
    ],
    onBug: (error) => bugs.push(error),
  });
  const contexts: string[] = [];
  const ask = (method: string, params?: unknown, id: unknown = 1) =>
    server.handle({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) }, "here");
  return { server, ask, bugs, contexts };
}

const DONE: McpOutcome = { ok: true, text: "done" };
const CALL = { name: "echo", arguments: { word: "hi" } };

describe("our MCP server", () => {
  it("shakes hands in the version that it is asked for, as often as it is asked", async () => {
    const { ask } = bench();
    const hello = {
      jsonrpc: "2.0",
      id: 0,
      result: expect.objectContaining({ protocolVersion: "2025-11-25" }),
    };
    const asked = { protocolVersion: "2025-11-25", capabilities: {} };
    expect(await Promise.all([ask("initialize", asked, 0), ask("initialize", asked, 0)])).toEqual([
      hello,
      hello,
    ]);
    expect(await ask("initialize", { protocolVersion: "2024-11-05" })).toMatchObject({
      result: { protocolVersion: "2024-11-05", serverInfo: { name: "parley" }, instructions: "Be kind." },
    });
    expect(await ask("ping")).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  });

  it("answers a notification with nothing, as the CLI waits for an answer to it, too", async () => {
    const { server } = bench();
    expect(await server.handle({ jsonrpc: "2.0", method: "notifications/initialized" }, "here")).toEqual({
      jsonrpc: "2.0",
      id: 0,
      result: {},
    });
  });

  it("lists its tools as ones that stay in sight", async () => {
    expect(await bench().ask("tools/list")).toMatchObject({
      result: {
        tools: [
          {
            name: "echo",
            inputSchema: { type: "object" },
            annotations: { readOnlyHint: true },
            _meta: { "anthropic/alwaysLoad": true },
          },
        ],
      },
    });
  });

  it("calls a tool with what the model gave and what we know of the call, and says what came of it", async () => {
    const inputs: unknown[] = [];
    const { ask, contexts } = bench(
      async (input) => (inputs.push(input), { ok: false, text: "no such word" }),
    );
    expect(await ask("tools/call", CALL, "a")).toEqual({
      jsonrpc: "2.0",
      id: "a",
      result: { content: [{ type: "text", text: "no such word" }], isError: true },
    });
    expect(await ask("tools/call", { name: "echo" })).toMatchObject({ result: { isError: true } });
    expect(inputs).toEqual([{ word: "hi" }, {}]);
    expect(contexts).toEqual(["here", "here"]);
  });

  it.each([
    ["nothing/here", {}, -32_601],
    ["tools/call", { name: "absent" }, -32_602],
    ["tools/call", { name: 7 }, -32_602],
    ["tools/call", undefined, -32_602],
    ["tools/call", [], -32_602],
  ])("refuses %s %j in words", async (method, params, code) => {
    expect(await bench().ask(method, params)).toMatchObject({ id: 1, error: { code } });
  });

  it("tells the model of a tool that broke down, and us why", async () => {
    const { ask, bugs } = bench(() => Promise.reject(new Error("a bug")));
    expect(await ask("tools/call", CALL)).toMatchObject({ result: { isError: true } });
    expect(bugs).toEqual([new Error("a bug")]);
  });

  it("lets go of a call that is cancelled, and of no other", async () => {
    const untilAborted = (_: unknown, signal: AbortSignal): Promise<McpOutcome> =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve({ ok: false, text: "let go" })),
      );
    const { server, ask } = bench(untilAborted);
    const ended: number[] = [];
    const calls = [5, 6].map((id) => ask("tools/call", CALL, id).then(() => void ended.push(id)));
    for (const requestId of [6, 5]) {
      await server.handle(
        { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } },
        "here",
      );
      await calls[requestId - 5];
    }
    expect(ended).toEqual([6, 5]);
  });

  it("answers whatever comes, and never throws", async () => {
    const { server } = bench();
    const message = fc.oneof(
      fc.anything(),
      fc.record({
        jsonrpc: fc.constant("2.0"),
        id: fc.anything(),
        method: fc.constantFrom(
          "initialize",
          "tools/list",
          "tools/call",
          "notifications/cancelled",
          "__proto__",
        ),
        params: fc.anything(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(message, async (hostile) => {
        const answer = await server.handle(hostile, "here");
        expect(answer["jsonrpc"]).toBe("2.0");
        expect("result" in answer || "error" in answer).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
