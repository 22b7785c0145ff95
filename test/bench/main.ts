/**
 * `npm run bench [-- NAME …] [--markdown]`: measures side by side and prints one
 * table. A measurement is a file beside this one that exports `measure`. What
 * each number means stands in docs/performance.md.
 */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { execFileSync } from "node:child_process";
import { cliPath } from "../fakes/cli-path.ts";
import { noise, quiet } from "./quiet.ts";
import type { Row } from "./row.ts";
import { renderTable } from "./table.ts";

/** In the order in which they are measured and shown. */
const MEASUREMENTS: Readonly<Record<string, () => Promise<{ measure(): Promise<Row[]> }>>> = {
  turns: () => import("./turns.ts"),
  start: () => import("./start.ts"),
  listing: () => import("./listing.ts"),
  reader: () => import("./reader.ts"),
  streaming: () => import("./streaming.ts"),
  archive: () => import("./archive.ts"),
};

const args = process.argv.slice(2);
const isMarkdown = args.includes("--markdown");
const names = args.filter((arg) => !arg.startsWith("--"));
const strange = names.filter((name) => !(name in MEASUREMENTS));
if (strange.length > 0) {
  const known = Object.keys(MEASUREMENTS).join(", ");
  process.stderr.write(`There is no measurement called ${strange.join(", ")}. There are: ${known}\n`);
  process.exit(2);
}

const rows: Row[] = [];
let failed = 0;
for (const [name, load] of Object.entries(MEASUREMENTS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  await quiet();
  try {
    rows.push(...(await (await load()).measure()));
  } catch (error) {
    failed += 1;
    process.stderr.write(`${name} could not be measured: ${String(error)}\n`);
  }
}
for (const line of [...machine(), "", ...renderTable(rows, isMarkdown), ""])
  process.stdout.write(`${line}\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** What it was measured on. */
function machine(): string[] {
  const [{ model } = { model: "?" }] = cpus();
  const cli = execFileSync(cliPath(), ["--version"], { encoding: "utf8" }).trim();
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return [
    `Parley ${version}, ${cli}, Node ${process.version}, ${process.platform}, ${cpus().length} × ${model.trim()}, ${gigabytes} GB.`,
    `Waited ${Math.round(noise.waitedMs / 1000)} s for a quiet machine; ${noise.noisy} of ${noise.waits} times it was not quiet in the end.`,
  ];
}
