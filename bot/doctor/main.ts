/**
 * `npm run doctor [-- --json]`: looks at everything and says what is wrong. Reads
 * only. Exit codes: 0 nothing is broken (there may be warnings), 1 something is,
 * 64 an argument that it does not know.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { now } from "../clock.ts";
import { inspectConfig } from "../config.ts";
import { allChecks } from "./checks.ts";
import { examine, exitCodeOf } from "./doctor.ts";
import { report } from "./report.ts";

const USAGE = "npm run doctor [-- --json]";

function readArguments(): { json: boolean; help: boolean } | undefined {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({ options: { json: flag, help: flag } }).values;
  } catch {
    return undefined;
  }
}

const given = readArguments();
if (given === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(64);
}
if (given.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const checks = allChecks({
  inspection: inspectConfig(),
  envFile: resolve(".env"),
  nodeVersion: process.versions.node,
  now,
});
const { json } = given;
void examine(checks).then((findings) => {
  process.stdout.write(json ? `${JSON.stringify({ findings }, null, 2)}\n` : `${report(findings)}\n`);
  process.exit(exitCodeOf(findings));
});
