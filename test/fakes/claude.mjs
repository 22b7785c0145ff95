#!/usr/bin/env node
/**
 * Stands in for the `claude` executable and plays a script. The script is a JSON
 * file: the path in the variable PARLEY_FAKE_CLAUDE if it is set (name it among
 * the environment names that may reach the child), else `fake-claude.json` in
 * the working directory. Without one it answers every message with "echo: …".
 *
 *   { "version": "2.1.197", "unknownFlags": ["--effort"], "sessionInUse": true,
 *     "conversationMissing": true, "steps": [ … ] }
 *
 * Steps are played in order; each is one of:
 *   {"wait": "user"}        the next line on stdin of that type ("control_request", "control_response", "any"), or "eof"
 *   {"emit": {…}}           a line of JSON; "$UUID", "$PROMPT", "$REQUEST" (the last line's ids and text) and "$SESSION" are filled in
 *   {"raw": "text"}         bytes of stdout as they are: no newline is added
 *   {"stderr": "text"}      a line of stderr
 *   {"init": true}          a `system/init` line and `requesting`
 *   {"replay": true}        the last user line comes back
 *   {"say": "text"}         deltas of the text and its whole block
 *   {"result": "text"}      a good `result`; with {"fields": {…}} more of its fields
 *   {"tool": "Bash", "input": {…}, "output": "…"}   a call and its result; without output the tool stays open
 *   {"sleep": ms}           waits
 *   {"ignore": "SIGTERM"}   ignores the signal from now on
 *   {"spawn": ["sleep","300"], "session": true, "clearEnv": true}   a grandchild, in a session of its own, without our marker
 *   {"dump": "file"}        writes {"args", "env"} as JSON to a file in the working directory
 *   {"until": "file"}       waits until that file is there
 *   {"closeStdin": true}    stops reading
 *   {"hang": true}          never goes on, and never exits by itself
 *   {"kill": "SIGKILL"}     ends itself by the signal
 *   {"exit": code}          ends
 * At the end of the steps it waits for the end of stdin and exits 0.
 *
 * It refuses what the CLI refuses: a flag it does not know, a line that is not
 * JSON, `--session-id` of a session that is "in use", `--resume` of a missing one.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const FLAGS = [
  "-p --print --output-format --input-format --verbose --include-partial-messages --replay-user-messages",
  "--permission-prompt-tool --permission-mode --session-id --resume --fork-session --resume-session-at",
  "--append-system-prompt --append-system-prompt-file --model --effort --settings --setting-sources --tools",
  "--strict-mcp-config --mcp-config --allowedTools --disallowedTools --add-dir --max-turns --max-budget-usd --name --version",
].flatMap((flags) => flags.split(" "));

const ECHO = [
  { wait: "user" },
  { init: true },
  { replay: true },
  { say: "echo: $PROMPT" },
  { result: "echo: $PROMPT" },
];

const path = process.env["PARLEY_FAKE_CLAUDE"] ?? "fake-claude.json";
const script = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
const version = script.version ?? "2.1.197";
const args = process.argv.slice(2);

function die(message, code = 1) {
  writeSync(2, `${message}\n`);
  process.exit(code);
}

function flag(name) {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at === -1) return undefined;
  return args[at] === name ? args[at + 1] : args[at].slice(name.length + 1);
}

if (args[0] === "--version") {
  writeSync(1, `${version} (Claude Code)\n`);
  process.exit(0);
}
const known = new Set(FLAGS.filter((name) => !(script.unknownFlags ?? []).includes(name)));
for (const arg of args) {
  const name = arg.replace(/=.*$/s, "");
  if (name.startsWith("-") && !known.has(name)) die(`error: unknown option '${name}'`);
}
const session = flag("--session-id") ?? flag("--resume") ?? "00000000-0000-4000-8000-000000000000";
if (script.sessionInUse && flag("--session-id")) die(`Error: Session ID ${session} is already in use.`);
if (script.conversationMissing && flag("--resume")) {
  const message = `No conversation found with session ID: ${session}`;
  writeSync(2, `${message}\n`);
  emit({
    type: "result",
    subtype: "error_during_execution",
    is_error: true,
    session_id: session,
    errors: [message],
  });
  process.exit(1);
}

const lines = [];
let isEnded = false;
let wake = () => {};
let rest = "";
process.stdin.on("data", (chunk) => {
  const parts = (rest + chunk.toString("utf8")).split("\n");
  rest = parts.pop();
  for (const text of parts.filter((part) => part.trim() !== "")) {
    try {
      lines.push(JSON.parse(text));
    } catch (error) {
      die(`Error parsing streaming input line: ${text}: ${String(error)}`);
    }
  }
  wake();
});
process.stdin.on("end", () => {
  isEnded = true;
  wake();
});

const last = { UUID: "", PROMPT: "", REQUEST: "", SESSION: session };

/** The next line of that type; lines of other types are passed over. Undefined: stdin ended. */
async function next(type) {
  for (;;) {
    while (lines.length > 0) {
      const line = lines.shift();
      if (type !== "any" && line.type !== type) continue;
      if (line.type === "user") {
        const { content } = line.message;
        Object.assign(last, {
          UUID: line.uuid,
          PROMPT: typeof content === "string" ? content : JSON.stringify(content),
        });
      }
      if (line.request_id !== undefined) last.REQUEST = line.request_id;
      return line;
    }
    if (isEnded) return undefined;
    await new Promise((resolve) => (wake = resolve));
  }
}

