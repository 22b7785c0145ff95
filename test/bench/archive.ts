/**
 * Archiving a session against `tar | pigz` on the same tree and cores, the bot's
 * own event loop meanwhile, and how long packing alone takes. Ours does more than
 * theirs: it starts a process, hashes every file, writes the manifest, syncs,
 * reads the tarball back against the manifest, and deletes the folder.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { claudeFiles, makeHome, makeSession, noise, SESSION, write } from "../store/archive-kit.ts";
import { DEFAULT_LIMITS } from "../../bot/store/archive/types.ts";
import { startWorker } from "../../bot/store/archive/process.ts";
import type { Row } from "./row.ts";

const ROUNDS = 7;
const SMALL_FILES = 2_500;
const TURNS = 40;
const TURN_BYTES = 1_000_000;
const IMAGE_BYTES = 8_000_000;

/** Seven rounds of each, alternating. Without pigz on this machine there is nothing to compare with. */
export async function measure(): Promise<Row[]> {
  const home = makeHome();
  try {
    makeSession(home);
    fillTree(home.live);
    const model = join(home.root, "model");
    cpSync(home.live, model, { recursive: true });
    const hasPigz = spawnSync("pigz", ["--version"]).status === 0;
    const whole = { ours: [] as number[], theirs: [] as number[] };
    const packing: number[] = [];
    const lag: number[] = [];
    // The first round is for the caches.
    for (let round = -1; round < ROUNDS; round += 1) {
      const isFirst = round % 2 === 0;
      const before = hasPigz && isFirst ? timeTheirs(home.root, model) : 0;
      const packed = await timePacking(model);
      const theirs = hasPigz && !isFirst ? timeTheirs(home.root, model) : before;
      rmSync(home.live, { recursive: true, force: true });
      rmSync(home.tarball, { force: true });
      cpSync(model, home.live, { recursive: true });
      const loop = monitorEventLoopDelay({ resolution: 1 });
      loop.enable();
      const startedAt = performance.now();
      const result = await home.archives().pack(SESSION, claudeFiles(home));
      const ours = performance.now() - startedAt;
      loop.disable();
      if (!result.ok) throw new Error(`not archived: ${result.failure.kind}`);
      if (round < 0) continue;
      whole.ours.push(ours);
      packing.push(packed);
      lag.push(loop.max / 1e6);
      if (hasPigz) whole.theirs.push(theirs);
    }
    const theirs = hasPigz ? { theirs: whole.theirs } : {};
    return [
      {
        name: "archive: whole, against tar | pigz",
        unit: "ms",
        ours: whole.ours,
        ...theirs,
        goal: "≤ 1.0 ×",
      },
      {
        name: "archive: packing alone, against tar | pigz",
        unit: "ms",
        ours: packing,
        ...theirs,
        goal: "≤ 1.0 ×",
      },
      { name: "archive: longest stall of the bot", unit: "ms", ours: lag, goal: "< 50 ms" },
    ];
  } finally {
    rmSync(home.root, { recursive: true, force: true });
  }
}

function timeTheirs(root: string, model: string): number {
  const to = join(root, "theirs.tar.gz");
  const startedAt = performance.now();
  const { status } = spawnSync("sh", [
    "-c",
    'tar -C "$1" -cf - . | pigz -6 > "$2" && sync "$2"',
    "sh",
    model,
    to,
  ]);
  if (status !== 0) throw new Error("tar | pigz failed");
  return performance.now() - startedAt;
}

/** The one step that theirs has too, in a child that runs already. */
async function timePacking(root: string): Promise<number> {
  const worker = startWorker();
  const part = `${root}.tar.gz`;
  const limits = DEFAULT_LIMITS;
  try {
    const { folder, ...session } = SESSION;
    const ask = { root, folder, session, turns: 0, archivedAt: SESSION.createdAt, limits };
    await worker.run("survey", ask);
    const startedAt = performance.now();
    const packed = await worker.run("pack", { root, part, maxBytes: Number.MAX_SAFE_INTEGER, limits });
    if (!packed.ok) throw new Error(`not packed: ${packed.failure.kind}`);
    return performance.now() - startedAt;
  } finally {
    await worker.end();
    rmSync(part, { force: true });
    rmSync(join(root, "manifest.json"), { force: true });
  }
}

/** What a session that was worked in looks like: sources, what the CLI said, a picture. */
function fillTree(live: string): void {
  let left = SMALL_FILES;
  const modules = new URL("../../node_modules", import.meta.url).pathname;
  for (const path of readdirSync(modules, { recursive: true, encoding: "utf8" }).sort()) {
    if (left === 0) break;
    if (!/\.(?:js|ts|md|json)$/.test(path)) continue;
    const stats = statSync(join(modules, path));
    if (!stats.isFile() || stats.size > 200_000) continue;
    write(join(live, "workspace", "project", path), readFileSync(join(modules, path)));
    left -= 1;
  }
  const recordings = new URL("../fixtures/recordings/2.1.329/", import.meta.url).pathname;
  const lines = readdirSync(recordings)
    .sort()
    .flatMap((name) => readFileSync(join(recordings, name), "utf8").split("\n"));
  for (let turn = 1; turn <= TURNS; turn += 1) {
    let text = "";
    // Each line once more is each time another: ids differ, as they do in life.
    for (let at = turn; text.length < TURN_BYTES; at += 1)
      text += `${lines[at % lines.length]?.replaceAll(/[0-9a-f]{8}-/g, () => `${idOf(turn, at)}-`)}\n`;
    mkdirSync(join(live, "turns", String(turn)), { recursive: true });
    writeFileSync(join(live, "turns", String(turn), "out.ndjson"), text);
  }
  write(join(live, "workspace", "picture.png"), noise(IMAGE_BYTES));
}

function idOf(turn: number, at: number): string {
  return ((turn * 7_919 + at * 104_729) % 0x100000000).toString(16).padStart(8, "0");
}
