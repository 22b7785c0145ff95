/**
 * Which CLI this is and which flags it knows. Promises to ask each version
 * once (what was learned is handed to the caller to keep) and never to call a
 * model. It does not know where the caller keeps it, nor what the flags are for.
 */
import { access, constants, realpath, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { codeOf } from "../error-code.ts";
import type { Failure } from "./events.ts";

const features = z.object({
  /** The executable itself, without symbolic links. */
  path: z.string(),
  version: z.string(),
  systemPromptSnapshot: z.boolean(),
  effort: z.boolean(),
  tools: z.boolean(),
  settingSources: z.boolean(),
  strictMcpConfig: z.boolean(),
  forkSession: z.boolean(),
  resumeSessionAt: z.boolean(),
});

/** What one executable can do. Plain data: may be kept as JSON. */
export type CliFeatures = Readonly<z.infer<typeof features>>;

/** Features, or why there are none. */
export type ProbeResult = { ok: true; features: CliFeatures } | { ok: false; failure: Failure };

/** Flags that every turn needs; a CLI without one of them is refused. */
const REQUIRED = [
  "--output-format=stream-json",
  "--input-format=stream-json",
  "--verbose",
  "--include-partial-messages",
  "--replay-user-messages",
  "--append-system-prompt-file=none",
  "--permission-prompt-tool=stdio",
  "--permission-mode=default",
  "--model=none",
  "--settings={}",
  "--disallowedTools=none",
  "--mcp-config={}",
];

/** Flags that a turn uses where they exist. */
const OPTIONAL: Readonly<Record<Exclude<keyof CliFeatures, "path" | "version">, string>> = {
  systemPromptSnapshot: "--system-prompt-snapshot=off",
  effort: "--effort=low",
  tools: "--tools=Bash",
  settingSources: "--setting-sources=user",
  strictMcpConfig: "--strict-mcp-config",
  forkSession: "--fork-session",
  resumeSessionAt: "--resume-session-at=none",
};

/** A flag that no CLI knows: the parser names the first stranger, so all before it are known, and nothing starts. */
const STRANGER = "--parley-asks";

const PROBE_TIMEOUT_MS = 20_000;
/** From the end of the process to the end of its output. */
const PIPE_GRACE_MS = 200;

/** What a probe needs. `load` and `save` keep what was learned, under a key that changes with the executable. */
export interface ProbeRequest {
  /** A path, or a name to look for in `env.PATH`. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** Any folder that exists; nothing is written there. */
  readonly cwd: string;
  load(key: string): Promise<unknown>;
  save(key: string, value: CliFeatures): Promise<void>;
}

/** Finds the executable and what it can do. Takes a `stat` if it is known, else about a second. */
export async function probeClaude(request: ProbeRequest): Promise<ProbeResult> {
  const found = await findExecutable(request.file, request.env["PATH"]);
  if (!found.ok) return found;
  const known = features.safeParse(await request.load(found.key));
  if (known.success && known.data.path === found.path) return { ok: true, features: known.data };
  const probed = await ask(found.path, request);
  if (probed.ok) await request.save(found.key, probed.features);
  return probed;
}

/** Where an executable is. `key` changes whenever the file does: an update replaces it under the same name. */
export type ExecutableResult = { ok: true; path: string; key: string } | { ok: false; failure: Failure };

/** Looks for `file` as a shell would, and follows symbolic links. */
export async function findExecutable(file: string, pathVariable = ""): Promise<ExecutableResult> {
  const hasFolder = isAbsolute(file) || file.includes("/");
  const folders = pathVariable.split(delimiter).filter((folder) => folder !== "");
  const candidates = hasFolder ? [resolve(file)] : folders.map((folder) => join(folder, file));
  let code = "ENOENT";
  for (const candidate of candidates) {
    // A folder of the PATH that may not be looked into tells nothing of what is in it.
    let isThere = hasFolder;
    try {
      const path = await realpath(candidate);
      isThere = true;
      const { size, mtimeMs } = await statFile(path);
      await access(path, constants.X_OK);
      return { ok: true, path, key: `${path}:${size}:${mtimeMs}` };
    } catch (error) {
      // A file that is there and cannot run says more than the folders where it is not.
      const reason = codeOf(error) ?? "unknown";
      if (isThere && reason !== "ENOENT" && reason !== "ENOTDIR") code = reason;
    }
  }
  return { ok: false, failure: { kind: "cli_missing", file, code } };
}

async function statFile(path: string): Promise<{ size: number; mtimeMs: number }> {
  const stats = await stat(path);
  if (!stats.isFile()) throw Object.assign(new Error("not a file"), { code: "EISDIR" });
  return stats;
}

async function ask(path: string, request: ProbeRequest): Promise<ProbeResult> {
  const version = await run(path, ["--version"], request);
  if (version.failure) return { ok: false, failure: version.failure };
  const unknown = new Set<string>();
  const optional = Object.values(OPTIONAL);
  // At most one round for each optional flag; each costs the start of the parser, not of a session.
  for (let round = 0; round <= optional.length; round += 1) {
    const flags = [...REQUIRED, ...optional.filter((flag) => !unknown.has(nameOf(flag)))];
    const { stderr, failure } = await run(path, ["-p", ...flags, STRANGER], request);
    if (failure) return { ok: false, failure };
    const stranger = /unknown option '?(--[\w-]+)/.exec(stderr)?.[1];
    if (stranger === STRANGER)
      return { ok: true, features: { path, version: versionOf(version.stdout), ...known(unknown) } };
    if (stranger === undefined || unknown.has(stranger)) break;
    if (!optional.some((flag) => nameOf(flag) === stranger)) {
      return { ok: false, failure: { kind: "cli_refused", message: stderr.trim() } };
    }
    unknown.add(stranger);
  }
  // It complains in a way we do not understand: only what every version knows is safe.
  return {
    ok: true,
    features: { path, version: versionOf(version.stdout), ...known(new Set(optional.map(nameOf))) },
  };
}

function known(unknown: ReadonlySet<string>): Omit<CliFeatures, "path" | "version"> {
  const has = (feature: keyof typeof OPTIONAL) => !unknown.has(nameOf(OPTIONAL[feature]));
  return {
    systemPromptSnapshot: has("systemPromptSnapshot"),
    effort: has("effort"),
    tools: has("tools"),
    settingSources: has("settingSources"),
    strictMcpConfig: has("strictMcpConfig"),
    forkSession: has("forkSession"),
    resumeSessionAt: has("resumeSessionAt"),
  };
}

async function run(
  path: string,
  args: readonly string[],
  { env, cwd }: ProbeRequest,
): Promise<{ stdout: string; stderr: string; failure?: Failure }> {
  const child = execa(path, args, {
    env,
    cwd,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    timeout: PROBE_TIMEOUT_MS,
    forceKillAfterDelay: 500,
  });
  // What a wrapper leaves running may hold the pipes for ever; what was said is read by then.
  child.once("exit", () => {
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, PIPE_GRACE_MS).unref();
  });
  const result = await child;
  const { stdout, stderr } = result;
  // No exit code and no signal: it never ran (a bad interpreter, no rights, the wrong machine).
  const hasRun = result.exitCode !== undefined || result.signal !== undefined || result.timedOut;
  if (hasRun) return { stdout, stderr };
  return { stdout, stderr, failure: { kind: "cli_missing", file: path, code: result.code ?? "unknown" } };
}

function nameOf(flag: string): string {
  return flag.replace(/=.*$/s, "");
}

function versionOf(stdout: string): string {
  return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? "unknown";
}
