/**
 * Opens the way to the CLI: what it can do is asked once for each version, and
 * how its turns are run comes from the settings. It constructs, and starts nothing.
 */
import { tmpdir } from "node:os";
import { buildEnvironment } from "../claude/args.ts";
import { createClaude } from "../claude/claude.ts";
import { claudeConfigDir } from "../claude/transcript.ts";
import type { Config } from "../config.ts";
import { createCliProbe } from "../turns/cli-features.ts";

/** The way to the CLI. */
export type OpenedClaude = ReturnType<typeof openClaude>;

/** Opens it; `cliFile` keeps what each version can do, `childUmask` is what Claude makes files with. */
export function openClaude(config: Config, cliFile: string, childUmask: number) {
  const { inherited: env, CLAUDE_ENV: extraEnvNames } = config;
  const probe = createCliProbe({
    path: cliFile,
    bin: config.CLAUDE_BIN,
    env: buildEnvironment(env, { ceilingDirectories: [], extraNames: extraEnvNames }),
    cwd: tmpdir(),
  });
  const claude = createClaude({
    probe,
    env,
    extraEnvNames,
    ceilingDirectories: [config.SESSIONS_DIR],
    childUmask,
    limits: {
      noInitMs: config.START_TIMEOUT,
      silentMs: config.SILENCE_TIMEOUT,
      toolMs: config.TOOL_TIMEOUT,
      hardMs: config.TURN_TIMEOUT,
    },
  });
  const cliVersion = async (): Promise<string | undefined> => {
    const probed = await probe();
    return probed.ok ? probed.features.version : undefined;
  };
  const knowsEffort = async (): Promise<boolean | undefined> => {
    const probed = await probe();
    return probed.ok ? probed.features.effort : undefined;
  };
  const canFork = async (): Promise<boolean | undefined> => {
    const probed = await probe();
    return probed.ok ? probed.features.forkSession : undefined;
  };
  return { claude, cliVersion, knowsEffort, canFork, configDir: claudeConfigDir(env) };
}
