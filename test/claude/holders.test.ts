import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findHolders } from "../../bot/claude/holders.ts";
import { identify } from "../../bot/claude/identity.ts";
import { tempFolder } from "../store/room.ts";

const ID = "11111111-1111-4111-8111-111111111111";
const OTHER = "22222222-1111-4111-8111-111111111111";

/** A process that only sleeps, with `args` on its command line. */
async function sleeper(
  marker?: string,
  args: readonly string[] = [],
): Promise<{ pid: number; startTime: string }> {
  const env = { PATH: process.env["PATH"], ...(marker === undefined ? {} : { PARLEY_TURN: marker }) };
  const child: ChildProcess = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)", "--", ...args], {
    env,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid ?? -1;
  const identity = await identify(pid);
  return { pid, startTime: identity?.startTime ?? "" };
}

async function cards(
  written: readonly { pid: number; sessionId: string; procStart: string }[],
): Promise<string> {
  const configDir = await tempFolder();
  await mkdir(join(configDir, "sessions"));
  for (const card of written)
    await writeFile(
      join(configDir, "sessions", `${card.pid}.json`),
      JSON.stringify({ ...card, kind: "interactive" }),
    );
  return configDir;
}

describe("who holds a conversation", () => {
  it("is who says so and lives; not who holds another, nor a turn of ours, nor a card that was left behind", async () => {
    const [theirs, another, ours, later] = [
      await sleeper(),
      await sleeper(),
      await sleeper("home-0a1b2c3d/7"),
      await sleeper(),
    ];
    const card = (of: { pid: number; startTime: string }, sessionId = ID, procStart = of.startTime) => ({
      pid: of.pid,
      sessionId,
      procStart,
    });
    const configDir = await cards([
      card(theirs),
      card(another, OTHER),
      card(ours),
      card(later, ID, "1"),
      { pid: 2 ** 22 + 1, sessionId: ID, procStart: "1" },
    ]);
    await writeFile(join(configDir, "sessions", "7.json"), "not JSON");
    const found = await findHolders({ configDir, claudeSessionId: ID, ourMarker: "home-0a1b2c3d/" });
    expect(found).toEqual([theirs]);
  });

  it("is told by the command line where the CLI writes no cards", async () => {
    const theirs = await sleeper(undefined, ["--resume", ID]);
    await sleeper("home-0a1b2c3d/7", [`--resume=${ID}`]);
    await sleeper(undefined, ["--resume", OTHER]);
    const request = { configDir: await tempFolder(), claudeSessionId: ID, ourMarker: "home-0a1b2c3d/" };
    expect(await findHolders(request)).toEqual([theirs]);
  });
});
