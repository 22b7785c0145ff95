/** The real CLI against a scripted Messages API. PARLEY_TEST_CLAUDE names another executable than npm's. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Claude, RunRequest } from "../../bot/claude/claude.ts";
import type { Identity } from "../../bot/claude/identity.ts";
import { isAlive } from "../../bot/claude/identity.ts";
import { findMarked } from "../../bot/claude/process-list.ts";
import {
  findTranscript,
  listTranscriptFiles,
  readAnswer,
  repairTail,
  transcriptPath,
} from "../../bot/claude/transcript.ts";
import { startMessagesApi, type MessagesApi } from "../fakes/messages-api.ts";
import {
  cliEnvironment,
  collect,
  lastOf,
  makeWorld,
  only,
  realClaude,
  streamed,
  turnArguments,
  turnRequest,
  type World,
} from "./harness.ts";
import { cliPath } from "../fakes/cli-path.ts";

const execute = promisify(execFile);

let api: MessagesApi;
let world: World;
let env: Record<string, string>;
let claude: Claude;

beforeAll(async () => {
  api = await startMessagesApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  world = await makeWorld();
  env = cliEnvironment(world, api.url);
  claude = realClaude(env, world);
});
afterEach(() => world.remove());

const ALLOW_BASH = { allowedTools: ["Bash"] };

/** One turn from its start to its end, after which nothing of it runs. */
async function turn(text: string, given: Partial<RunRequest["arguments"]> = {}) {
  const request = turnRequest(world, text, given);
  const events = await collect(claude.start(request));
  expect(await findMarked(request.marker)).toEqual([]);
  return { request, events, id: request.arguments.claudeSessionId };
}

describe("a turn", () => {
  test("streams its text and tells what it cost", async () => {
    const { events, id, request } = await turn("SAY Hello, *you*.");
    expect(streamed(events)).toBe("Hello, *you*.");
    expect(only(events, "started")).toMatchObject([{ claudeSessionId: id }]);
    expect(only(events, "taken")).toEqual([{ type: "taken", messageUuid: request.message.uuid }]);
    expect(only(events, "result")).toMatchObject([
      {
        ok: true,
        text: "Hello, *you*.",
        usage: { inputTokens: 1000, outputTokens: 20, contextTokens: 1000 },
      },
    ]);
    expect(lastOf(events)).toEqual({ type: "completed", ok: true });
  });

  test("that goes on with a conversation remembers it", async () => {
    const { id } = await turn("My name is Ada.");
    await turn("I like maps.", { claudeSessionId: id, resume: true });
    const { events } = await turn("RECALL", { claudeSessionId: id, resume: true });
    expect(streamed(events)).toBe("My name is Ada.\nI like maps.");
  });

  test("sends images and several blocks as they are", async () => {
    const request = turnRequest(world, "");
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: ONE_PIXEL } };
    const content = [{ type: "text", text: "SAY seen" }, image];
    await collect(claude.start({ ...request, message: { ...request.message, content } }));
    expect(JSON.stringify(api.requests.at(-1)?.messages)).toContain('"type":"image"');
  });

  test("with a persona that changed speaks with the new one", async () => {
    const persona = join(world.folder, "persona.md");
    await writeFile(persona, "You are PERSONA-ONE.");
    const { id } = await turn("SAY one", { systemPromptFile: persona });
    expect(api.requests.at(-1)?.system).toContain("PERSONA-ONE");
    await writeFile(persona, "You are PERSONA-TWO.");
    await turn("SAY two", { systemPromptFile: persona, claudeSessionId: id, resume: true });
    expect(api.requests.at(-1)?.system).toContain("PERSONA-TWO");
    expect(api.requests.at(-1)?.system).not.toContain("PERSONA-ONE");
  });

  test("has only the tools that it is given, and none that promise too much", async () => {
    await turn("SAY one", { tools: ["Bash", "Read"] });
    const tools = api.requests.at(-1)?.tools ?? [];
    expect(tools).toEqual(expect.arrayContaining(["Bash", "Read"]));
    for (const other of ["Edit", "Write", "WebFetch"]) expect(tools).not.toContain(other);
    await turn("SAY two");
    for (const tool of ["CronCreate", "ScheduleWakeup", "EnterWorktree"])
      expect(api.requests.at(-1)?.tools).not.toContain(tool);
  });

  test("stays in its folder, and so does its conversation", async () => {
    const git = (...args: string[]) =>
      execute("git", ["-C", world.project, "-c", "user.name=a", "-c", "user.email=a@b.example", ...args]);
    await git("init", "-q");
    await git("commit", "-q", "--allow-empty", "-m", "first");
    const { id, events } = await turn('TOOL:EnterWorktree {"name":"elsewhere"}', { askPermission: true });
    expect(only(events, "tool_finished")).toMatchObject([{ isError: true }]);
    const place = { configDir: join(world.home, ".claude"), cwd: world.project, claudeSessionId: id };
    expect(existsSync(await transcriptPath(place))).toBe(true);
    const next = await turn("RUN:pwd", { ...ALLOW_BASH, claudeSessionId: id, resume: true });
    expect(only(next.events, "tool_finished")).toMatchObject([{ text: await realpath(world.project) }]);
  });

  test("answers a command of the CLI itself, and ends", async () => {
    const { id } = await turn("SAY one");
    const before = api.requests.length;
    const { events } = await turn("/context", { claudeSessionId: id, resume: true });
    expect(only(events, "result")).toMatchObject([{ ok: true }]);
    expect(only(events, "text_block").at(0)?.text).toContain("Context");
    expect(api.requests.length).toBe(before);
  });

  test("tells of retries, and answers when the API is well again", async () => {
    const { events } = await turn(`FAIL:500 TIMES:1 ${randomUUID()}`);
    expect(only(events, "retrying")).toMatchObject([{ attempt: 1, status: 500 }]);
    expect(lastOf(events).ok).toBe(true);
  });
});

