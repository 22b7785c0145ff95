/** A run against the fake CLI: what the real one does seldom, or never when asked. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ClaudeRun } from "../../bot/claude/claude.ts";
import { identify, isAlive } from "../../bot/claude/identity.ts";
import type { RunLimits } from "../../bot/claude/limits.ts";
import { findMarked } from "../../bot/claude/process-list.ts";
import type { ProbeResult } from "../../bot/claude/probe.ts";
import { transcriptPath } from "../../bot/claude/transcript.ts";
import {
  collect,
  FEATURES,
  fakeClaude,
  lastOf,
  makeWorld,
  only,
  streamed,
  turnRequest,
  type World,
} from "./harness.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

const BEGIN = [{ wait: "user" }, { init: true }, { replay: true }];

async function start(
  script: object,
  limits: Partial<RunLimits> = {},
): Promise<{ run: ClaudeRun; marker: string }> {
  const claude = await fakeClaude(world, script, { limits });
  const request = turnRequest(world, "hello");
  return { run: claude.start(request), marker: request.marker };
}

async function play(steps: readonly object[], limits: Partial<RunLimits> = {}) {
  const { run, marker } = await start({ steps }, limits);
  const events = await collect(run);
  expect(await findMarked(marker)).toEqual([]);
  return events;
}

describe("a run", () => {
  test("gives the text, one result and its end", async () => {
    const events = await play([...BEGIN, { say: "hi there" }, { result: "hi there" }]);
    expect(streamed(events)).toBe("hi there");
    expect(only(events, "result")).toMatchObject([{ ok: true, text: "hi there", source: "stream" }]);
    expect(lastOf(events)).toEqual({ type: "completed", ok: true });
  });

  test("keeps its output where only the owner can read it", async () => {
    const claude = await fakeClaude(world, {});
    const request = turnRequest(world, "hello");
    await collect(claude.start(request));
    for (const file of [request.outFile, request.errFile])
      expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("lets the child make its files as the bot's owner would, and itself goes on as it was", async () => {
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    const steps = [...BEGIN, { dump: "dump.json" }, { result: "" }];
    const claude = await fakeClaude(world, { steps }, { childUmask: 0o022 });
    await collect(claude.start(turnRequest(world, "hello")));
    expect((await stat(join(world.project, "dump.json"))).mode & 0o777).toBe(0o644);
    expect(process.umask()).toBe(0o077);
  });

  test("goes on as it was where the child cannot be started", async () => {
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    const features = { ...FEATURES, path: join(world.folder, "missing") };
    const probe = async () => ({ ok: true as const, features });
    const claude = await fakeClaude(world, {}, { childUmask: 0o022, probe });
    const events = await collect(claude.start(turnRequest(world, "hello")));
    expect(lastOf(events)).toMatchObject({ failure: { kind: "cli_missing" } });
    expect(process.umask()).toBe(0o077);
  });

  test("gives the child nothing of our environment that is not on the list, and its marker", async () => {
    const env = {
      PATH: process.env["PATH"],
      HOME: world.home,
      TELEGRAM_BOT_TOKEN: "1:secret",
      SECRET: "s",
      CLAUDECODE: "1",
    };
    const claude = await fakeClaude(
      world,
      { steps: [...BEGIN, { dump: "dump.json" }, { result: "" }] },
      { env },
    );
    const request = turnRequest(world, "hello");
    await collect(claude.start(request));
    const seen = JSON.parse(await readFile(join(world.project, "dump.json"), "utf8")).env;
    expect(seen).toMatchObject({ PARLEY_TURN: request.marker, HOME: world.home });
    expect(JSON.stringify(seen)).not.toMatch(/secret|SECRET|CLAUDECODE/);
  });

  test("gives the child not a word of the person in its arguments", async () => {
    const claude = await fakeClaude(world, { steps: [...BEGIN, { dump: "dump.json" }, { result: "" }] });
    await collect(claude.start(turnRequest(world, "my deepest secret")));
    const seen = JSON.parse(await readFile(join(world.project, "dump.json"), "utf8")).args;
    expect(JSON.stringify(seen)).not.toContain("deepest");
  });

  test("never writes into the files of another", async () => {
    const claude = await fakeClaude(world, {});
    const request = turnRequest(world, "hello");
    await writeFile(request.outFile, "an earlier turn");
    const events = await collect(claude.start(request));
    expect(lastOf(events)).toMatchObject({ ok: false, failure: { kind: "not_started", code: "EEXIST" } });
    expect(await readFile(request.outFile, "utf8")).toBe("an earlier turn");
  });

  test("can use the names of one in which nothing happened", async () => {
    const claude = await fakeClaude(world, { conversationMissing: true });
    const request = turnRequest(world, "hello", { resume: true });
    const first = await collect(claude.start(request));
    expect(lastOf(first)).toMatchObject({ failure: { kind: "conversation_missing" } });
    await claude.clearOutput(request.outFile, request.errFile);
    const again = { ...request, arguments: { ...request.arguments, resume: false } };
    expect(lastOf(await collect(claude.start(again)))).toEqual({ type: "completed", ok: true });
  });

  test("reads on after lines that are no JSON, and says so", async () => {
    const events = await play([...BEGIN, { raw: "Debug: hm\n{half\n" }, { result: "fine" }]);
    expect(only(events, "unreadable_line")).toHaveLength(2);
    expect(lastOf(events).ok).toBe(true);
  });

  test("reads on after a line that is too long, and says so", async () => {
    const events = await play([...BEGIN, { raw: `${"x".repeat(5_000)}\n` }, { result: "fine" }], {
      maxLineBytes: 4_096,
    });
    expect(only(events, "unreadable_line")).toHaveLength(1);
    expect(lastOf(events).ok).toBe(true);
  });

  test("counts lines of types it does not know", async () => {
    const { run } = await start({
      steps: [...BEGIN, { emit: { type: "tomorrow" } }, { emit: { type: "tomorrow" } }, { result: "" }],
    });
    await collect(run);
    expect([...run.unknownLines]).toEqual([["tomorrow", 2]]);
  });

  test("refuses a question it does not know, so that the turn goes on", async () => {
    const unknown = { type: "control_request", request_id: "r1", request: { subtype: "tomorrow" } };
    const events = await play([
      ...BEGIN,
      { emit: unknown },
      { wait: "control_response" },
      { result: "went on as $REQUEST" },
    ]);
    expect(lastOf(events).ok).toBe(true);
  });

  test("waits for an answer to a question and passes it on", async () => {
    const request = {
      subtype: "can_use_tool",
      tool_name: "Bash",
      tool_use_id: "t",
      input: { command: "ls" },
    };
    const asked = { type: "control_request", request_id: "q1", request };
    const { run } = await start({
      steps: [...BEGIN, { emit: asked }, { wait: "control_response" }, { result: "answered" }],
    });
    const events = await collect(run, (event) => {
      if (event.type === "permission_asked")
        run.answer(event.requestId, { behavior: "allow", updatedInput: event.input });
    });
    expect(only(events, "permission_asked")).toMatchObject([{ toolName: "Bash", input: { command: "ls" } }]);
    expect(lastOf(events).ok).toBe(true);
  });
});

describe("a run that was answered", () => {
  test("ends a process that never exits, and is no failure", async () => {
    const events = await play([...BEGIN, { ignore: "SIGTERM" }, { result: "done" }, { hang: true }], {
      noExitMs: 100,
      termMs: 100,
    });
    expect(lastOf(events)).toEqual({ type: "completed", ok: true });
  });

  test("ends what the process left behind, also in other sessions and without our marker", async () => {
    const events = await play([
      ...BEGIN,
      { spawn: ["sleep", "300"] },
      { spawn: ["sleep", "300"], session: true },
      { spawn: ["sleep", "300"], session: true, clearEnv: true },
      { result: "done" },
    ]);
    expect(only(events, "swept")).toEqual([{ type: "swept", count: 3 }]);
    expect(lastOf(events).ok).toBe(true);
  });

  test("ends what ignores SIGTERM", async () => {
    const stubborn = ["sh", "-c", "trap '' TERM; touch ready; while :; do sleep 0.05; done"];
    const steps = [...BEGIN, { spawn: stubborn, session: true }, { until: "ready" }, { result: "done" }];
    const events = await play(steps, { leftoverMs: 100 });
    expect(only(events, "swept")).toHaveLength(1);
  });

  test("counts the exit code of an answered process for nothing", async () => {
    expect(lastOf(await play([...BEGIN, { result: "done" }, { exit: 7 }])).ok).toBe(true);
  });
});

describe("a run without a result", () => {
  test("that exits tells code and stderr", async () => {
    const events = await play([...BEGIN, { stderr: "it broke" }, { exit: 3 }]);
    expect(lastOf(events)).toEqual({
      type: "completed",
      ok: false,
      failure: { kind: "exited", code: 3, stderrTail: "it broke\n" },
    });
  });

  test("that is killed in mid-line tells the signal and keeps the text", async () => {
    const events = await play([...BEGIN, { say: "so far" }, { raw: '{"type":"assis' }, { kill: "SIGKILL" }]);
    expect(streamed(events)).toBe("so far");
    expect(lastOf(events)).toMatchObject({ failure: { kind: "exited", signal: "SIGKILL" } });
  });

  test("reads its answer from the transcript, if it exits well (a full disk is silent)", async () => {
    const claude = await fakeClaude(world, {
      steps: [...BEGIN, { say: "the ans" }, { raw: '{"type":"assis' }, { exit: 0 }],
    });
    const request = turnRequest(world, "hello");
    const place = {
      configDir: join(world.home, ".claude"),
      cwd: world.project,
      claudeSessionId: request.arguments.claudeSessionId,
    };
    const path = await transcriptPath(place);
    const lines = [
      { type: "user", uuid: request.message.uuid, message: { content: "hello" } },
      { type: "assistant", message: { id: "m1", content: [{ type: "text", text: "the answer" }] } },
    ];
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const events = await collect(claude.start(request));
    expect(only(events, "result")).toMatchObject([{ ok: true, text: "the answer", source: "transcript" }]);
    expect(lastOf(events).ok).toBe(true);
  });

  test("and without a transcript is a failure, even if it exits well", async () => {
    const events = await play([...BEGIN, { say: "the ans" }, { exit: 0 }]);
    expect(lastOf(events)).toMatchObject({ failure: { kind: "exited", code: 0 } });
  });

  test("of which not a line can be read says so", async () => {
    const events = await play([{ wait: "user" }, { raw: "garbage\nmore\n" }, { exit: 1 }]);
    expect(lastOf(events)).toMatchObject({ failure: { kind: "unreadable" } });
  });

  test("that refuses a flag says which", async () => {
    const { run } = await start({ unknownFlags: ["--replay-user-messages"] });
    expect(lastOf(await collect(run))).toMatchObject({
      failure: { kind: "cli_refused", message: "error: unknown option '--replay-user-messages'" },
    });
  });

  test("whose conversation exists already says so", async () => {
    const { run } = await start({ sessionInUse: true });
    expect(lastOf(await collect(run))).toMatchObject({ failure: { kind: "session_in_use" } });
  });
});

describe("a run that cannot start", () => {
  test("because its folder is gone says which", async () => {
    const claude = await fakeClaude(world, {});
    const gone = join(world.folder, "gone");
    const run = claude.start({ ...turnRequest(world, "hello"), cwd: gone });
    expect(lastOf(await collect(run))).toMatchObject({ failure: { kind: "folder_missing", path: gone } });
    expect(await run.identity).toBeUndefined();
  });

  test("because the CLI is missing says so", async () => {
    const failure = { kind: "cli_missing", file: "claude", code: "ENOENT" } as const;
    const claude = await fakeClaude(world, {}, { probe: async () => ({ ok: false, failure }) });
    expect(lastOf(await collect(claude.start(turnRequest(world, "hello"))))).toEqual({
      type: "completed",
      ok: false,
      failure,
    });
  });

  test.each([
    ["is no program", "#!/no/such/interpreter\n", 0o700, "ENOENT"],
    ["may not be run", "#!/bin/sh\n", 0o600, "EACCES"],
  ])("because the CLI %s says so", async (_, content, mode, code) => {
    const path = join(world.folder, "broken");
    await writeFile(path, content, { mode });
    const claude = await fakeClaude(
      world,
      {},
      { probe: async () => ({ ok: true, features: { ...FEATURES, path } }) },
    );
    const events = await collect(claude.start(turnRequest(world, "hello")));
    expect(lastOf(events)).toMatchObject({ failure: { kind: "cli_missing", file: path, code } });
  });
});

describe("a stopped run", () => {
  const STOPPED = {
    type: "result",
    subtype: "error_during_execution",
    is_error: true,
    terminal_reason: "aborted_streaming",
    session_id: "$SESSION",
  };

  test("keeps the text so far", async () => {
    const { run } = await start({
      steps: [...BEGIN, { say: "w0 w1" }, { wait: "control_request" }, { emit: STOPPED }, { exit: 1 }],
    });
    const events = await collect(run, (event) => {
      if (event.type === "text_block") run.interrupt();
    });
    expect(streamed(events)).toBe("w0 w1");
    expect(lastOf(events)).toEqual({ type: "completed", ok: false, failure: { kind: "stopped" } });
  });

  test("that does not listen is made to end", async () => {
    const { run, marker } = await start(
      { steps: [...BEGIN, { ignore: "SIGTERM" }, { say: "w0" }, { hang: true }] },
      { interruptMs: 50, termMs: 50 },
    );
    const events = await collect(run, (event) => {
      if (event.type === "text_block") run.interrupt();
    });
    expect(lastOf(events)).toMatchObject({ failure: { kind: "stopped" } });
    expect(await findMarked(marker)).toEqual([]);
  });

  test("before it has begun is stopped all the same", async () => {
    const { run } = await start({ steps: [{ hang: true }] }, { interruptMs: 50 });
    run.interrupt();
    expect(lastOf(await collect(run))).toMatchObject({ failure: { kind: "stopped" } });
  });

  test("while the CLI is asked what it is, and does not say, is at once, and nothing is started", async () => {
    let answer: (result: ProbeResult) => void = () => {};
    const probing = new Promise<ProbeResult>((resolve) => (answer = resolve));
    const claude = await fakeClaude(world, { steps: [{ result: "" }] }, { probe: () => probing });
    const request = turnRequest(world, "hello");
    const run = claude.start(request);
    setImmediate(() => run.interrupt());
    expect(await collect(run)).toEqual([{ type: "completed", ok: false, failure: { kind: "stopped" } }]);
    expect(await run.identity).toBeUndefined();
    answer({ ok: true, features: FEATURES });
    // One that is asked for after that has all of its life.
    await collect(claude.start(turnRequest(world, "hello")));
    expect(existsSync(request.outFile)).toBe(false);
  });

  test("is asked again when it begins only after it was stopped", async () => {
    const steps = [
      { wait: "control_request" },
      { init: true },
      { wait: "control_request" },
      { emit: STOPPED },
      { exit: 1 },
    ];
    const { run } = await start({ steps });
    run.interrupt();
    const events = await collect(run);
    expect(only(events, "result")).toMatchObject([{ failure: { kind: "stopped" } }]);
  });

  test("tells the first cause, whatever follows", async () => {
    const { run } = await start({ steps: [...BEGIN, { hang: true }] }, { interruptMs: 50, hardMs: 60_000 });
    const events = await collect(run, (event) => {
      if (event.type !== "taken") return;
      run.end({ kind: "timed_out", watchdog: "hard_limit", afterMs: 1 });
      run.interrupt();
    });
    expect(lastOf(events)).toMatchObject({ failure: { kind: "timed_out", watchdog: "hard_limit" } });
  });

  test("takes no more messages", async () => {
    const { run } = await start({
      steps: [...BEGIN, { wait: "control_request" }, { emit: STOPPED }, { exit: 1 }],
    });
    let isTaken: boolean | undefined;
    await collect(run, (event) => {
      if (event.type !== "taken") return;
      run.interrupt();
      isTaken = run.send({ uuid: randomUUID(), content: "more" });
    });
    expect(isTaken).toBe(false);
  });

  test("that had been answered stays answered", async () => {
    const { run } = await start({ steps: [...BEGIN, { result: "done" }, { hang: true }] }, { termMs: 100 });
    const events = await collect(run, (event) => {
      // After the run itself has seen the result.
      if (event.type === "result") setImmediate(() => run.interrupt());
    });
    expect(lastOf(events)).toEqual({ type: "completed", ok: true });
  });
});

describe("a watchdog", () => {
  test("runs while the CLI is asked what it is", async () => {
    const limits = { noInitMs: 80 };
    const claude = await fakeClaude(world, {}, { limits, probe: () => new Promise(() => {}) });
    const failure = { kind: "timed_out", watchdog: "no_init", afterMs: 80 };
    expect(await collect(claude.start(turnRequest(world, "hello")))).toEqual([
      { type: "completed", ok: false, failure },
    ]);
  });

  test.each([
    ["no_init", [{ wait: "user" }, { hang: true }], { noInitMs: 80 }],
    ["silent", [...BEGIN, { say: "w0" }, { hang: true }], { silentMs: 80 }],
    ["tool_too_long", [...BEGIN, { tool: "Bash" }, { hang: true }], { toolMs: 80 }],
    ["hard_limit", [...BEGIN, { hang: true }], { hardMs: 80 }],
  ] as const)("%s ends the run and is told as its cause", async (watchdog, steps, limits) => {
    const events = await play(steps, { ...limits, interruptMs: 50 });
    expect(lastOf(events)).toEqual({
      type: "completed",
      ok: false,
      failure: { kind: "timed_out", watchdog, afterMs: 80 },
    });
  });

  test("is the cause that the result tells, too", async () => {
    const stopped = { type: "result", subtype: "error_during_execution", is_error: true, session_id: "s" };
    const events = await play([...BEGIN, { wait: "control_request" }, { emit: stopped }, { exit: 1 }], {
      silentMs: 80,
    });
    expect(only(events, "result")[0]?.failure).toMatchObject({ kind: "timed_out", watchdog: "silent" });
  });
});

describe("messages into a running turn", () => {
  test("keep it open until each is answered", async () => {
    const second = [{ init: true }, { replay: true }, { say: "two" }, { result: "two" }];
    const { run } = await start({
      steps: [...BEGIN, { say: "one" }, { wait: "user" }, { result: "one" }, ...second],
    });
    const events = await collect(run, (event) => {
      if (event.type === "text_block" && event.text === "one")
        run.send({ uuid: randomUUID(), content: "and?" });
    });
    const results = only(events, "result");
    expect(results.map(({ text, more }) => [text, more])).toEqual([
      ["one", true],
      ["two", undefined],
    ]);
  });

  test.each([true, false])("can be taken back if the process says so (%s)", async (cancelled) => {
    const response = { subtype: "success", request_id: "$REQUEST", response: { cancelled } };
    const asked = [{ wait: "user" }, { wait: "control_request" }];
    const second = cancelled ? [] : [{ replay: true }, { result: "two" }];
    const { run } = await start({
      steps: [
        ...BEGIN,
        { say: "one" },
        ...asked,
        { emit: { type: "control_response", response } },
        { result: "one" },
        ...second,
      ],
    });
    const answers: Promise<boolean>[] = [];
    const events = await collect(run, (event) => {
      if (event.type !== "text_block") return;
      const uuid = randomUUID();
      run.send({ uuid, content: "and?" });
      answers.push(run.withdraw(uuid));
    });
    expect(await Promise.all(answers)).toEqual([cancelled]);
    expect(only(events, "result").map(({ more }) => more)).toEqual(
      cancelled ? [undefined] : [true, undefined],
    );
  });

  test("are taken back before a stop, so that it does not go on with them", async () => {
    const stopped = { type: "result", subtype: "error_during_execution", is_error: true, session_id: "s" };
    const steps = [
      ...BEGIN,
      { say: "one" },
      { wait: "user" },
      // The message first, then the stop.
      { wait: "control_request" },
      { wait: "control_request" },
      { emit: stopped },
      { exit: 1 },
    ];
    const { run } = await start({ steps });
    const events = await collect(run, (event) => {
      if (event.type !== "text_block") return;
      run.send({ uuid: randomUUID(), content: "and?" });
      run.interrupt();
    });
    expect(lastOf(events)).toMatchObject({ failure: { kind: "stopped" } });
  });

  test("cannot be taken back from a process that is gone", async () => {
    const { run } = await start({ steps: [...BEGIN, { result: "one" }] });
    await collect(run);
    expect(await run.withdraw(randomUUID())).toBe(false);
  });

  test("that the CLI answers itself and never takes up are done with their result", async () => {
    const events = await play([{ wait: "user" }, { init: true }, { result: "cost: nothing" }]);
    expect(only(events, "taken")).toEqual([]);
    expect(lastOf(events).ok).toBe(true);
  });

  test("come too late after the end", async () => {
    const { run } = await start({});
    await collect(run);
    expect(run.send({ uuid: randomUUID(), content: "hello?" })).toBe(false);
  });
});

describe("a background task", () => {
  const task = (taskId: string) => ({
    type: "system",
    subtype: "task_started",
    task_id: taskId,
    description: "bg",
  });
  const ended = (taskId: string, status: string) => ({
    type: "system",
    subtype: "task_notification",
    task_id: taskId,
    status,
  });

  test("keeps the turn open, and what it tells is delivered", async () => {
    const events = await play([
      ...BEGIN,
      { emit: task("b1") },
      { result: "It runs." },
      { emit: ended("b1", "completed") },
      { init: true },
      { say: "It is done." },
      { result: "It is done." },
    ]);
    expect(only(events, "result").map(({ text, more }) => [text, more])).toEqual([
      ["It runs.", true],
      ["It is done.", undefined],
    ]);
    expect(lastOf(events).ok).toBe(true);
  });

  test("that ends without a word more is not waited for", async () => {
    const steps = [
      ...BEGIN,
      { emit: task("b1") },
      { result: "It runs." },
      { emit: ended("b1", "completed") },
    ];
    expect(lastOf(await play(steps, { followUpMs: 50 })).ok).toBe(true);
  });

  test("that takes too long is stopped, and is seen to", async () => {
    const steps = [
      ...BEGIN,
      { emit: task("b1") },
      { result: "It runs." },
      { wait: "control_request" },
      { emit: ended("b1", "stopped") },
    ];
    const events = await play(steps, { backgroundMs: 50 });
    expect(only(events, "task_ended")).toEqual([{ type: "task_ended", taskId: "b1", status: "stopped" }]);
    expect(lastOf(events).ok).toBe(true);
  });

  test("that the process takes with it is told as stopped", async () => {
    const events = await play([...BEGIN, { emit: task("b1") }, { exit: 1 }]);
    expect(only(events, "task_ended")).toEqual([{ type: "task_ended", taskId: "b1", status: "stopped" }]);
  });

  test("is stopped with the turn", async () => {
    const steps = [
      ...BEGIN,
      { emit: task("b1") },
      { result: "It runs." },
      { wait: "control_request" },
      { emit: ended("b1", "stopped") },
    ];
    const { run } = await start({ steps });
    const events = await collect(run, (event) => {
      if (event.type === "result") run.interrupt();
    });
    expect(only(events, "task_ended")).toHaveLength(1);
    expect(lastOf(events)).toMatchObject({ failure: { kind: "stopped" } });
  });
});

describe("an adopted run", () => {
  test("tells a finished file as if it had seen it", async () => {
    const claude = await fakeClaude(world, { steps: [...BEGIN, { say: "hi" }, { result: "hi" }] });
    const request = turnRequest(world, "hello");
    const first = claude.start(request);
    const seen = await collect(first);
    const identity = await first.identity;
    const again = await collect(claude.adopt({ ...request, ...(identity ? { identity } : {}) }));
    expect(again).toEqual(seen);
  });

  test("waits for an answer to each message that the life before had sent", async () => {
    const second = [{ wait: "user" }, { result: "one" }, { replay: true }, { say: "two" }, { result: "two" }];
    const claude = await fakeClaude(world, { steps: [...BEGIN, { say: "one" }, ...second] });
    const request = turnRequest(world, "hello");
    const uuid = randomUUID();
    const first = claude.start(request);
    await collect(first, (event) => {
      if (event.type === "text_block" && event.text === "one") first.send({ uuid, content: "and?" });
    });
    const adopt = async (sent: string[]) => {
      const events = await collect(claude.adopt({ ...request, sent }));
      expect(lastOf(events).ok).toBe(true);
      return only(events, "result").map(({ more }) => more);
    };
    const own = request.message.uuid;
    expect(await adopt([own, uuid])).toEqual([true, undefined]);
    expect(await adopt([own, uuid, randomUUID()])).toEqual([true, true]);
    expect(await adopt([own])).toEqual([undefined, undefined]);
  });

  test("of a file that is not there is a failure", async () => {
    const claude = await fakeClaude(world, {});
    const events = await collect(claude.adopt(turnRequest(world, "hello")));
    expect(lastOf(events)).toMatchObject({ failure: { kind: "exited", stderrTail: "" } });
  });

  test("follows a process that still runs, and ends what it leaves", async () => {
    const claude = await fakeClaude(world, {
      steps: [
        ...BEGIN,
        { say: "one " },
        { spawn: ["sleep", "300"], session: true },
        { until: "seen" },
        { say: "two" },
        { result: "one two" },
      ],
    });
    const request = turnRequest(world, "hello");
    // Another life of ours: its run is not read, and it says nothing more.
    const identity = await claude.start(request).identity;
    expect(identity).toBeDefined();
    const run = claude.adopt({ ...request, ...(identity ? { identity } : {}) });
    const events = await collect(run, (event) => {
      if (event.type === "text_block" && event.text === "one ")
        writeFileSync(join(world.project, "seen"), "");
    });
    expect(streamed(events)).toBe("one two");
    expect(lastOf(events).ok).toBe(true);
    expect(await findMarked(request.marker)).toEqual([]);
  });

  test("tells the questions of the life before, which nobody can answer any more", async () => {
    const request = { subtype: "can_use_tool", tool_name: "Bash", tool_use_id: "toolu_1", input: {} };
    const asked = { type: "control_request", request_id: "q1", request };
    const claude = await fakeClaude(world, { steps: [...BEGIN, { emit: asked }, { result: "refused" }] });
    const turn = turnRequest(world, "hello");
    const seen = await collect(claude.start(turn));
    const again = await collect(claude.adopt(turn));
    expect(only(seen, "permission_asked")).toHaveLength(1);
    expect(only(again, "permission_asked")).toHaveLength(1);
    expect(lastOf(again).ok).toBe(true);
  });

  test("can be stopped", async () => {
    const claude = await fakeClaude(world, { steps: [...BEGIN, { say: "w0" }, { hang: true }] });
    const request = turnRequest(world, "hello");
    const identity = await claude.start(request).identity;
    const run = claude.adopt({ ...request, ...(identity ? { identity } : {}) });
    const events = await collect(run, (event) => {
      if (event.type === "text_block") run.interrupt();
    });
    expect(streamed(events)).toBe("w0");
    expect(lastOf(events)).toMatchObject({ failure: { kind: "stopped" } });
    expect(identity && (await isAlive(identity))).toBe(false);
  });
});

test("a pid that another process has now is not taken for the old one", async () => {
  const child = spawn("sleep", ["30"]);
  const identity = await identify(child.pid ?? 0);
  if (!identity) throw new Error("no identity");
  expect(await isAlive(identity)).toBe(true);
  expect(await isAlive({ ...identity, startTime: "1" })).toBe(false);
  expect(await isAlive({ ...identity, bootId: "another boot" })).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await isAlive(identity)).toBe(false);
});
