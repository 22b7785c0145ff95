/**
 * The person's own Claude Code on the machine of the bot: what they say there, and
 * one that they leave open. It uses nothing of `bot/`.
 */
import { spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cliPath } from "../fakes/cli-path.ts";
import type { World } from "./world.ts";

/** What a session's file says, as far as a terminal needs it. */
export interface Known {
  readonly claudeSessionId: string;
  readonly cwd: string;
  readonly [field: string]: unknown;
}

/** Reads `session.json` of the session whose folder begins so. */
export async function readSession({ folders }: World, start: string): Promise<Known> {
  const name = (await readdir(folders.sessions)).find((each) => each.startsWith(start)) ?? "";
  return JSON.parse(await readFile(join(folders.sessions, name, "session.json"), "utf8")) as Known;
}

function start(world: World, cwd: string, args: readonly string[]) {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: world.folders.home,
    LANG: "C.UTF-8",
    ANTHROPIC_API_KEY: "sk-ant-test-not-a-key",
    ANTHROPIC_BASE_URL: world.model.url,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
  };
  return spawn(cliPath(), args, { cwd, env, stdio: ["pipe", "pipe", "ignore"] });
}

/** Says `words` at the desk, in a conversation that is there, or that `begins`; resolves with the answer when the process has ended. */
export async function sayAtDesk(
  world: World,
  { claudeSessionId, cwd }: Pick<Known, "claudeSessionId" | "cwd">,
  words: string,
  { begins = false } = {},
): Promise<string> {
  const child = start(world, cwd, ["-p", `--${begins ? "session-id" : "resume"}=${claudeSessionId}`]);
  child.stdin.end(words);
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the CLI at the desk ended with ${String(code)}: ${out}`);
  return out.trim();
}

/** Opens a conversation and leaves it open; resolves when the CLI says of itself that it holds it. */
export async function openAtDesk(
  world: World,
  { claudeSessionId, cwd }: Pick<Known, "claudeSessionId" | "cwd">,
): Promise<{ pid: number; close: () => Promise<void> }> {
  const streams = ["--input-format=stream-json", "--output-format=stream-json", "--verbose"];
  const child = start(world, cwd, ["-p", ...streams, `--resume=${claudeSessionId}`]);
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const pid = child.pid ?? -1;
  const card = join(world.folders.home, ".claude", "sessions", `${pid}.json`);
  const deadline = performance.now() + 20_000;
  for (;;) {
    const text = await readFile(card, "utf8").catch(() => "");
    if (text.includes(claudeSessionId)) break;
    if (performance.now() > deadline) throw new Error("the CLI at the desk does not say what it holds");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    pid,
    close: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** Makes a conversation look as if it had been typed, which without a screen nothing is. */
export async function asTyped(world: World, claudeSessionId: string): Promise<void> {
  const projects = join(world.folders.home, ".claude", "projects");
  for (const folder of await readdir(projects)) {
    const path = join(projects, folder, `${claudeSessionId}.jsonl`);
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined)
      await writeFile(path, text.replaceAll('"entrypoint":"sdk-cli"', '"entrypoint":"cli"'));
  }
}