describe("tools", () => {
  test("run where they are allowed and are told with their output", async () => {
    const { events } = await turn("RUN:echo from the shell", ALLOW_BASH);
    expect(only(events, "tool_started")).toMatchObject([
      { name: "Bash", input: { command: "echo from the shell" }, main: true },
    ]);
    expect(only(events, "tool_finished")).toMatchObject([{ isError: false, text: "from the shell" }]);
    expect(streamed(events)).toContain("After the tool: from the shell");
  });

  test("are refused where nobody is asked, and the turn goes on", async () => {
    const { events } = await turn("RUN:touch made.txt");
    expect(only(events, "tool_finished")).toMatchObject([{ isError: true }]);
    expect(only(events, "result")[0]?.denials).toMatchObject([{ toolName: "Bash" }]);
    expect(existsSync(join(world.project, "made.txt"))).toBe(false);
  });

  test("ask where someone can answer, and run when allowed", async () => {
    const run = claude.start(turnRequest(world, "RUN:touch made.txt", { askPermission: true }));
    const events = await collect(run, (event) => {
      if (event.type === "permission_asked")
        run.answer(event.requestId, { behavior: "allow", updatedInput: event.input });
    });
    expect(only(events, "permission_asked")).toMatchObject([
      { toolName: "Bash", input: { command: "touch made.txt" } },
    ]);
    expect(existsSync(join(world.project, "made.txt"))).toBe(true);
    expect(lastOf(events).ok).toBe(true);
  });

  test("may be none at all", async () => {
    await turn("SAY one", { tools: [] });
    const tools = api.requests.at(-1)?.tools ?? [];
    for (const tool of ["Bash", "Read", "Edit"]) expect(tools).not.toContain(tool);
  });

  test("reach the folders that were added, and no others", async () => {
    const [added, other] = ["added", "other"].map((name) => join(world.folder, name));
    for (const folder of [added, other]) {
      await mkdir(folder ?? "");
      await writeFile(join(folder ?? "", "note.txt"), "a note");
    }
    const addDirs = [added ?? ""];
    const write = (folder = "") =>
      `TOOL:Write ${JSON.stringify({ file_path: join(folder, "new.txt"), content: "new" })}`;
    const rules = { addDirs, permissionMode: "acceptEdits" };
    await turn(write(added), rules);
    expect(existsSync(join(added ?? "", "new.txt"))).toBe(true);
    await turn(write(other), rules);
    expect(existsSync(join(other ?? "", "new.txt"))).toBe(false);
  });

  test("are allowed by a rule with commas and spaces, and only that", async () => {
    const allowedTools = ["Bash(touch a,b c.txt)"];
    await turn("RUN:touch a,b c.txt", { allowedTools });
    expect(existsSync(join(world.project, "c.txt"))).toBe(true);
    await turn("RUN:touch d.txt", { allowedTools });
    expect(existsSync(join(world.project, "d.txt"))).toBe(false);
  });

  test.each([
    ["in the background", "sleep 300 & echo started"],
    ["in a session of its own", "setsid nohup sleep 300 >/dev/null 2>&1 & echo started"],
    ["without its parent", "(nohup sleep 300 >/dev/null 2>&1 &) ; echo started"],
  ])("leave nothing behind %s", async (_, command) => {
    const { events } = await turn(`RUN:${command}`, ALLOW_BASH);
    expect(lastOf(events).ok).toBe(true);
  });

  test("take notes for later turns where they are told to, unasked, and no other folder of the repository has them", async () => {
    await mkdir(join(world.project, ".git"));
    const [mine, theirs] = ["mine", "theirs"].map((name) => ({ memoryDir: join(world.folder, name) }));
    const note = {
      file_path: join(mine?.memoryDir ?? "", "MEMORY.md"),
      content: "- The cat is called Ada.\n",
    };
    const isTold = () => JSON.stringify(api.requests.at(-1)).includes("called Ada");
    const { id } = await turn(`TOOL:Write ${JSON.stringify(note)}`, mine);
    await turn("SAY one", { ...mine, claudeSessionId: id, resume: true });
    expect(isTold()).toBe(true);
    await turn("SAY two", mine);
    expect(isTold()).toBe(true);
    await turn("SAY three", theirs);
    expect(isTold()).toBe(false);
  });

  test("do not see the bot's repository from a session's folder", async () => {
    const inside = join(world.folder, "repository", "sessions", "one");
    await mkdir(join(world.folder, "repository", ".git"), { recursive: true });
    await mkdir(inside, { recursive: true });
    const bounded = realClaude(env, world, {
      ceilingDirectories: [join(world.folder, "repository", "sessions")],
    });
    const request = { ...turnRequest(world, "RUN:echo [$GIT_CEILING_DIRECTORIES]", ALLOW_BASH), cwd: inside };
    const events = await collect(bounded.start(request));
    expect(only(events, "tool_finished")[0]?.text).toBe(`[${join(world.folder, "repository", "sessions")}]`);
  });
});