function fill(value) {
  if (typeof value === "string")
    return value.replace(/\$(UUID|PROMPT|REQUEST|SESSION)/g, (_, name) => last[name]);
  if (Array.isArray(value)) return value.map(fill);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item)]));
}

function emit(line) {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function fileIsThere(file) {
  while (!existsSync(file)) await delay(5);
}

const usage = {
  input_tokens: 1000,
  output_tokens: 20,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};
const base = { session_id: session, parent_tool_use_id: null };
let toolCount = 0;

function assistant(block) {
  emit({
    type: "assistant",
    message: { id: "msg_fake", role: "assistant", model: "fake", content: [block], usage },
    ...base,
  });
}

async function play(step) {
  if ("wait" in step) {
    if (step.wait === "eof") while ((await next("any")) !== undefined);
    else await next(step.wait);
  }
  if ("emit" in step) emit(fill(step.emit));
  if ("raw" in step) writeSync(1, step.raw);
  if ("stderr" in step) writeSync(2, `${fill(step.stderr)}\n`);
  if ("init" in step) {
    const init = {
      model: "fake",
      permissionMode: flag("--permission-mode") ?? "default",
      claude_code_version: version,
    };
    emit({ type: "system", subtype: "init", ...init, slash_commands: ["compact"], tools: [], ...base });
    emit({ type: "system", subtype: "status", status: "requesting", ...base });
  }
  if ("replay" in step) {
    emit({
      type: "user",
      uuid: last.UUID,
      isReplay: true,
      message: { role: "user", content: last.PROMPT },
      ...base,
    });
  }
  if ("say" in step) {
    const text = fill(step.say);
    for (const part of text.match(/[^]{1,20}/g) ?? []) {
      const event = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: part } };
      emit({ type: "stream_event", event, ...base });
    }
    assistant({ type: "text", text });
  }
  if ("tool" in step) {
    toolCount += 1;
    const id = `toolu_${toolCount}`;
    assistant({ type: "tool_use", id, name: step.tool, input: step.input ?? {} });
    if ("output" in step) {
      const content = [{ type: "tool_result", tool_use_id: id, content: step.output, is_error: false }];
      emit({ type: "user", message: { role: "user", content }, ...base });
    }
  }
  if ("result" in step) {
    const counts = {
      duration_ms: 1,
      num_turns: 1,
      total_cost_usd: 0.001,
      usage,
      modelUsage: {},
      permission_denials: [],
    };
    const good = { type: "result", subtype: "success", is_error: false, result: fill(step.result) };
    emit({ ...good, ...counts, ...base, ...fill(step.fields ?? {}) });
  }
  if ("sleep" in step) await delay(step.sleep);
  if ("ignore" in step) process.on(step.ignore, () => {});
  if ("spawn" in step) {
    const env = step.clearEnv ? { PATH: process.env["PATH"] } : process.env;
    const child = spawn(step.spawn[0], step.spawn.slice(1), {
      detached: step.session === true,
      stdio: "ignore",
      env,
    });
    child.unref();
  }
  if ("dump" in step) writeFileSync(step.dump, JSON.stringify({ args, env: process.env }));
  if ("until" in step) await fileIsThere(step.until);
  if ("closeStdin" in step) process.stdin.destroy();
  if ("hang" in step) {
    setInterval(() => {}, 1_000_000);
    await new Promise(() => {});
  }
  if ("kill" in step) process.kill(process.pid, step.kill);
  if ("exit" in step) process.exit(step.exit);
}

if (script.steps === undefined) {
  // One round for each message, until stdin ends.
  for (;;) {
    const line = await next("any");
    if (line === undefined) break;
    if (line.type === "user") for (const step of ECHO.slice(1)) await play(step);
  }
} else for (const step of script.steps) await play(step);
while ((await next("any")) !== undefined);
process.exit(0);
