/** A process that waits for its message, against the fake CLI. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasBegun } from "../../bot/claude/begun.ts";
import { isAlive } from "../../bot/claude/identity.ts";
import { findMarked } from "../../bot/claude/process-list.ts";
import type { ProbeResult } from "../../bot/claude/probe.ts";
import { createWaitingProcess, type Waiting, type WaitRequest } from "../../bot/claude/waiting.ts";
import {
  collect,
  FEATURES,
  fakeClaude,
  lastOf,
  makeWorld,
  streamed,
  turnArguments,
  type World,
} from "./harness.ts";

let world: World;
let features = FEATURES;
beforeEach(async () => {
  world = await makeWorld();
  features = FEATURES;
});
afterEach(() => world.remove());

/** What the CLI says when it shakes hands with a server of ours. */
const mcp = (id: string, method: string) => ({
  emit: {
    type: "control_request",
    request_id: id,
    request: { subtype: "mcp_message", server_name: "ours", message: { jsonrpc: "2.0", id: 0, method } },
  },
});
const HANDSHAKE = [
  mcp("a", "initialize"),
  { wait: "control_response" },
  mcp("b", "tools/list"),
  { wait: "control_response" },
  { wait: "control_request" },
];
const TURN = [
  { wait: "user" },
  { init: true },
  { replay: true },
  { say: "hi there" },
  { result: "hi there" },
];
const ARGUMENTS = turnArguments({ mcpServers: ["ours"], systemPromptFile: "/nowhere/persona.md" });

async function wait(steps: readonly object[], given: Partial<WaitRequest> = {}): Promise<Waiting> {
  const claude = await fakeClaude(
    world,
    { steps },
    { probe: async (): Promise<ProbeResult> => ({ ok: true, features }) },
  );
  const id = randomUUID();
  const started = await claude.wait({
    marker: `test-${id}`,
    cwd: world.project,
    arguments: ARGUMENTS,
    outFile: join(world.folder, `${id}.ndjson`),
    errFile: join(world.folder, `${id}.log`),
    answerMcp: async (server, message) => ({ answered: server, message }),
    ...given,
  });
  if (!started.ok) throw new Error(started.failure.kind);
  return started.waiting;
}

const files = () => ({ outFile: join(world.folder, "turn.ndjson"), errFile: join(world.folder, "turn.log") });
const message = () => ({ uuid: randomUUID(), content: "hello" });

describe("a process that waits", () => {
  test("has its handshake answered, is then asked what warms it, and gives its turn like any other", async () => {
    const waiting = await wait([...HANDSHAKE, ...TURN]);
    await waiting.ready;
    expect(waiting).toMatchObject({ isAlive: true, isReady: true });
    const begin = await waiting.take(files());
    expect(await hasBegun(files().outFile)).toBe(false);
    const run = begin(message());
    const events = await collect(run);
    expect(streamed(events)).toBe("hi there");
    expect(lastOf(events)).toEqual({ type: "completed", ok: true });
    // What was heard while it waited is not told again, and stands in the turn's output all the same.
    expect(events.filter(({ type }) => type === "mcp_message")).toEqual([]);
    expect(await readFile(files().outFile, "utf8")).toMatch(/tools\/list.*"hi there"/s);
    expect(await hasBegun(files().outFile)).toBe(true);
    expect(await run.identity).toEqual(waiting.identity);
    expect(await findMarked(waiting.marker)).toEqual([]);
  });

  test("that is taken in the midst of its handshake leaves the rest of it to the turn", async () => {
    const steps = [
      mcp("a", "initialize"),
      { wait: "control_response" },
      { dump: "answered" },
      { wait: "user" },
    ];
    const rest = [mcp("b", "tools/list"), { wait: "control_response" }, ...TURN.slice(1)];
    const waiting = await wait([...steps, ...rest]);
    await expect.poll(() => existsSync(join(world.project, "answered"))).toBe(true);
    expect(waiting.isReady).toBe(false);
    const begin = await waiting.take(files());
    const run = begin(message());
    const events = await collect(run, (event) => {
      if (event.type === "mcp_message") run.answerMcp(event.requestId, {});
    });
    expect(streamed(events)).toBe("hi there");
    expect(events.filter(({ type }) => type === "mcp_message")).toHaveLength(1);
  });

  test("is killed without a word, with all that it started", async () => {
    const waiting = await wait([
      { spawn: ["sleep", "300"] },
      { wait: "eof" },
      { emit: { type: "said", what: "goodbye" } },
    ]);
    const out = join(world.folder, `${waiting.marker.slice(5)}.ndjson`);
    await waiting.end();
    expect(waiting.isAlive).toBe(false);
    await waiting.gone;
    expect(await findMarked(waiting.marker)).toEqual([]);
    expect(waiting.identity && (await isAlive(waiting.identity))).toBe(false);
    expect(await readFile(out, "utf8")).not.toContain("goodbye");
    expect(existsSync(out)).toBe(true);
  });

  test("is the same as one started now until the CLI, its arguments or its folder are others; where the prompt's file lies does not count", async () => {
    const waiting = await wait(TURN);
    const is = (given: object, cwd = world.project) => waiting.isFor({ ...ARGUMENTS, ...given }, cwd);
    expect(await is({})).toBe(true);
    expect(await is({ systemPromptFile: "/elsewhere" })).toBe(true);
    for (const other of [
      { model: "sonnet" },
      { resume: true },
      { allowedTools: ["Bash(ls)"] },
      { addDirs: ["/tmp"] },
    ])
      expect(await is(other)).toBe(false);
    expect(await is({}, world.home)).toBe(false);
    features = { ...FEATURES, version: "2.1.198" };
    expect(await is({})).toBe(false);
    await waiting.end();
  });

  test("that went by itself is known to be gone; taken, it ends like a turn that failed", async () => {
    const waiting = await wait([{ exit: 3 }]);
    await waiting.gone;
    expect(waiting.isAlive).toBe(false);
    const events = await collect((await waiting.take(files()))(message()));
    expect(lastOf(events)).toMatchObject({ ok: false, failure: { kind: "exited" } });
  });

  test("that does not go when it is killed keeps nobody waiting", async () => {
    const child = spawn("sleep", ["60"]);
    const waiting = createWaitingProcess({
      marker: `test-${randomUUID()}`,
      cwd: world.project,
      arguments: ARGUMENTS,
      ...files(),
      answerMcp: async () => ({}),
      // As if the kernel kept it.
      attached: { ok: true, identity: Promise.resolve(undefined), exited: new Promise(() => {}) },
      pid: child.pid ?? 0,
      identity: undefined,
      limits: { termMs: 10, leftoverMs: 10, maxLineBytes: 1_000 },
      newId: randomUUID,
      isFor: async () => true,
      begin: () => {
        throw new Error("not in this test");
      },
    });
    await waiting.end();
    expect(waiting.isAlive).toBe(false);
  });
});
