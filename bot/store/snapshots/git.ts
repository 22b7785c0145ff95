/**
 * Git, run as a child: an argument array, an environment of ours, a deadline.
 * It promises that no configuration but ours is read, that no hook, filter,
 * monitor or pager of anybody's runs, and that it never rejects. It does not
 * know what it is asked for.
 */
import { execFile } from "node:child_process";
import { setPriority } from "node:os";
import { startInTurn } from "../../one-start.ts";

/** What git wrote, or why it did not do what was asked. */
export type GitResult =
  | { readonly ok: true; readonly stdout: Buffer }
  | {
      readonly ok: false;
      readonly kind: "no_git" | "timed_out" | "too_big" | "failed";
      readonly detail: string;
    };

/** Runs git. `input` goes to its standard input; more output than `maxBytes` is `too_big`. */
export type Git = (
  args: readonly string[],
  options?: { readonly input?: string | Buffer; readonly timeoutMs?: number; readonly maxBytes?: number },
) => Promise<GitResult>;

/** A repository of ours, and the folder that it is about. */
export interface GitPlace {
  /** Our bare repository: its configuration is the only one that is read. */
  readonly gitDir: string;
  readonly workTree: string;
}

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 64 * 1024 * 1024;
const DETAIL_UNITS = 500;
/** As `nice` gives it. */
const BACKGROUND = 10;

/** What an older life or a curious hand may have put into our own configuration does not count either. */
const SETTINGS = [
  "core.fsmonitor=false",
  "core.untrackedCache=false",
  "core.hooksPath=/dev/null",
  "core.autocrlf=false",
  "core.safecrlf=false",
  "core.quotePath=false",
  "core.bare=false",
  "commit.gpgSign=false",
  "gc.auto=0",
  "protocol.allow=never",
].flatMap((setting) => ["-c", setting]);

/** Makes the runner for one place; `path` is where programs are looked for. */
export function createGit({ gitDir, workTree }: GitPlace, path: string): Git {
  const env = {
    PATH: path,
    LC_ALL: "C",
    GIT_DIR: gitDir,
    GIT_WORK_TREE: workTree,
    GIT_INDEX_FILE: `${gitDir}/index`,
    // No HOME, and none of the machine's or the person's settings.
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Parley",
    GIT_AUTHOR_EMAIL: "parley@localhost",
    GIT_COMMITTER_NAME: "Parley",
    GIT_COMMITTER_EMAIL: "parley@localhost",
  };
  return async (args, { input, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = {}) => {
    await startInTurn();
    return new Promise((resolve) => {
      const child = execFile(
        "git",
        [...SETTINGS, ...args],
        // It goes where the files are by itself: `cwd` must be there even where they are gone.
        {
          cwd: gitDir,
          env,
          encoding: "buffer",
          timeout: timeoutMs,
          killSignal: "SIGKILL",
          maxBuffer: maxBytes,
        },
        (error, stdout, stderr) => {
          if (error === null) return resolve({ ok: true, stdout });
          const detail = stderr.toString("utf8").trim().slice(0, DETAIL_UNITS);
          resolve({ ok: false, kind: kindOf(error), detail });
        },
      );
      giveWay(child.pid);
      // Where it ends without reading all, its exit says why.
      child.stdin?.on("error", () => {});
      child.stdin?.end(input ?? "");
    });
  };
}

/** It runs beside the start of a turn, whose first words it must not hold up: on two busy cores that was 0.1 s. */
function giveWay(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, BACKGROUND);
  } catch {
    // It has gone already, or the system does not let us: then it runs like anything else.
  }
}

function kindOf(error: Error & { code?: unknown; killed?: boolean }): (GitResult & { ok: false })["kind"] {
  if (error.code === "ENOENT") return "no_git";
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "too_big";
  return error.killed ? "timed_out" : "failed";
}

/** The NUL-separated words of an output; a name that is not UTF-8 is left out: it could not be given back. */
export function namesOf(stdout: Buffer): string[] {
  const names: string[] = [];
  for (let start = 0; start < stdout.length;) {
    const found = stdout.indexOf(0, start);
    const end = found === -1 ? stdout.length : found;
    const bytes = stdout.subarray(start, end);
    const name = bytes.toString("utf8");
    if (Buffer.byteLength(name) === bytes.length && Buffer.from(name).equals(bytes)) names.push(name);
    start = end + 1;
  }
  return names;
}
