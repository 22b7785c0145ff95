/**
 * From `npm start` to the first poll, and what the bot then holds in memory: with
 * no session, and with ten thousand on the disk. The limit is Node itself, doing
 * nothing. The first start of each is not counted: it writes down what later ones find.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startBotApi } from "../fakes/bot-api/bot-api.ts";
import { type BotProcess, startBot } from "../harness/bot-process.ts";
import { makeFolders, removeFolders, type WorldFolders } from "../harness/folders.ts";
import { nowMs } from "./clock.ts";
import { rssMb } from "./memory-of.ts";
import { quiet } from "./quiet.ts";
import type { Row } from "./row.ts";

const ROUNDS = 7;
const MANY = 10_000;
const IDLE_MS = 4_000;
const PERSON = 7001;

/** Seven starts of each, in turn; takes about two minutes. */
export async function measure(): Promise<Row[]> {
  const api = await startBotApi();
  const worlds = { empty: await makeFolders(), full: await makeFolders() };
  const start = (folders: WorldFolders): Promise<BotProcess> =>
    startBot({
      api,
      folders,
      allowedUserIds: [PERSON],
      env: { LOG_LEVEL: "info" },
      startTimeoutMs: 60_000,
    });
  try {
    await fill(worlds.full, async () => {
      const bot = await start(worlds.full);
      const anna = api.user(PERSON, { name: "Anna" });
      anna.send("/new Home");
      await anna.sees(/You are in a new session/);
      await bot.stop();
    });
    for (const folders of Object.values(worlds)) await (await start(folders)).stop();

    const took = { empty: [] as number[], full: [] as number[], node: [] as number[] };
    const held = { empty: [] as number[], full: [] as number[], node: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      await quiet();
      const bare = await bareNode();
      took.node.push(bare.startMs);
      held.node.push(bare.rssMb);
      for (const name of round % 2 === 0 ? (["empty", "full"] as const) : (["full", "empty"] as const)) {
        await quiet();
        const bot = await start(worlds[name]);
        if (bot.startMs === undefined) throw new Error(`the bot did not start\n${bot.logTail()}`);
        took[name].push(bot.startMs);
        await delay(IDLE_MS);
        held[name].push(rssMb(bot.pid));
        await bot.stop();
      }
    }
    return [
      { name: "start to the first poll", unit: "ms", ours: took.empty, limit: took.node, goal: "< 300 ms" },
      { name: `… with ${MANY} sessions`, unit: "ms", ours: took.full },
      { name: "memory, idle", unit: "MB", ours: held.empty, limit: held.node, goal: "< 80 MB" },
      { name: `… with ${MANY} sessions`, unit: "MB", ours: held.full, goal: "< 100 MB" },
    ];
  } finally {
    await api.close();
    await Promise.all(Object.values(worlds).map(removeFolders));
  }
}

/** Makes many sessions out of the one that `make` makes. */
async function fill({ sessions }: WorldFolders, make: () => Promise<void>): Promise<void> {
  await make();
  const [folder = ""] = (await readdir(sessions)).filter((name) => name.startsWith("home-"));
  const text = await readFile(join(sessions, folder, "session.json"), "utf8");
  const { id } = JSON.parse(text) as { id: string };
  for (let number = 0; number < MANY; number += 1) {
    const short = (0x1000_0000 + number).toString(16);
    const name = `home-${short}`;
    await mkdir(join(sessions, name), { mode: 0o700 });
    // It is current nowhere: only the first is.
    const own = text
      .replaceAll(folder, name)
      .replaceAll(id, short + id.slice(8))
      .replace('"state": "active"', '"state": "paused"');
    await writeFile(join(sessions, name, "session.json"), own, { mode: 0o600 });
  }
}

/** Node with nothing to do: how long until its first line, and what it holds. */
async function bareNode(): Promise<{ startMs: number; rssMb: number }> {
  const startedAt = nowMs();
  const program = "console.log(1); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const startMs = nowMs() - startedAt;
  await delay(500);
  const held = rssMb(child.pid ?? 0);
  child.kill();
  await once(child, "exit");
  return { startMs, rssMb: held };
}
