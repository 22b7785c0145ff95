/**
 * Starts one of the project's programs: `node bot/launch.cjs main` runs `bot/main.ts`.
 * The sources are bundled once (`launch/bundle.cjs`) and kept in `.build/` with what V8
 * made of them, since a start that reads 700 files one by one takes three times as long
 * and twice the memory. It promises that what runs is what the sources say now: every
 * file that went into the bundle is looked at first. Where no bundle can be made, the
 * sources run through tsx. It is plain CommonJS: this is what has to run before TypeScript
 * can, and what V8 can keep.
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");
const v8 = require("node:v8");
const { spawnSync } = require("node:child_process");
const { replaceFile, stampOf } = require("./launch/files.cjs");

const BOT = __dirname;
const ROOT = path.dirname(BOT);
const BUILD = path.join(ROOT, ".build");

/** By then a start is over, and what V8 compiled for it is worth keeping. */
const STARTED_MS = 3_000;
/** A tenth of a second on an idle machine. */
const BUILD_MS = 60_000;

/**
 * A start makes much that is garbage at once. Room for it would not be given back for a long time,
 * so there is little until the start is over; then what it left is collected, and the room may grow.
 */
function startSmall() {
  v8.setFlagsFromString("--semi-space-growth-factor=1");
  v8.setFlagsFromString("--expose-gc");
  setTimeout(() => {
    v8.setFlagsFromString("--semi-space-growth-factor=2");
    vm.runInNewContext("gc")();
  }, STARTED_MS).unref();
}

/** The bundle that was kept, if the files that it was made of are what they were. */
function kept(manifestFile) {
  try {
    const manifest = JSON.parse(fs.readFileSync(manifestFile, "utf8"));
    for (const [name, size, mtimeMs] of manifest.inputs) {
      const now = stampOf(name);
      if (now[1] !== size || now[2] !== mtimeMs) return undefined;
    }
    const file = path.join(BUILD, manifest.file);
    // All of it is ASCII: one byte a character in memory, where UTF-8 would be looked through.
    const source = fs.readFileSync(file, "latin1");
    return source.length === manifest.length ? { file, source } : undefined;
  } catch {
    return undefined;
  }
}

/** The bundle made now, by another process: what it takes to make one would stay in the memory of this. */
function made(program, manifestFile) {
  const maker = path.join(BOT, "launch", "bundle.cjs");
  const { status, stdout } = spawnSync(process.execPath, [maker, program], {
    // Only what a program needs to run at all: the token is in ours.
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    timeout: BUILD_MS,
  });
  if (status !== 0) return undefined;
  if (stdout === "") return kept(manifestFile);
  // Nothing can be kept here: it was made for this start alone.
  try {
    return { file: stdout, source: fs.readFileSync(stdout, "latin1") };
  } catch {
    return undefined;
  } finally {
    fs.rmSync(path.dirname(stdout), { recursive: true, force: true });
  }
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Runs a bundle as this process's program. */
function run({ file, source }) {
  const codeFile = `${file}.${process.version}-${process.arch}.v8`;
  const cachedData = readIfThere(codeFile);
  const script = new vm.Script(`(function(require,__bot){${source}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected) {
    const keepCode = () => {
      clearTimeout(timer);
      process.off("exit", keepCode);
      replaceFile(codeFile, script.createCachedData());
    };
    const timer = setTimeout(keepCode, STARTED_MS).unref();
    process.once("exit", keepCode);
  }
  Error.prepareStackTrace = (error, sites) =>
    require("./launch/stack.cjs").describe(error, sites, file, ROOT);
  script.runInThisContext()(require, BOT);
}

/** The long way: TypeScript by tsx, file by file. */
async function runSources(entry) {
  const { register } = await import("tsx/esm/api");
  register();
  await import(require("node:url").pathToFileURL(entry).href);
}

async function main([program = "main", ...args]) {
  const entry = path.join(BOT, `${program}.ts`);
  process.argv = [process.argv[0], entry, ...args];
  startSmall();
  const manifestFile = path.join(BUILD, `${program.replaceAll("/", "-")}.json`);
  let bundle = kept(manifestFile);
  if (bundle === undefined) {
    bundle = made(program, manifestFile);
  }
  if (bundle === undefined) await runSources(entry);
  else run(bundle);
}

void main(process.argv.slice(2));
