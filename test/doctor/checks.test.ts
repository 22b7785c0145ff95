/**
 * Each check against what it looks at: real files in temporary folders, real
 * processes. What asks Telegram is in telegram-checks.test.ts.
 */
import { spawn } from "node:child_process";
import { chmod, mkdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseAuth } from "../../bot/claude/auth.ts";
import { claudeCheck } from "../../bot/doctor/checks/claude.ts";
import { diskCheck } from "../../bot/doctor/checks/disk.ts";
import { envFileCheck } from "../../bot/doctor/checks/env-file.ts";
import { foldersCheck } from "../../bot/doctor/checks/folders.ts";
import { leftoversCheck } from "../../bot/doctor/checks/leftovers.ts";
import { loginCheck } from "../../bot/doctor/checks/login.ts";
import { nodeCheck, OLDEST_NODE } from "../../bot/doctor/checks/node.ts";
import { personasCheck } from "../../bot/doctor/checks/personas.ts";
import { pluginCheck } from "../../bot/doctor/checks/plugin.ts";
import { runningCheck } from "../../bot/doctor/checks/running.ts";
import { settingsCheck } from "../../bot/doctor/checks/settings.ts";
import { transcriptsCheck } from "../../bot/doctor/checks/transcripts.ts";
import { voiceCheck } from "../../bot/doctor/checks/voice.ts";
import { workspacesCheck } from "../../bot/doctor/checks/workspaces.ts";
import type { Verdict } from "../../bot/doctor/finding.ts";
import { readUserSettings } from "../../bot/doctor/user-settings.ts";
import { lockHolder } from "../../bot/store/lock-holder.ts";
import { takeLock } from "../../bot/store/lock.ts";
import { createPersonas } from "../../bot/store/personas.ts";
import { repoRoot } from "../harness/folders.ts";
import { tempFolder, tempPaths } from "../store/room.ts";

/** A verdict that is not all well says how to mend it. */
function faultOf(verdict: Verdict | undefined): string {
  expect(verdict?.state).not.toBe("ok");
  expect(verdict?.mend ?? "").not.toBe("");
  return `${verdict?.state}: ${verdict?.says}`;
}

describe("Node", () => {
  it("is asked for as package.json asks for it", async () => {
    const { engines } = JSON.parse(await readFile(join(repoRoot, "package.json"), "utf8")) as {
      engines: { node: string };
    };
    expect(engines.node).toBe(`>=${OLDEST_NODE.join(".")}`);
  });

  it.each(["20.12.0", "20.20.2", "22.0.0", "100.1.0"])("%s will do", async (version) => {
    expect(await nodeCheck({ version }).look()).toMatchObject({ state: "ok" });
  });

  it.each(["18.20.4", "20.11.1", "9.9.9"])("%s is too old", async (version) => {
    expect(faultOf(await nodeCheck({ version }).look())).toMatch(/^bad: .+ is too old/);
  });
});

describe("settings", () => {
  it("that are wrong are all named, with the file where they stand", async () => {
    const verdict = await settingsCheck({
      faults: ["A must be x.", "B must be y."],
      envFile: "/srv/parley/.env",
    }).look();
    expect(faultOf(verdict)).toBe("bad: the bot does not start: A must be x. B must be y.");
    expect(verdict?.mend).toContain("/srv/parley/.env");
  });
});

describe(".env", () => {
  it("is its owner's alone", async () => {
    const envFile = join(await tempFolder(), ".env");
    expect(await envFileCheck({ envFile }).look()).toMatchObject({ state: "ok" });
    await writeFile(envFile, "", { mode: 0o600 });
    expect(await envFileCheck({ envFile }).look()).toMatchObject({ state: "ok" });
    for (const mode of [0o640, 0o604, 0o666]) {
      await chmod(envFile, mode);
      expect(faultOf(await envFileCheck({ envFile }).look())).toContain(`(mode 0${mode.toString(8)})`);
    }
  });

  it("that is a folder is told of", async () => {
    expect(faultOf(await envFileCheck({ envFile: await tempFolder() }).look())).toMatch(
      /^bad: .+ is not a file/,
    );
  });
});

