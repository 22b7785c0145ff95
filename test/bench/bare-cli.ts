/**
 * The CLI without a bot, over pipes, as anyone would call it from a program:
 * what a turn is compared with. Whoever starts one ends it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { mcpAnswerLine } from "../../bot/claude/control.ts";
import { chatHandshake } from "../../bot/turns/chat-tools/chat-tools.ts";
import { cliPath } from "../fakes/cli-path.ts";
import { nowMs } from "./clock.ts";

/** When things came, in ms after the message was there. */
export interface BareTurn {
  readonly startedAt: number;
  readonly firstWordsMs: number;
  readonly lastWordsMs: number;
  readonly resultMs: number;
}

interface McpLine {
  readonly request_id: string;
  readonly request: { readonly server_name: string; readonly message: unknown };
}

export interface BareCli {
  /** Writes a message and follows it to its result. */
  ask(text: string): Promise<BareTurn>;
  end(): Promise<void>;
}

/** What anyone needs who reads its words as they come. */
export const ARGUMENTS: readonly string[] = [
  "-p",
  "--output-format=stream-json",
  "--input-format=stream-json",
  "--verbose",
  "--include-partial-messages",
];

/** Starts one; it waits for its first message. `home` is its HOME and working directory. */
export function startBareCli(home: string, apiUrl: string, args: readonly string[] = ARGUMENTS): BareCli {
  const startedAt = nowMs();
  const child: ChildProcess = spawn(cliPath(), args, {
    cwd: home,
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      HOME: home,
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      ANTHROPIC_BASE_URL: apiUrl,
      ANTHROPIC_API_KEY: "sk-ant-test-not-a-key",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    },
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const answerMcp = chatHandshake((bug) => {
    throw bug;
  });
  /** A server that does not answer would keep it waiting. */
  async function answer(line: string): Promise<void> {
    const { request_id: id, request } = JSON.parse(line) as McpLine;
    child.stdin?.write(mcpAnswerLine(id, await answerMcp(request.server_name, request.message)));
  }
  let isFirst = true;
  let hear: (line: string) => void = () => {};
  if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => hear(line));
  return {
    async ask(text) {
      // A cold one counts from its start: the message was there before it.
      const from = isFirst ? startedAt : nowMs();
      isFirst = false;
      const message = { type: "user", uuid: randomUUID(), message: { role: "user", content: text } };
      let firstAt: number | undefined;
      let lastAt = from;
      const told = new Promise<number>((resolve, reject) => {
        hear = (line) => {
          if (line.includes('"text_delta"')) {
            lastAt = nowMs();
            firstAt ??= lastAt;
          } else if (line.includes('"mcp_message"')) {
            void answer(line);
          } else if (line.includes('"duration_api_ms"')) resolve(nowMs());
        };
        void gone.then(() => reject(new Error("the bare CLI ended without a result")));
      });
      child.stdin?.write(`${JSON.stringify(message)}\n`);
      const resultAt = await told;
      return {
        startedAt: from,
        firstWordsMs: (firstAt ?? Number.NaN) - from,
        lastWordsMs: lastAt - from,
        resultMs: resultAt - from,
      };
    },
    async end() {
      child.stdin?.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
      await gone;
      clearTimeout(timer);
    },
  };
}