describe("a background task", () => {
  test("keeps the turn open until it has told of it", async () => {
    const { events } = await turn("BG:sleep 1; echo done", ALLOW_BASH);
    const results = only(events, "result");
    expect(results.map(({ ok, more }) => [ok, more])).toEqual([
      [true, true],
      [true, undefined],
    ]);
    expect(only(events, "task_ended")).toMatchObject([{ status: "completed" }]);
  });

  test("that takes too long is stopped and said to be", async () => {
    claude = realClaude(env, world, { limits: { backgroundMs: 300 } });
    const { events } = await turn("BG:for i in 1 2 3 4 5 6; do sleep 50; done", ALLOW_BASH);
    expect(only(events, "task_ended")).toMatchObject([{ status: "stopped" }]);
    expect(only(events, "result")).toHaveLength(1);
    expect(lastOf(events).ok).toBe(true);
  });
});

describe("messages into a running turn", () => {
  test("join it while a tool runs", async () => {
    const run = claude.start(turnRequest(world, "RUN:sleep 1; echo slept", ALLOW_BASH));
    const uuid = randomUUID();
    const events = await collect(run, (event) => {
      if (event.type === "tool_started") expect(run.send({ uuid, content: "also this" })).toBe(true);
    });
    expect(only(events, "taken").map(({ messageUuid }) => messageUuid)).toContain(uuid);
    expect(only(events, "result").at(-1)?.more).toBeUndefined();
    expect(lastOf(events).ok).toBe(true);
  });

  test("are answered after it while text streams", async () => {
    const run = claude.start(turnRequest(world, "LONG:30 DELAY:20"));
    const uuid = randomUUID();
    let isSent = false;
    const events = await collect(run, (event) => {
      if (event.type === "text" && !isSent) isSent = run.send({ uuid, content: "SAY and this" });
    });
    expect(streamed(events)).toContain("and this");
    expect(only(events, "result").map(({ more }) => more)).toEqual([true, undefined]);
  });
});

