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

const BOT = __dirname;
const ROOT = path.dirname(BOT);
const BUILD = path.join(ROOT, ".build");

/** By then a start is over, and what V8 compiled for it is worth keeping. */
const STARTED_MS = 3_000;

/** A start makes much that is garbage at once; room for it would never be given back. Later the room may grow. */
function startSmall() {
  v8.setFlagsFromString("--semi-space-growth-factor=1");
  setTimeout(() => v8.setFlagsFromString("--semi-space-growth-factor=2"), STARTED_MS).unref();
}

/** `[path, size, mtimeMs]` of a file of the project; size and time are 0 where it is not there. */
function stampOf(name) {
  const stats = fs.statSync(path.join(ROOT, name), { throwIfNoEntry: false });
  return [name, stats?.size ?? 0, stats?.mtimeMs ?? 0];
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

/** Whole or not at all; where nothing can be written, the next start has the work again. */
function replaceFile(file, data) {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, data);
    // The bot's own files are its owner's alone; this is a copy of what everyone may read.
    fs.chmodSync(temporary, 0o644);
    fs.renameSync(temporary, file);
  } catch {
    try {
      fs.unlinkSync(temporary);
    } catch {
      // It was never made.
    }
  }
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
    const { build } = require("./launch/bundle.cjs");
    bundle = await build({ root: ROOT, entry, folder: BUILD, manifestFile, stampOf, replaceFile });
  }
  if (bundle === undefined) await runSources(entry);
  else run(bundle);
}

void main(process.argv.slice(2));
