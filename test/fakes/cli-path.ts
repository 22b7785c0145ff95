/**
 * Which real CLI the tests run: npm's own, or the one that PARLEY_TEST_CLAUDE
 * names (`npm run test:cli -- VERSION` sets it).
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The package of npm that holds the executable for this platform. */
export function cliPackage(): string {
  const libc = existsSync("/etc/alpine-release") ? "-musl" : "";
  return `@anthropic-ai/claude-code-${process.platform}-${process.arch}${libc}`;
}

/** The executable. From the platform's package: the other one needs an install script, which npm may not run. */
export function cliPath(): string {
  const given = process.env["PARLEY_TEST_CLAUDE"];
  if (given) return given;
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve(`${cliPackage()}/package.json`)), "claude");
}
