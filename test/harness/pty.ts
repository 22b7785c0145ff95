/**
 * A program in a real pseudo-terminal, made by script(1): what a person sees and
 * types. Whoever starts one ends it.
 */
import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";

/** A program at a terminal. */
export interface AtTerminal {
  /** All that was shown so far, without colours and cursor moves. */
  readonly shown: () => string;
  /** Resolves when `pattern` is shown after what was waited for before; throws after 20 s. */
  readonly sees: (pattern: RegExp) => Promise<void>;
  readonly types: (keys: string) => void;
  /** The exit code, when it has ended. */
  readonly exit: Promise<number | null>;
  readonly kill: () => void;
}

/** Keys. */
export const ENTER = "\r";
export const DOWN = "\u001b[B";
export const CTRL_C = "\u0003";

/** Starts `command` (words of ours, no shell signs in them). */
export function atTerminal(
  command: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): AtTerminal {
  const child = spawn("script", ["-qefc", `stty cols 200 rows 50; exec ${command.join(" ")}`, "/dev/null"], {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"], TERM: "xterm", LANG: "C.UTF-8", ...options.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let raw = "";
  let from = 0;
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    raw += chunk;
    for (const look of waiting) look();
  });
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const shown = (): string => stripVTControlCharacters(raw);
  return {
    shown,
    sees: (pattern) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`${pattern} was not shown:\n${shown().slice(from)}`));
        }, 20_000);
        const look = (): void => {
          const match = pattern.exec(shown().slice(from));
          if (match === null) return;
          from += match.index + match[0].length;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    types: (keys) => void child.stdin.write(keys),
    exit,
    kill: () => void child.kill("SIGKILL"),
  };
}
