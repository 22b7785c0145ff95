/**
 * `npm run playground`: the whole bot without Telegram, in a browser. Flags in,
 * one running playground out. Exit codes: 0 ended by the person, 1 a fault, 2 a
 * flag is wrong.
 */
import { spawn } from "node:child_process";
import { findClaude } from "./claude.ts";
import { readFlags } from "./flags.ts";
import { openFolder } from "./folder.ts";
import { startPlayground } from "./playground.ts";

function leave(code: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
}

/** Shows the address in the person's browser; where there is none, the printed one has to do. */
function open(url: string): void {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(program, [url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}

const read = readFlags(process.argv.slice(2));
if (!read.ok) {
  if (!read.isHelp) leave(2, read.sentence);
  process.stdout.write(`${read.sentence}\n`);
  process.exit(0);
}
const { flags } = read;
const opened = await openFolder(flags.folder, flags.isFresh);
if (!opened.ok) leave(2, opened.sentence);
const { folders } = opened;
const claude = await findClaude(process.env, flags.isScripted);
const started = await startPlayground({
  folders,
  claude,
  host: flags.host,
  port: flags.port,
  env: process.env,
  settings: settingsOf(process.env),
}).catch((error: unknown) => leave(1, `The playground could not start: ${String(error)}`));
if (!started.ok) leave(1, started.sentence);
const { playground } = started;

process.stdout.write(`
  Parley's playground: ${playground.url}

  ${claude.title}. ${claude.sentence}
  Everything is kept in ${folders.root} (--fresh empties it). Ctrl+C ends it.

`);
if (flags.isOpened) open(playground.url);

let isLeaving = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    if (isLeaving) return;
    isLeaving = true;
    void playground.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });

/** Settings of the bot that make sense here; the folders, the token and the list are the playground's. */
function settingsOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names =
    "ASK_TIMEOUT DEFAULT_PERSONA LOG_LEVEL MAX_TURNS PERMISSION_MODE RICH STANDBY_MAX STREAM TRANSCRIBE_CMD WORKSPACE_ROOTS";
  const given = names.split(" ").flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  // Left to the bot where it is not given; the tests have none wait.
  return { STANDBY_MAX: "", ...Object.fromEntries(given) };
}
