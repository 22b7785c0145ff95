/**
 * `npm run service` as a program, with programs of ours in the place of systemctl
 * and its kin that write down what they were asked.
 */
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runProgram } from "../harness/run-program.ts";
import { tempFolder } from "../store/room.ts";

const isLinux = process.platform === "linux";

async function machine(systemctl = "exit 0") {
  const root = await tempFolder();
  const [home, cwd, bin] = [join(root, "home"), join(root, "a b 100%"), join(root, "bin")];
  for (const folder of [home, cwd, bin]) await mkdir(folder);
  const log = join(root, "log");
  await writeFile(log, "");
  for (const [name, body] of [
    ["systemctl", systemctl],
    ["journalctl", "echo a line"],
    ["loginctl", "echo no"],
  ] as const) {
    await writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >> ${log}\n${body}\n`);
    await chmod(join(bin, name), 0o700);
  }
  await writeFile(join(cwd, ".env"), "TELEGRAM_BOT_TOKEN=42:abcdefgh\nALLOWED_USER_IDS=7\n", { mode: 0o600 });
  const unit = join(home, ".config/systemd/user/parley.service");
  const service = async (...args: string[]) => {
    await writeFile(log, "");
    const end = await runProgram("service", { cwd, args, env: { HOME: home }, pathFirst: bin });
    return { ...end, asked: (await readFile(log, "utf8")).split("\n").filter((line) => line !== "") };
  };
  return { root, cwd, unit, service };
}

describe.runIf(isLinux)("the service", () => {
  it("is shown, written, started; once more changes nothing; it goes away without a trace", async () => {
    const { cwd, unit, service } = await machine();
    const first = await service("install", "--yes");
    expect([first.code, first.stderr]).toEqual([0, ""]);
    const text = await readFile(unit, "utf8");
    expect(first.stdout).toContain(`This will be written to ${unit}:\n\n${text}`);
    expect(text).toContain(`WorkingDirectory=${cwd.replaceAll("%", "%%")}\n`);
    expect(text).not.toContain("42:abcdefgh");
    expect((await stat(unit)).mode & 0o077).toBe(0);
    const restart = ["daemon-reload", "enable parley.service", "restart parley.service"];
    expect(first.asked.slice(0, 3)).toEqual(restart.map((words) => `systemctl --user ${words}`));
    expect(first.stdout).toContain("until you run `loginctl enable-linger`");

    const again = await service("install");
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/is as it should be/);
    const changed = await service("install", "--keep-turns");
    expect([changed.code, changed.asked]).toEqual([64, []]);
    expect(changed.stdout).toMatch(/^This will replace [^]+--yes agrees. Nothing was changed.$/);
    expect(await readFile(unit, "utf8")).toBe(text);

    const removed = await service("uninstall", "--yes");
    expect(removed.code).toBe(0);
    expect(removed.asked).toEqual([
      "systemctl --user disable --now parley.service",
      "systemctl --user daemon-reload",
    ]);
    await expect(stat(unit)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is not written where nobody agrees, nor where the bot would not start", async () => {
    const { cwd, unit, service } = await machine();
    expect((await service("install")).code).toBe(64);
    await writeFile(join(cwd, ".env"), "");
    const empty = await service("install", "--yes");
    expect([empty.code, empty.asked]).toEqual([1, []]);
    expect(empty.stderr).toMatch(
      /^The bot would not start: TELEGRAM_BOT_TOKEN must be .+ `npm run setup` comes first\.$/,
    );
    await expect(stat(unit)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("that systemd does not take says what to look at", async () => {
    const { service } = await machine("echo Failed to connect to bus >&2; exit 1");
    const { code, stdout, stderr } = await service("install", "--yes");
    expect(code).toBe(1);
    expect(stderr).toContain("Failed to connect to bus");
    expect(stdout).toMatch(/`systemctl --user daemon-reload` failed\. If it speaks of a bus/);
  });

  it("shows its state and its log through the supervisor's own commands", async () => {
    const { service } = await machine("exit 3");
    const status = await service("status", "--name", "two");
    expect(status.code).toBe(3);
    expect(status.asked).toEqual(["systemctl --user status --no-pager --lines=5 two.service"]);
    const logs = await service("logs");
    expect([logs.code, logs.stdout]).toEqual([0, "a line"]);
    expect(logs.asked).toEqual([
      "journalctl --user --unit parley.service --lines=200 --output=cat --no-pager",
    ]);
  });

  it("names what only this shell knows, and refuses what it does not know", async () => {
    const { cwd, root } = await machine();
    const env = { HOME: root, ANTHROPIC_API_KEY: "secret-key", MAX_TURNS: "3" };
    const { stdout } = await runProgram("service", { cwd, args: ["install"], env });
    expect(stdout).toContain(
      "! Set in this shell, but not in .env, so the service will not have it: ANTHROPIC_API_KEY, MAX_TURNS.",
    );
    expect(stdout).not.toContain("secret-key");
    for (const args of [[], ["start"], ["install", "now"], ["install", "--force"]])
      expect((await runProgram("service", { cwd, args, env })).code).toBe(64);
    expect(await runProgram("service", { cwd, args: ["--help"], env })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^npm run service -- install/) as string,
    });
    const named = await runProgram("service", { cwd, args: ["install", "--name=../x"], env });
    expect([named.code, named.stderr]).toEqual([64, expect.stringMatching(/^The name must be/)]);
  });
});