describe("a stopped turn", () => {
  test("keeps its text, and the model remembers it", async () => {
    const request = turnRequest(world, "LONG:400 DELAY:20");
    const run = claude.start(request);
    const events = await collect(run, (event) => {
      if (event.type === "text" && event.delta.startsWith("w9 ")) run.interrupt();
    });
    expect(streamed(events)).toMatch(/^w0 w1 .*w9 /);
    expect(only(events, "result")).toMatchObject([{ ok: false, failure: { kind: "stopped" } }]);
    expect(lastOf(events)).toEqual({ type: "completed", ok: false, failure: { kind: "stopped" } });
    await turn("SAY next", { claudeSessionId: request.arguments.claudeSessionId, resume: true });
    expect(JSON.stringify(api.requests.at(-1)?.messages)).toContain("w0 w1 ");
  });

  test("ends its tool and what the tool started", async () => {
    const request = turnRequest(
      world,
      "RUN:setsid sleep 300 & sleep 1; touch started; sleep 300",
      ALLOW_BASH,
    );
    const run = claude.start(request);
    const events = await collect(run, (event) => {
      if (event.type === "tool_started")
        void waitForFile(join(world.project, "started")).then(() => run.interrupt());
    });
    expect(lastOf(events)).toMatchObject({ failure: { kind: "stopped" } });
    expect(await findMarked(request.marker)).toEqual([]);
  });

  test("before it began is stopped all the same", async () => {
    const run = claude.start(turnRequest(world, "LONG:400 DELAY:20"));
    run.interrupt();
    expect(lastOf(await collect(run))).toEqual({
      type: "completed",
      ok: false,
      failure: { kind: "stopped" },
    });
  });

  test("that hangs in the API ends too", async () => {
    const run = claude.start(turnRequest(world, "HANG"));
    const events = await collect(run, (event) => {
      if (event.type === "text") run.interrupt();
    });
    expect(lastOf(events)).toMatchObject({ failure: { kind: "stopped" } });
  });
});

describe("a turn that cannot be", () => {
  test("for want of a login says so", async () => {
    const { ANTHROPIC_API_KEY: _, ...without } = env;
    claude = realClaude(without, world);
    const { events } = await turn("hello");
    expect(lastOf(events)).toMatchObject({ ok: false, failure: { kind: "not_logged_in" } });
    expect(streamed(events)).toBe("");
    expect(only(events, "text_block")).toEqual([]);
  });

  test("for an error of the API says which", async () => {
    const { events } = await turn("FAIL:400");
    expect(lastOf(events)).toMatchObject({ ok: false, failure: { kind: "api_error", status: 400 } });
  });

  test("for a limit of the API says so after its retries", async () => {
    claude = realClaude({ ...env, CLAUDE_CODE_MAX_RETRIES: "1" }, world);
    const { events } = await turn("FAIL:429");
    expect(lastOf(events)).toMatchObject({ ok: false, failure: { kind: "api_error", status: 429 } });
  });

  test("for want of the conversation says so, and runs nothing", async () => {
    const before = api.requests.length;
    const { events } = await turn("hello", { resume: true });
    expect(lastOf(events)).toMatchObject({ failure: { kind: "conversation_missing" } });
    expect(api.requests.length).toBe(before);
  });

  test("because the conversation exists says so, and runs nothing", async () => {
    const { id } = await turn("SAY one");
    const before = api.requests.length;
    const { events } = await turn("hello", { claudeSessionId: id });
    expect(lastOf(events)).toMatchObject({ failure: { kind: "session_in_use" } });
    expect(api.requests.length).toBe(before);
  });

  test("because the CLI does not know a flag says so", async () => {
    const request = turnRequest(world, "hello");
    const run = claude.start({
      ...request,
      arguments: turnArguments({ model: "", permissionMode: "no-such-mode" }),
    });
    expect(lastOf(await collect(run))).toMatchObject({ failure: { kind: "cli_refused" } });
  });
});

describe("a folder that is not trusted", () => {
  beforeEach(async () => {
    const hook = { hooks: [{ type: "command", command: "touch hooked" }] };
    await mkdir(join(world.project, ".claude"));
    await writeFile(
      join(world.project, ".claude", "settings.json"),
      JSON.stringify({ hooks: { SessionStart: [hook] } }),
    );
    await writeFile(
      join(world.project, ".mcp.json"),
      JSON.stringify({ mcpServers: { evil: { command: "touch", args: ["served"] } } }),
    );
    await writeFile(join(world.project, "CLAUDE.md"), "PROJECT-MARK");
  });

  test("runs nothing of its own", async () => {
    await turn("SAY one", { trustProject: false });
    expect(existsSync(join(world.project, "hooked"))).toBe(false);
    expect(existsSync(join(world.project, "served"))).toBe(false);
  });

  test("counts when it is trusted", async () => {
    await turn("SAY one", { trustProject: true });
    expect(existsSync(join(world.project, "hooked"))).toBe(true);
    expect(JSON.stringify(api.requests.at(-1))).toContain("PROJECT-MARK");
  });
});

