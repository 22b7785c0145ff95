/**
 * What the tests of `claude/` share: a home of its own for each CLI, requests
 * with sensible fields, and the events of a run with its contract checked.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { TurnArguments } from "../../bot/claude/args.ts";
import {
  createClaude,
  type Claude,
  type ClaudeOptions,
  type ClaudeRun,
  type RunRequest,
} from "../../bot/claude/claude.ts";
import type { ClaudeEvent } from "../../bot/claude/events.ts";
import { probeClaude, type CliFeatures } from "../../bot/claude/probe.ts";
import { cliPath } from "../fakes/cli-path.ts";

const RECORDINGS = fileURLToPath(new URL("../fixtures/recordings/", import.meta.url));
export const FAKE_CLAUDE = fileURLToPath(new URL("../fakes/claude.mjs", import.meta.url));

/** A folder that is its own world: home, project, output. */
export interface World {
  readonly folder: string;
  readonly home: string;
  readonly project: string;
  remove(): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "parley-claude-"));
  const home = join(folder, "home");
  const project = join(folder, "project");
  await mkdir(home);
  await mkdir(project);
  return { folder, home, project, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** The environment a real CLI needs to talk with an API on the loopback. */
export function cliEnvironment(world: World, apiUrl: string): Record<string, string> {
  return {
    HOME: world.home,
    PATH: process.env["PATH"] ?? "",
    ANTHROPIC_BASE_URL: apiUrl,
    ANTHROPIC_API_KEY: "x",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
  };
}

/** Features as the pinned CLI has them, for tests in which no CLI is asked. */
export const FEATURES: CliFeatures = {
  path: FAKE_CLAUDE,
  version: "2.1.197",
  systemPromptSnapshot: false,
  effort: true,
  tools: true,
  settingSources: true,
  strictMcpConfig: true,
  forkSession: true,
  resumeSessionAt: true,
};

/** A Claude with the real CLI. */
export function realClaude(
  env: Record<string, string>,
  world: World,
  options: Partial<ClaudeOptions> = {},
): Claude {
  const known = new Map<string, unknown>();
  return createClaude({
    probe: () =>
      probeClaude({
        file: cliPath(),
        env,
        cwd: world.folder,
        load: async (key) => known.get(key),
        save: async (key, value) => void known.set(key, value),
      }),
    env,
    ...options,
  });
}

/** A Claude with the fake CLI, which plays `script` in the world's project. */
export async function fakeClaude(
  world: World,
  script: object,
  options: Partial<ClaudeOptions> = {},
): Promise<Claude> {
  await writeFile(join(world.project, "fake-claude.json"), JSON.stringify(script));
  return createClaude({
    probe: async () => ({ ok: true, features: FEATURES }),
    env: { HOME: world.home, PATH: process.env["PATH"] },
    ...options,
  });
}

/** Arguments of a turn, complete. */
export function turnArguments(given: Partial<TurnArguments> = {}): TurnArguments {
  return {
    claudeSessionId: randomUUID(),
    resume: false,
    allowedTools: [],
    disallowedTools: [],
    mcpServers: [],
    addDirs: [],
    trustProject: false,
    askPermission: false,
    ...given,
  };
}

/** A request for one turn with `text`. */
export function turnRequest(world: World, text: string, given: Partial<TurnArguments> = {}): RunRequest {
  const id = randomUUID();
  return {
    marker: `test-${id}`,
    cwd: world.project,
    arguments: turnArguments(given),
    outFile: join(world.folder, `${id}.ndjson`),
    errFile: join(world.folder, `${id}.log`),
    message: { uuid: randomUUID(), content: text },
  };
}

/** All events of a run; `onEvent` may act while it runs. Checks the contract. */
export async function collect(
  run: ClaudeRun,
  onEvent: (event: ClaudeEvent) => void = () => {},
): Promise<ClaudeEvent[]> {
  const events: ClaudeEvent[] = [];
  for await (const event of run.events) {
    events.push(event);
    onEvent(event);
  }
  expectContract(events);
  return events;
}

/** Exactly one `completed`, always last; a failed one is what the last result said, if there was one. */
function expectContract(events: readonly ClaudeEvent[]): void {
  expect(events.filter(({ type }) => type === "completed")).toHaveLength(1);
  expect(events.at(-1)?.type).toBe("completed");
  const open = new Set<string>();
  for (const event of events) {
    if (event.type === "task_started") open.add(event.taskId);
    if (event.type === "task_ended") expect(open.delete(event.taskId)).toBe(true);
  }
  expect([...open]).toEqual([]);
}

/** The events of one type. */
export function only<T extends ClaudeEvent["type"]>(
  events: readonly ClaudeEvent[],
  type: T,
): Extract<ClaudeEvent, { type: T }>[] {
  return events.filter((event): event is Extract<ClaudeEvent, { type: T }> => event.type === type);
}

/** The last event. */
export function lastOf(events: readonly ClaudeEvent[]): Extract<ClaudeEvent, { type: "completed" }> {
  const last = events.at(-1);
  if (last?.type !== "completed") throw new Error("a run must end with completed");
  return last;
}

/** The text of all deltas. */
export function streamed(events: readonly ClaudeEvent[]): string {
  return only(events, "text")
    .map(({ delta }) => delta)
    .join("");
}

/** One line of a recording. */
interface RecordedLine {
  readonly dir: "stdin" | "stdout" | "stderr" | "exit";
  readonly line: unknown;
}

export interface Recording {
  readonly name: string;
  readonly version: string;
  readonly lines: readonly RecordedLine[];
}

/** Every recording of every version. */
export async function readRecordings(): Promise<Recording[]> {
  const versions = await readdir(RECORDINGS);
  const all = await Promise.all(
    versions.sort().map(async (version) => {
      const files = (await readdir(join(RECORDINGS, version))).sort();
      return files.map((file) => {
        const [, ...lines] = readFileSync(join(RECORDINGS, version, file), "utf8")
          .trim()
          .split("\n");
        return {
          name: file.replace(".jsonl", ""),
          version,
          lines: lines.map((line) => JSON.parse(line) as RecordedLine),
        };
      });
    }),
  );
  return all.flat();
}
