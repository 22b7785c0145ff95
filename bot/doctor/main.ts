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

function readArguments(): { json: boolean } | undefined {
  try {
    return { json: parseArgs({ options: { json: { type: "boolean", default: false } } }).values.json };
  } catch {
    return undefined;
  }
}

const given = readArguments();
if (given === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(64);
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
