/**
 * `npm run test:cli -- VERSION`: fetches that version of the real CLI from npm
 * into a temporary folder and runs every test that uses the CLI with it. The
 * executable is native: a version that asks for a newer Node runs all the same.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { cliPackage } from "./fakes/cli-path.ts";

const [version = ""] = process.argv.slice(2);
if (!/^(latest|\d+\.\d+\.\d+)$/.test(version)) {
  process.stderr.write("Say which version of Claude Code: npm run test:cli -- 2.1.329 (or latest)\n");
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "parley-cli-"));
try {
  const { stdout } = await execa("npm", ["pack", "--silent", `${cliPackage()}@${version}`], { cwd: folder });
  await execa("tar", ["-xzf", stdout.trim().split("\n").at(-1) ?? ""], { cwd: folder });
  const cli = join(folder, "package", "claude");
  const tests = ["test/e2e", "test/claude/cli.test.ts", "test/claude/probe.test.ts"];
  const { exitCode } = await execa("npx", ["vitest", "run", "--dir", "test", ...tests], {
    stdio: "inherit",
    reject: false,
    env: { PARLEY_TEST_CLAUDE: cli },
  });
  process.exitCode = exitCode ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
