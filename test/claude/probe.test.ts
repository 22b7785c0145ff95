import { chmod, copyFile, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findExecutable, probeClaude, type ProbeRequest } from "../../bot/claude/probe.ts";
import { FAKE_CLAUDE, makeWorld, type World } from "./harness.ts";
import { cliPath } from "../fakes/cli-path.ts";

let world: World;
let kept: Map<string, unknown>;
beforeEach(async () => {
  world = await makeWorld();
  kept = new Map();
});
afterEach(() => world.remove());

function request(file: string): ProbeRequest {
  return {
    file,
    env: { PATH: process.env["PATH"] ?? "", HOME: world.home, DISABLE_AUTOUPDATER: "1" },
    cwd: world.project,
    load: async (key) => kept.get(key),
    save: async (key, value) => void kept.set(key, value),
  };
}

const script = (value: object) => writeFile(join(world.project, "fake-claude.json"), JSON.stringify(value));

describe("a probe", () => {
  test("of the real CLI finds the flags that a turn needs", async () => {
    expect(await probeClaude(request(cliPath()))).toMatchObject({
      ok: true,
      features: {
        effort: true,
        tools: true,
        settingSources: true,
        strictMcpConfig: true,
        resumeSessionAt: true,
      },
    });
  });

  test("finds what this version does not know", async () => {
    await script({ version: "3.0.0", unknownFlags: ["--effort", "--resume-session-at"] });
    expect(await probeClaude(request(FAKE_CLAUDE))).toMatchObject({
      ok: true,
      features: {
        version: "3.0.0",
        systemPromptSnapshot: false,
        effort: false,
        resumeSessionAt: false,
        tools: true,
      },
    });
  });

  test("refuses a CLI without a flag that every turn needs", async () => {
    await script({ unknownFlags: ["--replay-user-messages"] });
    expect(await probeClaude(request(FAKE_CLAUDE))).toMatchObject({
      ok: false,
      failure: { kind: "cli_refused", message: "error: unknown option '--replay-user-messages'" },
    });
    expect(kept.size).toBe(0);
  });

  test("asks each executable once, and again when it changes", async () => {
    const file = join(world.folder, "claude.mjs");
    await copyFile(FAKE_CLAUDE, file);
    await script({ version: "1.0.0" });
    await probeClaude(request(file));
    await script({ version: "2.0.0" });
    expect(await probeClaude(request(file))).toMatchObject({ features: { version: "1.0.0" } });
    await utimes(file, 1, 1);
    expect(await probeClaude(request(file))).toMatchObject({ features: { version: "2.0.0" } });
  });

  test("asks again where what was kept cannot be understood", async () => {
    const found = await findExecutable(FAKE_CLAUDE);
    kept.set(found.ok ? found.key : "", { version: 7 });
    expect(await probeClaude(request(FAKE_CLAUDE))).toMatchObject({
      ok: true,
      features: { version: "2.1.197" },
    });
  });

  test("does not wait for what a wrapper leaves on its output", async () => {
    const file = join(world.folder, "wrapper");
    await writeFile(file, `#!/bin/sh\nsleep 30 &\nexec "${FAKE_CLAUDE}" "$@"\n`, { mode: 0o700 });
    await script({ version: "3.0.0", unknownFlags: ["--effort"] });
    const startedAt = performance.now();
    expect(await probeClaude(request(file))).toMatchObject({
      ok: true,
      features: { version: "3.0.0", effort: false, tools: true },
    });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test("of a program that is none says so", async () => {
    const file = join(world.folder, "broken");
    await writeFile(file, "#!/no/such/interpreter\n", { mode: 0o700 });
    expect(await probeClaude(request(file))).toMatchObject({
      ok: false,
      failure: { kind: "cli_missing", code: "ENOENT" },
    });
  });
});

describe("an executable", () => {
  test("is found by its name, through links", async () => {
    const bin = join(world.folder, "bin");
    await mkdir(bin);
    await symlink(FAKE_CLAUDE, join(bin, "claude"));
    expect(await findExecutable("claude", `/no/such/folder:${bin}`)).toMatchObject({
      ok: true,
      path: FAKE_CLAUDE,
    });
  });

  test("is not taken to be in a folder that cannot be looked into", async () => {
    const loop = join(world.folder, "loop");
    await symlink(loop, loop);
    expect(await findExecutable("claude", loop)).toMatchObject({
      ok: false,
      failure: { kind: "cli_missing", file: "claude", code: "ENOENT" },
    });
  });

  test.each([
    ["is missing", "no-such-claude", "ENOENT"],
    ["is a folder", ".", "EISDIR"],
    ["may not be run", "claude", "EACCES"],
  ])("that %s is told with its reason", async (_, name, code) => {
    const file = join(world.folder, "claude");
    await writeFile(file, "#!/bin/sh\n");
    await chmod(file, 0o600);
    const found = await findExecutable(join(world.folder, name));
    expect(found).toMatchObject({ ok: false, failure: { kind: "cli_missing", code } });
  });
});