describe("the bot", () => {
  async function look(heardAgoMs?: number) {
    const lockPath = join(await tempFolder(), ".lock");
    const now = new Date("2026-01-01T00:00:00Z");
    if (heardAgoMs !== undefined) {
      const lock = await takeLock(lockPath);
      if (lock.ok) onTestFinished(() => lock.release());
      await utimes(lockPath, now, new Date(now.getTime() - heardAgoMs));
    }
    const holder = () => lockHolder(lockPath);
    return runningCheck({ lockPath, holder, telegram: undefined, now: () => now }).look();
  }

  it("that does not run is no fault", async () => {
    expect(await look()).toMatchObject({ state: "ok", says: expect.stringContaining("does not run") });
  });

  it("that runs says when it last heard from Telegram", async () => {
    const says = `it runs (process ${process.pid}) and heard from Telegram 5 s ago.`;
    expect(await look(5_000)).toEqual({ state: "ok", says });
  });

  it("that went deaf is told of, the longer the worse", async () => {
    expect(faultOf(await look(200_000))).toMatch(/^warn: .+last heard from Telegram 3 min ago/);
    expect(faultOf(await look(3_600_000))).toMatch(/^bad: .+last heard from Telegram 60 min ago/);
  });
});

describe("Claude Code", () => {
  const features = {
    systemPromptSnapshot: true,
    effort: true,
    tools: true,
    settingSources: true,
    strictMcpConfig: true,
    forkSession: true,
    resumeSessionAt: true,
  };
  const asked = (probed: Awaited<ReturnType<Parameters<typeof claudeCheck>[0]["probe"]>>) =>
    claudeCheck({ probe: async () => probed }).look();

  it("that takes every flag is fine, and what it does not know is named", async () => {
    const base = { path: "/usr/bin/claude", version: "2.1.9", ...features };
    expect(await asked({ ok: true, features: base })).toEqual({
      state: "ok",
      says: "2.1.9 at /usr/bin/claude takes every flag that a turn needs.",
    });
    const old = await asked({ ok: true, features: { ...base, effort: false, forkSession: false } });
    expect(old).toMatchObject({
      state: "ok",
      says: expect.stringContaining("it has no `--effort` and `--fork-session`, so turns go without"),
    });
  });

  it("that is not there, cannot run, or refuses a flag is bad, each in its own words", async () => {
    const absent = await asked({
      ok: false,
      failure: { kind: "cli_missing", file: "claude", code: "ENOENT" },
    });
    expect(faultOf(absent)).toBe("bad: `claude` is not on the PATH.");
    const broken = await asked({ ok: false, failure: { kind: "cli_missing", file: "/x", code: "EACCES" } });
    expect(faultOf(broken)).toBe("bad: `/x` is there, but cannot be run (EACCES).");
    const refused = await asked({
      ok: false,
      failure: { kind: "cli_refused", message: "error: unknown option\nmore" },
    });
    expect(faultOf(refused)).toBe("bad: it refuses a flag that every turn needs: error: unknown option");
  });
});

describe("the login", () => {
  /** What `claude auth status` of 2.1.197 and 2.1.329 printed. */
  const none = `{"loggedIn": false, "authMethod": "none", "apiProvider": "firstParty"}`;
  const subscription = `{"loggedIn": true, "authMethod": "claude.ai", "apiProvider": "firstParty", "email": null, "subscriptionType": "max"}`;
  const key = `{"loggedIn": true, "authMethod": "api_key", "apiProvider": "firstParty", "apiKeySource": "ANTHROPIC_API_KEY"}`;
  const oldKey = `{"loggedIn": true, "authMethod": "claude.ai", "apiProvider": "firstParty", "apiKeySource": "ANTHROPIC_API_KEY", "subscriptionType": null}`;
  const token = `{"loggedIn": true, "authMethod": "oauth_token", "apiProvider": "firstParty"}`;
  const bedrock = `{"loggedIn": true, "authMethod": "third_party", "apiProvider": "bedrock"}`;

  const asked = (stdout: string, without = none) =>
    loginCheck({ askAuth: async (name) => parseAuth(name === undefined ? stdout : without) }).look();

  it.each([
    [subscription, "turns draw on the subscription (max)."],
    [key, "ANTHROPIC_API_KEY is set: each turn is paid per use."],
    [oldKey, "ANTHROPIC_API_KEY is set: each turn is paid per use."],
    [token, "logged in by oauth_token."],
    [bedrock, "turns are billed by bedrock."],
  ])("%s says who pays", async (stdout, says) => {
    expect(await asked(stdout)).toEqual({ state: "ok", says });
  });

  it("a key that keeps a subscription from being used is warned of", async () => {
    expect(faultOf(await asked(key, subscription))).toMatch(/^warn: ANTHROPIC_API_KEY is set.+is not used/);
  });

  it("that is missing is bad, and what cannot be read is no login", async () => {
    expect(faultOf(await asked(none))).toMatch(/^bad: Claude Code is not logged in/);
    expect(faultOf(await asked("error: unknown command 'auth'"))).toMatch(/^warn: Claude Code did not say/);
    expect(faultOf(await asked("[]"))).toMatch(/^warn: Claude Code did not say/);
  });

  it("is not asked for where there is no Claude Code", async () => {
    expect(await loginCheck({ askAuth: async () => undefined }).look()).toBeUndefined();
  });
});