describe("the transcript", () => {
  test.each([
    ["a plain folder", "plain"],
    ["a folder with spaces and dots", "two words.and more"],
    ["a folder with a very long name", "x".repeat(180)],
    ["a folder with letters of the world", "żółć-ß-日本"],
  ])("of %s is where we look for it", async (_, name) => {
    const cwd = join(world.project, name);
    await mkdir(cwd);
    const request = { ...turnRequest(world, "SAY kept"), cwd };
    await collect(claude.start(request));
    const place = {
      configDir: join(world.home, ".claude"),
      cwd,
      claudeSessionId: request.arguments.claudeSessionId,
    };
    const path = await transcriptPath(place);
    expect(existsSync(path)).toBe(true);
    expect(await findTranscript(place)).toBe(path);
    expect(await readAnswer(place, request.message.uuid)).toBe("kept");
  });

  test("whose last line is torn is mended, and the conversation goes on", async () => {
    const { id } = await turn("My name is Ada.");
    const place = { configDir: join(world.home, ".claude"), cwd: world.project, claudeSessionId: id };
    const [path = ""] = await listTranscriptFiles(place);
    await writeFile(path, `${await readFile(path, "utf8")}{"type":"assis`);
    expect(await repairTail(path)).toBe(true);
    expect(await repairTail(path)).toBe(false);
    const { events } = await turn("RECALL", { claudeSessionId: id, resume: true });
    expect(streamed(events)).toBe("My name is Ada.");
  });
});

describe("a process that waits", () => {
  test("begins with its own message, whatever another Claude Code tells it", async () => {
    const { message, ...request } = turnRequest(world, "SAY mine");
    const started = await claude.wait({ ...request, answerMcp: async () => ({}) });
    if (!started.ok) throw new Error(started.failure.kind);
    const { waiting } = started;
    // Newer versions listen for the other sessions of this machine; older ones write no such address.
    const card = join(world.home, ".claude", "sessions", `${waiting.identity?.pid}.json`);
    await waitForFile(card);
    await tellAsPeer(world.home, card, "SAY theirs");
    const begin = await waiting.take({
      outFile: `${request.outFile}.taken`,
      errFile: `${request.errFile}.taken`,
    });
    expect(streamed(await collect(begin(message)))).toBe("mine");
    expect(api.requests.map(({ messages }) => JSON.stringify(messages)).join()).not.toContain("SAY theirs");
  });
});

describe("a turn whose bot died", () => {
  test("is adopted from another process and told to its end", async () => {
    const request = turnRequest(world, "LONG:60 DELAY:30");
    const identity = await startInAnotherProcess(request, env);
    expect(await isAlive(identity)).toBe(true);
    const events = await collect(claude.adopt({ ...request, identity }));
    expect(streamed(events)).toContain("w59");
    expect(only(events, "result")).toMatchObject([{ ok: true }]);
    expect(lastOf(events).ok).toBe(true);
    expect(await findMarked(request.marker)).toEqual([]);
  });

  test("that had ended meanwhile is told from its file", async () => {
    const request = turnRequest(world, "SAY said while nobody listened");
    const identity = await startInAnotherProcess(request, env);
    while (await isAlive(identity)) await new Promise((resolve) => setTimeout(resolve, 20));
    const events = await collect(claude.adopt({ ...request, identity }));
    expect(streamed(events)).toBe("said while nobody listened");
    expect(lastOf(events).ok).toBe(true);
  });
});

const ONE_PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Starts the turn as an earlier life of the bot would have, and kills that life once the turn runs. */
async function startInAnotherProcess(
  request: RunRequest,
  childEnv: Record<string, string>,
): Promise<Identity> {
  const life = spawn(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("start-turn.ts", import.meta.url))],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: childEnv["PATH"] },
    },
  );
  life.stdin.end(JSON.stringify({ request, env: childEnv, file: cliPath() }));
  const [line] = await once(life.stdout, "data");
  life.kill("SIGKILL");
  await once(life, "exit");
  return JSON.parse(String(line).split("\n")[0] ?? "");
}

/** Speaks to a Claude Code as another one does, if it listens: a line that says who, a line that says what. */
async function tellAsPeer(home: string, card: string, text: string): Promise<void> {
  const { pid, messagingSocketPath } = JSON.parse(await readFile(card, "utf8"));
  if (messagingSocketPath === undefined) return;
  const folder = join(home, ".claude", "sessions");
  const key = (await readdir(folder)).find((name) => name.startsWith(`${pid}.`) && name.endsWith(".key"));
  const { peerToken } = JSON.parse(await readFile(join(folder, key ?? ""), "utf8"));
  const socket = connect(messagingSocketPath);
  const lines = [
    { type: "auth", token: peerToken },
    { type: "user", message: { role: "user", content: text } },
  ];
  socket.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await once(socket.resume(), "close");
}

async function waitForFile(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10));
}
