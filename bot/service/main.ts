/**
 * `npm run service -- install | status | logs | uninstall`: the bot under the
 * system's own supervisor, as this user. Exit codes: 0 done, 1 not possible or a
 * command failed, 64 a wrong argument or nobody agreed; `status` and `logs` end
 * with what the supervisor's own command ends with.
 */
import { homedir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { confirm, isCancel } from "@clack/prompts";
import { execa } from "execa";
import { inspectConfig, onlyInShell } from "../config.ts";
import { install, type Outside, uninstall } from "./actions.ts";
import { definitionFault, type ServiceDefinition } from "./definition.ts";
import { type Supervisor, supervisorFor, type Words } from "./supervisor.ts";

const USAGE = `npm run service -- install | status | logs | uninstall
  --yes         ask nothing
  --name NAME   another service than "parley", for a second checkout
  --keep-turns  turns that run live through a restart of the bot (install)`;

function fail(sentence: string, code = 1): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
}

function readArguments() {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        yes: { type: "boolean", default: false },
        name: { type: "string", default: "parley" },
        "keep-turns": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return { action: positionals.length === 1 ? positionals[0] : undefined, ...values };
  } catch {
    return fail(USAGE, 64);
  }
}

const { action, yes, name, "keep-turns": keepsTurns, help } = readArguments();
if (help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const inspection = inspectConfig();
const { inherited } = inspection;
const isTerminal = process.stdin.isTTY && process.stdout.isTTY;

const outside: Outside = {
  write: (line) => void process.stdout.write(`${line}\n`),
  agree: yes
    ? async () => true
    : isTerminal
      ? async (message) => {
          const answer = await confirm({ message });
          return !isCancel(answer) && answer;
        }
      : undefined,
  run,
};

async function run([program, ...args]: Words): Promise<number> {
  const env = { ...inherited };
  const ended = await execa(program, args, { stdio: "inherit", reject: false, extendEnv: false, env });
  return ended.exitCode ?? 127;
}

/** What stands in the way of a service that runs, and what the person should know. */
async function checkBefore(service: ServiceDefinition): Promise<void> {
  const fault = definitionFault(service);
  if (fault !== undefined) fail(fault, 64);
  if (inspection.faults.length > 0)
    fail(`The bot would not start: ${inspection.faults.join(" ")} \`npm run setup\` comes first.`);
  const lost = onlyInShell();
  if (lost.length > 0)
    outside.write(
      `! Set in this shell, but not in .env, so the service will not have it: ${lost.join(", ")}.\n`,
    );
}

/** A user's services end with the last login, unless the user lingers. */
async function hintAtLingering(): Promise<void> {
  if (process.platform !== "linux") return;
  const env = { ...inherited };
  const asked = await execa(
    "loginctl",
    ["show-user", String(process.getuid?.()), "--property=Linger", "--value"],
    {
      reject: false,
      extendEnv: false,
      env,
    },
  );
  if (asked.stdout?.trim() !== "yes")
    outside.write(
      "It ends when you log out, and does not start with the machine, until you run `loginctl enable-linger`.",
    );
}

const service: ServiceDefinition = {
  name,
  folder: resolve("."),
  node: process.execPath,
  path: inherited["PATH"] ?? "",
  keepsTurns,
};
const home = { home: homedir(), configHome: inherited["XDG_CONFIG_HOME"], uid: process.getuid?.() ?? 0 };
const supervisor: Supervisor =
  supervisorFor(process.platform, service, home) ??
  fail("Only systemd (Linux) and launchd (macOS) are known here. In a container, see the Dockerfile.");

async function act(): Promise<void> {
  switch (action) {
    case "install": {
      await checkBefore(service);
      const code = await install(supervisor, outside);
      if (code === 0) await hintAtLingering();
      process.exit(code);
      break;
    }
    case "uninstall":
      process.exit(await uninstall(supervisor, outside));
      break;
    case "status":
      process.exit(await run(supervisor.status));
      break;
    case "logs":
      process.exit(await run(supervisor.logs(isTerminal)));
      break;
    default:
      fail(USAGE, 64);
  }
}

void act();