describe("Claude Code's user settings", () => {
  async function given(text?: string) {
    const folder = await tempFolder();
    if (text !== undefined) await writeFile(join(folder, "settings.json"), text);
    const settings = () => readUserSettings(folder);
    return {
      plugin: await pluginCheck({ settings }).look(),
      kept: await transcriptsCheck({ settings }).look(),
    };
  }

  it("with the Telegram plugin on are warned of, off they are fine", async () => {
    const on = await given(`{"enabledPlugins": {"telegram@claude-plugins-official": true}}`);
    expect(faultOf(on.plugin)).toMatch(/^warn: .+takes messages away/);
    for (const text of [
      `{"enabledPlugins": {"telegram@claude-plugins-official": false, "x@y": true}}`,
      `{"enabledPlugins": 7}`,
      undefined,
    ])
      expect((await given(text)).plugin).toMatchObject({ state: "ok" });
    expect(faultOf((await given("{")).plugin)).toMatch(/is not JSON/);
  });

  it("that let transcripts be deleted soon are warned of, with the file to change", async () => {
    for (const [text, days] of [
      [undefined, 30],
      ["{}", 30],
      [`{"cleanupPeriodDays": 7}`, 7],
      ["{", 30],
    ] as const) {
      const { kept } = await given(text);
      expect(faultOf(kept)).toContain(`idle for ${days} days`);
      expect(kept?.mend).toContain("settings.json");
    }
    expect((await given(`{"cleanupPeriodDays": 3650}`)).kept).toMatchObject({ state: "ok" });
  });
});

describe("the folders", () => {
  async function house() {
    const root = await tempFolder();
    const folders = { sessions: join(root, "s"), archive: join(root, "a"), personas: join(root, "p") };
    for (const path of Object.values(folders)) await mkdir(path, { mode: 0o700 });
    return folders;
  }

  it("that are ours alone are fine, and so are those that a start will make", async () => {
    const folders = await house();
    expect(await foldersCheck({ folders }).look()).toMatchObject({ state: "ok" });
    const later = { ...folders, sessions: join(folders.sessions, "later") };
    expect(await foldersCheck({ folders: later }).look()).toMatchObject({ state: "ok" });
  });

  it("that others can look into are warned of", async () => {
    const folders = await house();
    await chmod(folders.archive, 0o755);
    // As a fresh clone has them: the start closes them before anything is in them.
    await writeFile(join(folders.archive, "README.md"), "");
    expect(await foldersCheck({ folders }).look()).toMatchObject({ state: "ok" });
    await writeFile(join(folders.archive, "home-12345678.json"), "");
    expect(faultOf(await foldersCheck({ folders }).look())).toMatch(/^warn: others .+\/a \(mode 0755\)/);
  });

  it("that cannot be made, are no folders or hold no personas are bad", async () => {
    const folders = await house();
    await writeFile(join(folders.sessions, "file"), "");
    for (const [change, words] of [
      [{ sessions: join(folders.sessions, "file") }, "is not a folder"],
      [{ sessions: "/proc/nowhere/sessions" }, "cannot be made"],
      [{ personas: join(folders.personas, "gone") }, "cannot be read"],
    ] as const)
      expect(faultOf(await foldersCheck({ folders: { ...folders, ...change } }).look())).toMatch(
        new RegExp(`^bad: .+${words}`),
      );
  });

  it("that cannot be written are bad, for root too", async () => {
    // A folder that takes files from nobody.
    const closed = "/proc/sys";
    const folders = { ...(await house()), sessions: closed };
    expect(faultOf(await foldersCheck({ folders }).look())).toMatch(/^bad: .+cannot be written/);
    expect(faultOf(await workspacesCheck({ roots: [closed] }).look())).toMatch(/^warn: .+cannot be written/);
  });

  it("for workspaces are named", async () => {
    expect(await workspacesCheck({ roots: [] }).look()).toMatchObject({ state: "ok" });
    const { sessions, archive } = await house();
    const verdict = await workspacesCheck({ roots: [sessions, archive] }).look();
    expect(verdict).toEqual({ state: "ok", says: `sessions may work in ${sessions} and ${archive}.` });
  });
});

