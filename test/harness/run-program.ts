/**
 * One of the project's programs (doctor, set-up, service) as a child process with
 * a clean environment, from its start to its end.
 */
import { join } from "node:path";
import { execa } from "execa";
import { repoRoot } from "./folders.ts";

/** What it is run with; `env` is all it gets beside PATH. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Programs to be found before all others. */
  readonly pathFirst?: string;
}

/** How it ended and what it said. */
export interface ProgramEnd {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `bot/<name>/main.ts`, as `npm run` does, to its end, without a terminal and without input; at most 60 s. */
export async function runProgram(name: string, options: ProgramOptions): Promise<ProgramEnd> {
  const path = process.env["PATH"] ?? "";
  const { pathFirst } = options;
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(repoRoot, "bot/launch.cjs"), `${name}/main`, ...(options.args ?? [])],
    {
      cwd: options.cwd,
      env: { PATH: pathFirst === undefined ? path : `${pathFirst}:${path}`, LANG: "C.UTF-8", ...options.env },
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      timeout: 60_000,
    },
  );
  return { code: exitCode, stdout, stderr };
}
