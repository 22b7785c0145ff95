/**
 * Archiving a session against `tar | pigz` on the same files and cores, in wall
 * clock and in CPU, and the bot's own event loop meanwhile. Packing is held against
 * packing; the whole, in which each file is hashed and the tarball read back,
 * against a shell that does no less: it sums the files and the tarball, and
 * compares the tarball with the folder.
 */
import { spawnSync } from "node:child_process";
import { closeSync, cpSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import {
  claudeFiles,
  type Home,
  makeHome,
  makeSession,
  noise,
  SESSION,
  write,
} from "../store/archive-kit.ts";
import { DEFAULT_LIMITS } from "../../bot/store/archive/types.ts";
import { startWorker } from "../../bot/store/archive/process.ts";
import { treeCpuMs } from "./cpu-of.ts";
import { quiet } from "./quiet.ts";
import type { Row } from "./row.ts";

const ROUNDS = 9;
const SMALL_FILES = 2_500;
const TURNS = 40;
const TURN_BYTES = 1_000_000;
const TRANSCRIPT_BYTES = 6_000_000;
const IMAGE_BYTES = 8_000_000;

interface Round {
  /** Until the tarball is listed: after that only the folder is deleted. */
  listed: number;
  whole: number;
  packing: number;
  theirs: number;
  theirWhole: number;
  cpu: number;
  theirCpu: number;
  stall: number;
}

/** Nine rounds of each, in an order that changes. Without pigz on this machine there is nothing to compare with. */
export async function measure(): Promise<Row[]> {
  const home = makeHome();
  try {
    makeSession(home);
    fillTree(home);
    const model = join(home.root, "model");
    cpSync(home.live, model, { recursive: true });
    const forThem = join(home.root, "theirs");
    cpSync(model, forThem, { recursive: true });
    cpSync(join(home.root, "cli"), join(forThem, "cli"), { recursive: true });
    const hasPigz = spawnSync("pigz", ["--version"]).status === 0;
    const rounds: Round[] = [];
    // The first round is for the caches.
    for (let at = -1; at < ROUNDS; at += 1) {
      const round = { packing: 0, theirs: 0, theirWhole: 0, theirCpu: 0 };
      const theirs = async (): Promise<void> => void Object.assign(round, await timeTheirs(forThem));
      const isFirst = at % 2 === 0;
      if (hasPigz && isFirst) await theirs();
      round.packing = await timePacking(home, model);
      const ours = await timeOurs(home, model);
      if (hasPigz && !isFirst) await theirs();
      if (at >= 0) rounds.push({ ...round, ...ours });
    }
    const all = (name: keyof Round): number[] => rounds.map((round) => round[name]);
    const row = (name: string, ours: keyof Round, theirs: keyof Round, goal?: string): Row => ({
      name: `archive: ${name}`,
      unit: "ms",
      ours: all(ours),
      ...(hasPigz ? { theirs: all(theirs) } : {}),
      ...(goal === undefined ? {} : { goal }),
    });
    return [
      row("packed, against tar | pigz", "packing", "theirs", "≤ 1.0 ×"),
      row(
        "hashed, packed, read back, listed, against a shell that does the same",
        "listed",
        "theirWhole",
        "≤ 1.0 ×",
      ),
      row("… against tar | pigz alone", "listed", "theirs"),
      row("… and the folder deleted", "whole", "theirs"),
      row("… in CPU", "cpu", "theirCpu"),
      { name: "archive: longest stall of the bot", unit: "ms", ours: all("stall"), goal: "< 50 ms" },
    ];
  } finally {
    rmSync(home.root, { recursive: true, force: true });
  }
}

async function timeOurs(
  home: Home,
  model: string,
): Promise<Pick<Round, "listed" | "whole" | "cpu" | "stall">> {
  rmSync(home.live, { recursive: true, force: true });
  rmSync(home.tarball, { force: true });
  cpSync(model, home.live, { recursive: true });
  let listedAt = 0;
  const archives = home.archives({
    checkpoint: (name) => {
      if (name === "archive:listed") listedAt = performance.now();
    },
  });
  await settle();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const cpuBefore = treeCpuMs();
  const startedAt = performance.now();
  const result = await archives.pack(SESSION, claudeFiles(home));
  const whole = performance.now() - startedAt;
  loop.disable();
  if (!result.ok) throw new Error(`not archived: ${result.failure.kind}`);
  return { listed: listedAt - startedAt, whole, cpu: treeCpuMs() - cpuBefore, stall: loop.max / 1e6 };
}

/** `theirs` is the packing alone, `theirWhole` all of it. */
async function timeTheirs(folder: string): Promise<Pick<Round, "theirs" | "theirWhole" | "theirCpu">> {
  const to = `${folder}.tar.gz`;
  rmSync(to, { force: true });
  await settle();
  const shell = (script: string): number => {
    const startedAt = performance.now();
    const { status } = spawnSync("sh", ["-ec", script, "sh", folder, to], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) throw new Error(`a shell cannot: ${script}`);
    return performance.now() - startedAt;
  };
  const sums = shell('cd "$1" && find . -type f -print0 | xargs -0 sha256sum');
  const cpuBefore = treeCpuMs();
  const theirs = shell('tar -cf - -C "$1" . | pigz -6 > "$2" && sync "$2"');
  const theirCpu = treeCpuMs() - cpuBefore;
  const check = shell('pigz -dc "$2" | tar -df - -C "$1" && sha256sum "$2"');
  return { theirs, theirWhole: sums + theirs + check, theirCpu };
}

/** The one step that theirs has too, in a child that runs already. */
async function timePacking(home: Home, root: string): Promise<number> {
  const worker = startWorker();
  const part = `${root}.tar.gz`;
  const limits = DEFAULT_LIMITS;
  const { folder, ...session } = SESSION;
  try {
    await worker.run("gather", { root, session, claudeFiles: claudeFiles(home), limits });
    await settle();
    const startedAt = performance.now();
    const facts = { folder, session, turns: 0, archivedAt: SESSION.createdAt };
    const packed = await worker.run("pack", { root, part, maxBytes: Number.MAX_SAFE_INTEGER, facts, limits });
    if (!packed.ok) throw new Error(`not packed: ${packed.failure.kind}`);
    const file = openSync(part, "r");
    fsyncSync(file);
    const took = performance.now() - startedAt;
    closeSync(file);
    return took;
  } finally {
    await worker.end();
    for (const path of [
      part,
      ...["manifest.json", "transcript.md", "claude"].map((name) => join(root, name)),
    ])
      rmSync(path, { recursive: true, force: true });
  }
}

/** What was written before is on the disk: else the first sync of whoever comes next would wait for it. */
async function settle(): Promise<void> {
  spawnSync("sync");
  await quiet();
}

/** What a session that was worked in looks like: sources, turns with what the CLI said, its own transcript, a picture. */
function fillTree({ live, cliFile }: Home): void {
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
  // Each line once more is each time another: ids differ, as they do in life.
  const said = (bytes: number, seed: number): string => {
    let text = "";
    for (let at = seed; text.length < bytes; at += 1)
      text += `${lines[at % lines.length]?.replaceAll(/[0-9a-f]{8}-/g, () => `${idOf(seed, at)}-`)}\n`;
    return text;
  };
  const prompt = readFileSync(join(live, "turns/11/prompt.json"));
  const receipt = readFileSync(join(live, "turns/11/turn.json"), "utf8").replace("{", '{"steered":[],');
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const folder = join(live, "turns", String(turn));
    write(join(folder, "prompt.json"), prompt);
    write(join(folder, "turn.json"), receipt);
    write(join(folder, "out.ndjson"), said(TURN_BYTES, turn));
  }
  write(cliFile, said(TRANSCRIPT_BYTES, TURNS + 1));
  write(join(live, "workspace", "picture.png"), noise(IMAGE_BYTES));
}

function idOf(turn: number, at: number): string {
  return ((turn * 7_919 + at * 104_729) % 0x100000000).toString(16).padStart(8, "0");
}
