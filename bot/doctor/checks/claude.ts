/**
 * Is Claude Code there, and does it take the flags that a turn gives it?
 */
import type { ProbeResult } from "../../claude/probe.ts";
import { bad, type Check, ok } from "../finding.ts";
import { list } from "../words.ts";

const INSTALL = "`npm install -g @anthropic-ai/claude-code`";

/** `probe` asks the CLI itself; nothing is guessed from its version. */
export function claudeCheck({ probe }: { probe: () => Promise<ProbeResult> }): Check {
  return {
    name: "Claude Code",
    async look() {
      const probed = await probe();
      if (!probed.ok) return fault(probed.failure);
      const { path, version, ...features } = probed.features;
      const missing = Object.entries(features)
        .filter(([, has]) => !has)
        .map(([name]) => flagOf(name));
      const without = missing.length === 0 ? "" : `; it has no ${list(missing)}, so turns go without`;
      return ok(`${version} at ${path} takes every flag that a turn needs${without}.`);
    },
  };
}

/** A feature is called after its flag. */
function flagOf(feature: string): string {
  return `\`--${feature.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\``;
}

function fault(failure: Extract<ProbeResult, { ok: false }>["failure"]) {
  if (failure.kind === "cli_refused")
    return bad(
      `it refuses a flag that every turn needs: ${failure.message.split("\n")[0] ?? ""}`,
      `Update it: ${INSTALL}.`,
    );
  const file = failure.kind === "cli_missing" ? failure.file : "claude";
  if (failure.kind === "cli_missing" && failure.code !== "ENOENT")
    return bad(
      `\`${file}\` is there, but cannot be run (${failure.code}).`,
      `Point CLAUDE_BIN at a program that runs, or ${INSTALL}.`,
    );
  const where = file.includes("/") ? "there" : "on the PATH";
  return bad(`\`${file}\` is not ${where}.`, `${INSTALL}, or set CLAUDE_BIN to where it is.`);
}