describe("the disk", () => {
  const look = (free: Record<string, number>) =>
    diskCheck({
      paths: Object.keys(free),
      floorBytes: 50e6,
      freeBytes: async (path) => free[path],
    }).look();

  it("is measured where there is least room", async () => {
    expect(await look({ "/a": 80e9, "/b": 5e9 })).toEqual({ state: "ok", says: "5.0 GB are free." });
    expect(faultOf(await look({ "/a": 80e9, "/b": 1.5e9 }))).toMatch(/^warn: 1.5 GB are free for \/b/);
    expect(faultOf(await look({ "/a": 100e6 }))).toMatch(/^bad: 100 MB are free .+ will soon wait/);
    // What the bot itself goes by.
    expect(faultOf(await look({ "/a": 40e6 }))).toMatch(/^bad: 40 MB .+ MIN_FREE_DISK_MB: no turn begins/);
  });

  it("is found for a folder that is not there yet", async () => {
    const path = join(await tempFolder(), "not", "yet");
    expect((await diskCheck({ paths: [path], floorBytes: 0 }).look())?.says).toMatch(/are free/);
  });
});

describe("the personas", () => {
  async function look(files: Record<string, string>, defaultPersona = "default") {
    const folder = await tempFolder();
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return personasCheck({ list: () => createPersonas({ folder }).list(), defaultPersona }).look();
  }

  it("that can all be used are counted", async () => {
    expect(await look({ "default.md": "You help." })).toMatchObject({ state: "ok" });
  });

  it("that cannot be used are named; worst is the one of new sessions", async () => {
    expect(faultOf(await look({ "default.md": "You help.", "odd.md": "" }))).toBe(
      "warn: odd cannot be used.",
    );
    expect(faultOf(await look({ "default.md": "" }))).toMatch(/^bad: the persona of new sessions, default,/);
    expect(faultOf(await look({ "default.md": "You help." }, "gone"))).toMatch(/^bad: .+gone/);
  });
});

describe("voice", () => {
  it("is heard by a program that is there", async () => {
    const find = async (program: string) => (program === "hear" ? "/usr/bin/hear" : undefined);
    expect(await voiceCheck({ command: [], find }).look()).toMatchObject({ state: "ok" });
    expect(await voiceCheck({ command: ["hear", "{file}"], find }).look()).toEqual({
      state: "ok",
      says: "/usr/bin/hear hears voice messages.",
    });
    expect(faultOf(await voiceCheck({ command: ["deaf"], find }).look())).toMatch(/^bad: .+`deaf`/);
  });
});

describe("leftovers", () => {
  it("are processes of turns that are over, in sessions of ours", async () => {
    const paths = await tempPaths();
    const folder = "home-0a1b2c3d";
    for (const id of [1, 2]) await mkdir(paths.turn(folder, id).root, { recursive: true });
    await writeFile(paths.session(folder).file, "{}");
    await writeFile(paths.turn(folder, 1).receipt, "{}");
    const look = (...marked: { marker: string; pid: number }[]) =>
      leftoversCheck({ paths, marked: async () => marked }).look();

    expect(await look()).toMatchObject({ state: "ok" });
    expect(await look({ marker: `${folder}/2`, pid: 20 })).toMatchObject({ state: "ok" });
    for (const marker of ["other-0a1b2c3d/1", "../x/1", `${folder}/x`, ""])
      expect(await look({ marker, pid: 30 })).toMatchObject({
        state: "ok",
        says: "nothing runs of turns that are over.",
      });
    const verdict = await look({ marker: `${folder}/1`, pid: 10 }, { marker: `${folder}/1`, pid: 11 });
    expect(faultOf(verdict)).toBe("warn: 2 processes run on of turns that are over (10, 11).");
    expect(verdict?.mend).toContain("`kill 10 11`");
  });
});

describe("the holder of a lock", () => {
  it("is the process that has it, and nobody once that one let go", async () => {
    const path = join(await tempFolder(), ".lock");
    expect(await lockHolder(path)).toBeUndefined();
    const lock = await takeLock(path);
    expect(await lockHolder(path)).toBe(process.pid);
    if (lock.ok) await lock.release();
    expect(await lockHolder(path)).toBeUndefined();
  });

  it("is not another process that has its number by now, and a link to the folder finds it", async () => {
    const folder = await tempFolder();
    const path = join(folder, ".lock");
    const other = spawn("sleep", ["60"]);
    onTestFinished(() => void other.kill());
    await writeFile(path, `${other.pid}\n`);
    expect(await lockHolder(path)).toBeUndefined();
    const lock = await takeLock(path);
    if (lock.ok) onTestFinished(() => lock.release());
    await symlink(folder, `${folder}-link`);
    expect(await lockHolder(join(`${folder}-link`, ".lock"))).toBe(process.pid);
  });
});
