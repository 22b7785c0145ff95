/**
 * What the service files say, read back: by systemd itself where the machine has
 * it, and by the rules of the formats everywhere.
 */
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { definitionFault, type ServiceDefinition } from "../../bot/service/definition.ts";
import { launchdPlist } from "../../bot/service/launchd-plist.ts";
import { supervisorFor } from "../../bot/service/supervisor.ts";
import { systemdUnit } from "../../bot/service/systemd-unit.ts";
import { tempFolder } from "../store/room.ts";

const PLAIN: ServiceDefinition = {
  name: "parley",
  folder: "/home/anna/parley",
  node: "/usr/bin/node",
  path: "/home/anna/.local/bin:/usr/bin",
  keepsTurns: false,
};

const linesOf = (service: ServiceDefinition): string[] =>
  systemdUnit(service)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

describe("the systemd unit", () => {
  it("says what a supervisor must know", () => {
    expect(linesOf(PLAIN)).toEqual([
      "[Unit]",
      "Description=Parley, Claude Code in Telegram (parley)",
      "StartLimitIntervalSec=0",
      "[Service]",
      "Type=notify",
      "NotifyAccess=all",
      "TimeoutStartSec=120",
      "WorkingDirectory=/home/anna/parley",
      `ExecStart="/usr/bin/node" bot/launch.cjs main`,
      `Environment="PATH=/home/anna/.local/bin:/usr/bin"`,
      "Restart=always",
      "RestartSec=5",
      "RestartPreventExitStatus=78",
      "WatchdogSec=300",
      "KillMode=mixed",
      "TimeoutStopSec=30",
      "OOMPolicy=continue",
      "NoNewPrivileges=yes",
      "RestrictRealtime=yes",
      "LimitCORE=0",
      "[Install]",
      "WantedBy=default.target",
    ]);
  });

  it("lets turns live through a restart where that is wished", () => {
    expect(linesOf({ ...PLAIN, keepsTurns: true })).toContain("KillMode=process");
    expect(linesOf({ ...PLAIN, keepsTurns: true })).not.toContain("KillMode=mixed");
  });

  it("keeps odd paths what they are", () => {
    const odd = {
      ...PLAIN,
      folder: "/srv/100% mine/a b",
      node: `/opt/no"de %h/bin/node`,
      path: "/a b:/c\\d:/%u",
    };
    expect(linesOf(odd)).toContain("WorkingDirectory=/srv/100%% mine/a b");
    expect(linesOf(odd)).toContain(String.raw`ExecStart="/opt/no\"de %%h/bin/node" bot/launch.cjs main`);
    expect(linesOf(odd)).toContain(String.raw`Environment="PATH=/a b:/c\\d:/%%u"`);
  });

  const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;

  it.runIf(hasAnalyze).each([
    ["plain", PLAIN],
    ["with odd paths", { ...PLAIN, folder: "100% mine/a b", path: "/a b:/%u" }],
    ["keeping turns", { ...PLAIN, keepsTurns: true }],
  ])("is one that systemd takes without a word: %s", async (_, service) => {
    const root = await tempFolder();
    const folder = join(root, service.folder);
    await mkdir(folder, { recursive: true });
    const file = join(root, "parley.service");
    await writeFile(file, systemdUnit({ ...service, folder, node: process.execPath }));
    const env = { ...process.env, XDG_RUNTIME_DIR: root };
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["--user", "verify", file], {
      env,
      encoding: "utf8",
    });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
  });

  it.runIf(hasAnalyze)("is hardened as systemd sees it", async () => {
    const file = join(await tempFolder(), "parley.service");
    await writeFile(file, systemdUnit({ ...PLAIN, folder: "/", node: process.execPath }));
    const { stdout } = spawnSync(
      "systemd-analyze",
      ["security", "--offline=true", "--json=short", "--no-pager", file],
      { encoding: "utf8" },
    );
    const found = JSON.parse(stdout) as { name: string; set: boolean | null }[];
    const isSet = (name: string) => found.find((each) => each.name === name)?.set;
    expect(isSet("NoNewPrivileges=")).toBe(true);
    expect(isSet("RestrictRealtime=")).toBe(true);
  });
});

describe("the launchd agent", () => {
  it("has every path as text, whatever signs are in it", () => {
    const odd = { ...PLAIN, folder: "/Users/a&b/<x>", path: "/a:/b" };
    const text = launchdPlist(odd, "/Users/a&b/Library/Logs/dev.parley.parley.log");
    expect(text).toContain("<string>/Users/a&amp;b/&lt;x&gt;</string>");
    expect(text).toContain("<string>dev.parley.parley</string>");
    // Not one & that begins nothing, and no -- in the comment.
    expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/);
    expect(/<!--(.*?)-->/.exec(text)?.[1]).not.toContain("--");
  });

  const python = (script: string, input: string) =>
    spawnSync("python3", ["-c", script], { input, encoding: "utf8" });

  it.runIf(spawnSync("python3", ["--version"]).status === 0)("is a property list", () => {
    const { stdout, stderr } = python(
      "import plistlib, sys, json\nprint(json.dumps(plistlib.loads(sys.stdin.buffer.read())))",
      launchdPlist({ ...PLAIN, folder: "/a & b" }, "/log"),
    );
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      Label: "dev.parley.parley",
      ProgramArguments: ["/usr/bin/node", "bot/launch.cjs", "main"],
      WorkingDirectory: "/a & b",
      EnvironmentVariables: { PATH: PLAIN.path },
      KeepAlive: true,
      RunAtLoad: true,
    });
  });
});

describe("a definition", () => {
  it("of which no file can be made is refused", () => {
    expect(definitionFault(PLAIN)).toBeUndefined();
    for (const name of ["", "Parley", "a b", "../x", "a\nb", "-a", "a".repeat(40), "a.b"])
      expect(definitionFault({ ...PLAIN, name })).toMatch(/^The name must be/);
    for (const change of [{ folder: "/a\nExecStartPre=/bin/evil" }, { path: "/a\u0000" }, { node: "/a\tb" }])
      expect(definitionFault({ ...PLAIN, ...change })).toMatch(/control character/);
  });

  it("goes where its supervisor looks", () => {
    const home = { home: "/home/anna", configHome: undefined, uid: 1000 };
    expect(supervisorFor("linux", PLAIN, home)?.file).toBe("/home/anna/.config/systemd/user/parley.service");
    expect(supervisorFor("linux", PLAIN, { ...home, configHome: "/cfg" })?.file).toBe(
      "/cfg/systemd/user/parley.service",
    );
    const mac = supervisorFor("darwin", { ...PLAIN, name: "two" }, home);
    expect(mac?.file).toBe("/home/anna/Library/LaunchAgents/dev.parley.two.plist");
    expect(mac?.install.at(-1)?.words).toEqual(["launchctl", "bootstrap", "gui/1000", mac?.file]);
    expect(supervisorFor("win32", PLAIN, home)).toBeUndefined();
  });
});
