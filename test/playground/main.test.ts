/**
 * `npm run playground` itself, as a person starts it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { cliPath } from "../fakes/cli-path.ts";
import { startMessagesApi } from "../fakes/messages-api.ts";
import { repoRoot } from "../harness/folders.ts";
import { launchChromium } from "./browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

async function temporary(name: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `parley-${name}-`));
  onTestFinished(() => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return path;
}

/** Runs it with these flags; ends with the test. */
function run(flags: readonly string[], env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(
    process.execPath,
    ["--import", "tsx", "test/playground/main.ts", ...flags],
    {
      cwd: repoRoot,
      env: { PATH: process.env["PATH"], HOME: tmpdir(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return {
    ended,
    stop: (): Promise<number | null> => {
      child.kill("SIGTERM");
      return ended;
    },
    output: () => output,
    prints: (pattern: RegExp): Promise<string> =>
      expect
        .poll(() => output, { timeout: 30_000 })
        .toMatch(pattern)
        .then(() => pattern.exec(output)?.[0] ?? ""),
  };
}

describe("npm run playground", { timeout: 120_000 }, () => {
  it("prints one address with a secret, says who answers and where things are, and ends when told", async () => {
    const folder = await temporary("playground");
    const playground = run(["--no-open", "--scripted", "--folder", folder]);
    const url = await playground.prints(/http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\//);
    expect(playground.output()).toMatch(/Scripted model\..*not from Claude/);
    expect(playground.output()).toContain(`kept in ${folder}`);
    expect((await fetch(url)).status).toBe(200);

    // A second one on the same folder would take the first one's messages.
    const second = run(["--no-open", "--scripted", "--folder", folder]);
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain("Another Parley already runs");
    expect(await playground.stop()).toBe(0);
  });

  it("refuses other addresses than this machine's own, and folders that hold something else", async () => {
    const folder = await temporary("things");
    await writeFile(join(folder, "thesis.txt"), "ten years of work");
    const wide = run(["--no-open", "--host", "0.0.0.0"]);
    expect(await wide.ended).toBe(2);
    expect(wide.output()).toMatch(/this machine only/);
    const strange = run(["--no-open", "--fresh", "--folder", folder]);
    expect(await strange.ended).toBe(2);
    expect(strange.output()).toMatch(/holds other things/);
  });

  it("talks with the person's own Claude Code where it is logged in, in the person's own home", async () => {
    const [folder, home] = await Promise.all([temporary("playground"), temporary("home")]);
    const model = await startMessagesApi();
    onTestFinished(() => model.close());
    const bin = join(home, "bin");
    await mkdir(bin);
    await symlink(cliPath(), join(bin, "claude"));
    const playground = run(["--no-open", "--folder", folder], {
      HOME: home,
      PATH: `${join(repoRoot, "node_modules/.bin")}:${bin}:${process.env["PATH"] ?? ""}`,
      ANTHROPIC_API_KEY: "sk-ant-test-not-a-key",
      ANTHROPIC_BASE_URL: model.url,
    });
    const url = await playground.prints(/http:\S+/);
    expect(playground.output()).toMatch(/Your Claude \d+\.\d+\.\d+\. .*your account/);

    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    await page
      .getByText(/your own Claude Code/)
      .first()
      .waitFor();
    for (const [said, answer] of [
      ["/new Kitchen", "You are in a new session"],
      ["SAY from my own claude", /^from my own claude/],
    ] as const) {
      await page.locator("#text").fill(said);
      await page.locator("#text").press("Enter");
      await page.locator("article.theirs", { hasText: answer }).waitFor({ timeout: 20_000 });
    }
    expect(model.requests.length).toBeGreaterThan(0);
    expect(await playground.stop()).toBe(0);
  });
});
