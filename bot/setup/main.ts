/**
 * `npm run setup`: asks for what the bot needs, writes `.env`, ends with a message
 * and the doctor. With flags, or without a terminal, it asks nothing. Exit codes:
 * 0 written, 1 not possible, 64 something is missing or misspelled, 130 Ctrl-C.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { intro, outro } from "@clack/prompts";
import { now, wait } from "../clock.ts";
import { callerFolder, inspectConfig } from "../config.ts";
import { createBotApi } from "../doctor/bot-api.ts";
import { allChecks } from "../doctor/checks.ts";
import { examine, exitCodeOf } from "../doctor/doctor.ts";
import { report } from "../doctor/report.ts";
import { codeOf } from "../error-code.ts";
import { lockHolder } from "../store/lock-holder.ts";
import { createPaths } from "../store/paths.ts";
import { Abandoned } from "./asker.ts";
import { quietAsker } from "./quiet.ts";
import { type Given, setUp } from "./setup.ts";
import { terminalAsker } from "./terminal.ts";

const USAGE = `npm run setup [-- FLAGS]
  --token-file FILE       the bot's token is in FILE (or in TELEGRAM_BOT_TOKEN)
  --user-id ID            who may use it; several: 1,2
  --workspace FOLDER      a folder that sessions may work in; may be repeated
  --permission-mode MODE  default, plan, acceptEdits, dontAsk, bypassPermissions
  --remove-webhook        remove a webhook that is set
  --yes                   ask nothing: what is not given stays as it is`;

const fail = (sentence: string, code: number): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
};

function readFlags() {
  try {
    return parseArgs({
      options: {
        "token-file": { type: "string" },
        "user-id": { type: "string" },
        workspace: { type: "string", multiple: true },
        "permission-mode": { type: "string" },
        "remove-webhook": { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : ""}\n${USAGE}`, 64);
  }
}

const flags = readFlags();
if (flags.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const isTerminal = process.stdin.isTTY && process.stdout.isTTY && !flags.yes;
// Who looks at the beginning only (`| head`) still has it all done.
process.stdout.on("error", () => {});
const write = (line: string): void => void process.stdout.write(`${line}\n`);

async function readToken(path: string): Promise<string> {
  const text = await readFile(resolve(callerFolder(), path), "utf8").catch(() =>
    fail(`--token-file: ${path} cannot be read. Nothing was changed.`, 64),
  );
  return text.trim();
}

async function run(): Promise<void> {
  const inspection = inspectConfig();
  const { SESSIONS_DIR: sessions, TELEGRAM_API_ROOT: apiRoot } = inspection.settings;
  if (apiRoot === undefined) {
    const fault = inspection.faults.find((sentence) => sentence.startsWith("TELEGRAM_API_ROOT"));
    return fail(`${fault} Nothing was changed.`, 1);
  }
  const tokenFile = flags["token-file"];
  const given: Given = {
    token: tokenFile === undefined ? undefined : await readToken(tokenFile),
    userIds: flags["user-id"],
    workspaces: flags.workspace,
    permissionMode: flags["permission-mode"],
    removeWebhook: flags["remove-webhook"],
  };
  const lock = sessions === undefined ? undefined : createPaths({ sessions, archive: "", personas: "" }).lock;
  const envFile = resolve(".env");
  const never = new AbortController().signal;
  if (isTerminal) intro("Parley: Claude Code in Telegram");
  const { isRunning } = await setUp({
    asker: isTerminal ? terminalAsker : quietAsker(write),
    given,
    inspection,
    envFile,
    template: await readFile(".env.example", "utf8").catch(() => ""),
    callFor: (token) => createBotApi({ apiRoot, token }),
    isRunning: async () => lock !== undefined && (await lockHolder(lock)) !== undefined,
    wait: (ms) => wait(ms, never),
    now,
  });
  const checks = allChecks({ inspection: inspectConfig(), envFile, nodeVersion: process.versions.node, now });
  write("\nThe doctor looks at everything …\n");
  const findings = await examine(checks);
  write(`${report(findings)}\n`);
  const first =
    exitCodeOf(findings) === 0 ? "Next:" : "Next: mend what is broken (`npm run doctor` looks again), then";
  const next = isRunning
    ? "The bot runs with the old settings: start it again."
    : `${first} \`npm start\`, or \`npm run service -- install\` to have it always running.`;
  if (isTerminal) outro(next);
  else write(next);
}

const end = run().catch((error: unknown) => {
  if (error instanceof Abandoned) return fail(error.message, error.exitCode);
  const code = codeOf(error) ?? "a fault of ours";
  return fail(`The set-up ended (${code}). Nothing was changed, or .env is whole.`, 1);
});
void end.then(() => process.exit(0));
