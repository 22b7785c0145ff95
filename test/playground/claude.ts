/**
 * Whose Claude answers: the person's own if it is there and logged in, else the
 * CLI of the npm package with a scripted model. It asks, it never guesses, and
 * it says what it found.
 */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join, sep } from "node:path";
import { cliPath } from "../fakes/cli-path.ts";
import type { WireClaude } from "./wire.ts";

/** Which executable, and what to tell. */
export interface FoundClaude extends WireClaude {
  readonly bin: string;
}

const probeMs = 10_000;

/** Looks for the person's own Claude Code in `env`. `mustBeScripted` does not look. */
export async function findClaude(
  env: Readonly<Record<string, string | undefined>>,
  mustBeScripted: boolean,
): Promise<FoundClaude> {
  if (mustBeScripted) return scripted("You asked for the script (--scripted).", "Start without that");
  const bin = env["CLAUDE_BIN"] || (await onPath(ownPath(env)));
  if (bin === undefined)
    return scripted(
      "Claude Code was not found on this machine.",
      "Install it, log in with “claude” and start again",
    );
  const [version, status] = await Promise.all([ask(bin, ["--version"]), ask(bin, ["auth", "status"])]);
  if (!/"loggedIn":\s*true/.test(status))
    return scripted("Claude Code is here but not logged in.", "Log in with “claude” and start again");
  const number = /\d+\.\d+\.\d+/.exec(version)?.[0] ?? "";
  return {
    bin,
    isScripted: false,
    title: `Your Claude ${number}`.trim(),
    sentence:
      "This is your own Claude Code: it uses your account, and what it runs, after you allow it, runs on this machine as you.",
  };
}

/** PATH without what npm puts in front: its `claude` is the package's, not the person's. */
export function ownPath(env: Readonly<Record<string, string | undefined>>): string {
  const isOwn = (folder: string): boolean =>
    folder !== "" && !folder.endsWith(join("node_modules", ".bin")) && !folder.includes(`${sep}node-gyp-bin`);
  return (env["PATH"] ?? "").split(delimiter).filter(isOwn).join(delimiter);
}

/** `remedy`: what brings the person's own. */
function scripted(why: string, remedy: string): FoundClaude {
  return {
    bin: cliPath(),
    isScripted: true,
    title: "Scripted model",
    sentence: `${why} The answers come from a small script, not from Claude; the bot around it is real. ${remedy}, and Claude itself answers.`,
  };
}

async function onPath(path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, "claude");
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** What a call printed, whatever its exit code; empty when it could not run or took too long. */
function ask(bin: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(bin, args, { timeout: probeMs, killSignal: "SIGKILL" }, (_error, stdout) => resolve(stdout));
  });
}
