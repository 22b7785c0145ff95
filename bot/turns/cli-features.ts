/**
 * What is known of the installed CLI, kept in `sessions/claude-cli.json` so that
 * each version is asked once. It does not know what the features are for.
 */
import { z } from "zod";
import { type CliFeatures, probeClaude, type ProbeResult } from "../claude/probe.ts";
import { readJson, writeJson } from "../store/json-file.ts";

const cliFile = z.looseObject({ version: z.literal(1), key: z.string(), features: z.unknown() });

/** Makes the function that every start of a process asks; `path` is the file, `env` the child's environment. */
export function createCliProbe(options: {
  path: string;
  bin: string;
  env: Readonly<Record<string, string>>;
  cwd: string;
}): () => Promise<ProbeResult> {
  // In memory too: the file is read once, and an update of the CLI changes the key.
  let known: { key: string; features: unknown } | undefined;

  async function load(key: string): Promise<unknown> {
    if (known?.key !== key) {
      const read = await readJson(options.path, cliFile);
      if (read.ok) known = { key: read.value.key, features: read.value.features };
    }
    return known?.key === key ? known.features : undefined;
  }

  async function save(key: string, features: CliFeatures): Promise<void> {
    known = { key, features };
    // Kept for speed alone: where it cannot be written, the next life asks again.
    await writeJson(options.path, { version: 1, key, features }).catch(() => {});
  }

  return () => probeClaude({ file: options.bin, env: options.env, cwd: options.cwd, load, save });
}
