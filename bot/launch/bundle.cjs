/**
 * Makes one file of a program: TypeScript and packages together. It keeps beside it
 * which files went in, and which of its lines came from where. It promises that what
 * it keeps belongs together, however many starts make it at once: a bundle is named
 * after its content, and the manifest that names it comes last.
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { createHash } = require("node:crypto");
const { tmpdir } = require("node:os");
const { ROOT, replaceFile, stampOf } = require("./files.cjs");
const { readMap } = require("./stack.cjs");

/** What changes the bundle beside its sources: what is installed, and how we bundle. */
const BESIDE = [
  "node_modules/.package-lock.json",
  "package.json",
  "tsconfig.json",
  "bot/launch.cjs",
  "bot/launch/bundle.cjs",
  "bot/launch/files.cjs",
  "bot/launch/stack.cjs",
];

/** The file system's clock is behind by up to a tick. */
const TICK_MS = 20;
const BUILD = path.join(ROOT, ".build");

/** Of two packages, what this program never reaches: tables of host names that Node has itself, other languages. */
const slim = {
  name: "slim",
  setup(build) {
    build.onLoad({ filter: /[\\/]whatwg-url[\\/]lib[\\/]public-api\.js$/ }, () => ({ contents: "" }));
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** Bundles one program; what can be kept is in `.build/` afterwards, what cannot in a file that is printed. */
async function build(program) {
  const startedMs = Date.now();
  const entry = path.join(ROOT, "bot", `${program}.ts`);
  const { build: bundle } = require("esbuild");
  const { outputFiles, metafile } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile: path.join(BUILD, "bundle.cjs"),
    write: false,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // A script that was compiled by hand has no `import()`; in a template nothing can be escaped.
    supported: { "dynamic-import": false, "template-literal": false },
    // node-fetch, for one, knows an AbortSignal by its name.
    keepNames: true,
    metafile: true,
    sourcemap: "external",
    sourcesContent: false,
    define: { "import.meta.dirname": "__bot" },
    // Any other use would be of the bundle's own place.
    logOverride: { "empty-import-meta": "error" },
    logLevel: "silent",
    plugins: [slim],
  });
  const [map, output] = outputFiles;
  const source = ascii(output.text);
  const inputs = Object.keys(metafile.inputs).filter((name) => !name.includes("node_modules/"));
  const hash = createHash("sha256").update(source).digest("hex").slice(0, 16);
  const name = program.replaceAll("/", "-");
  const file = `${name}-${hash}.cjs`;
  const stamps = [...inputs, ...BESIDE].map(stampOf);
  // A source that was saved while it was read may be in the bundle as it was before: that one is used once.
  const isSure = stamps.every(([, , mtimeMs]) => mtimeMs < startedMs - TICK_MS);
  if (!isSure || !canWrite(BUILD)) return once(file, source);
  const at = path.join(BUILD, file);
  replaceFile(at, source);
  replaceFile(`${at}.lines`, JSON.stringify(readMap(map.text, ROOT, BUILD)));
  replaceFile(
    path.join(BUILD, `${name}.json`),
    JSON.stringify({ file, length: source.length, inputs: stamps }),
  );
  removeOthers(BUILD, name, file);
}

function once(file, source) {
  const at = path.join(fs.mkdtempSync(path.join(tmpdir(), "parley-")), file);
  fs.writeFileSync(at, source);
  process.stdout.write(at);
}

/** The same program in one byte a character: memory for half of it. What is left to escape stands in patterns and comments. */
function ascii(source) {
  return source.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function canWrite(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o755 });
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whoever runs an older bundle has read it. */
function removeOthers(folder, name, file) {
  const mine = new RegExp(`^${name}-[0-9a-f]{16}\\.cjs`);
  for (const other of fs.readdirSync(folder))
    if (mine.test(other) && !other.startsWith(file)) fs.rmSync(path.join(folder, other), { force: true });
}

build(process.argv[2]).catch((error) => {
  const why = error.errors?.[0]?.text ?? error.message;
  process.stderr.write(`The sources run one by one, slowly: ${why}\n`);
  process.exit(1);
});
