import { describe, expect, test } from "vitest";
import { buildArguments, buildEnvironment } from "../../bot/claude/args.ts";
import { FEATURES, turnArguments } from "./harness.ts";

const ID = "11111111-1111-4111-8111-111111111111";
const args = (given: Parameters<typeof turnArguments>[0] = {}, features = FEATURES) =>
  buildArguments(turnArguments({ claudeSessionId: ID, ...given }), features);

function settingsOf(list: readonly string[]): Record<string, unknown> {
  return JSON.parse(list.find((arg) => arg.startsWith("--settings="))?.slice("--settings=".length) ?? "{}");
}

describe("the arguments", () => {
  test("of every turn speak JSON both ways and acknowledge messages", () => {
    expect(args()).toEqual(
      expect.arrayContaining([
        "-p",
        "--output-format=stream-json",
        "--verbose",
        "--include-partial-messages",
        "--input-format=stream-json",
        "--replay-user-messages",
      ]),
    );
  });

  test.each([
    [false, `--session-id=${ID}`],
    [true, `--resume=${ID}`],
  ])("name the conversation; resumed: %s", (resume, expected) => {
    expect(args({ resume }).filter((arg) => arg.includes(ID))).toEqual([expected]);
  });

  test("of a fork name what it is a copy of, where it ends, and its own id", () => {
    const AT = "22222222-1111-4111-8111-111111111111";
    const fork = { transcript: "/s/fork.jsonl", at: AT };
    const about = (given: string[]) => given.filter((arg) => /resume|fork|session-id/.test(arg));
    const whole = ["--resume=/s/fork.jsonl", "--fork-session", `--session-id=${ID}`];
    expect(about(args({ fork, resume: true }))).toEqual([...whole, `--resume-session-at=${AT}`]);
    expect(about(args({ fork: { transcript: fork.transcript } }))).toEqual(whole);
    // The copy ends there anyway.
    expect(about(args({ fork }, { ...FEATURES, resumeSessionAt: false }))).toEqual(whole);
  });

  test("keep transcripts for years on every turn, whatever settings are given", () => {
    const settings = settingsOf(args({ settings: { cleanupPeriodDays: 1, includeCoAuthoredBy: false } }));
    expect(settings).toMatchObject({ cleanupPeriodDays: 3650, includeCoAuthoredBy: false });
  });

  test("refuse what the machine's other sessions say, whatever settings are given", () => {
    const settings = settingsOf(args({ settings: { crossSessionInbound: "accept" } }));
    expect(settings).toMatchObject({ crossSessionInbound: "refuse" });
  });

  test("say where notes are kept, if that is said to them", () => {
    expect(settingsOf(args({ memoryDir: "/s/memory" }))).toMatchObject({ autoMemoryDirectory: "/s/memory" });
    expect(settingsOf(args())).not.toHaveProperty("autoMemoryDirectory");
  });

  test("carry allow rules whole, with their commas and spaces", () => {
    const allowedTools = ["Bash(git log --format=%h,%s)", "Read"];
    expect(settingsOf(args({ allowedTools }))).toMatchObject({ permissions: { allow: allowedTools } });
    expect(args({ allowedTools }).some((arg) => arg.startsWith("--allowedTools"))).toBe(false);
  });

  test("refuse the tools that promise what ends with the process", () => {
    expect(args({ disallowedTools: ["WebFetch"] })).toContain(
      "--disallowedTools=CronCreate,CronDelete,CronList,ScheduleWakeup,EnterWorktree,ExitWorktree,WebFetch",
    );
  });

  test("leave out what this CLI does not know", () => {
    const old = { ...FEATURES, effort: false, tools: false, settingSources: false, strictMcpConfig: false };
    const given = args({ effort: "high", tools: ["Bash"] }, old);
    expect(given.filter((arg) => /effort|--tools|setting-sources|strict/.test(arg))).toEqual([]);
  });

  test("let the persona of this turn count, where a CLI would keep the first", () => {
    const newer = { ...FEATURES, systemPromptSnapshot: true };
    expect(args({ systemPromptFile: "/p.md" }, newer)).toEqual(
      expect.arrayContaining(["--system-prompt-snapshot=off", "--append-system-prompt-file=/p.md"]),
    );
    expect(args().some((arg) => arg.includes("snapshot"))).toBe(false);
  });

  test("run nothing out of a folder that is not trusted", () => {
    expect(args({ trustProject: false })).toEqual(
      expect.arrayContaining(["--setting-sources=user", "--strict-mcp-config"]),
    );
    expect(args({ trustProject: true }).filter((arg) => /setting-sources|strict/.test(arg))).toEqual([]);
  });

  test("name the MCP servers that we are, with or without those of a project", () => {
    const config = (given: string[]) => given.find((arg) => arg.startsWith("--mcp-config="))?.slice(13);
    for (const trustProject of [true, false])
      expect(JSON.parse(config(args({ trustProject, mcpServers: ["parley"] })) ?? "")).toEqual({
        mcpServers: { parley: { type: "sdk", name: "parley" } },
      });
    expect(config(args())).toBeUndefined();
  });

  test("ask about tools only where someone can answer", () => {
    expect(args({ askPermission: true })).toContain("--permission-prompt-tool=stdio");
    expect(args({ askPermission: false }).join(" ")).not.toContain("permission-prompt-tool");
  });

  test("let no value become a flag", () => {
    const evil = "--dangerously-skip-permissions";
    const given = args({
      model: evil,
      effort: evil,
      permissionMode: evil,
      tools: [evil],
      disallowedTools: [evil],
      allowedTools: [evil],
      addDirs: [evil],
      systemPromptFile: evil,
    });
    expect(given.filter((arg) => arg.startsWith(evil))).toEqual([]);
  });

  test("offer no tools at all where the list is empty", () => {
    expect(args({ tools: [] })).toContain("--tools=");
  });
});

describe("the environment", () => {
  const request = { marker: "turn-1", ceilingDirectories: ["/data/sessions"], extraNames: [] as string[] };

  test("is what is on the list and nothing else", () => {
    const env = buildEnvironment(
      {
        PATH: "/bin",
        HOME: "/home/me",
        LC_ALL: "C",
        XDG_CONFIG_HOME: "/x",
        ANTHROPIC_API_KEY: "key",
        https_proxy: "http://proxy",
        CLAUDE_CONFIG_DIR: "/c",
        SECRET: "s",
        AWS_SECRET_ACCESS_KEY: "s",
        CLAUDECODE: "1",
        CLAUDE_CODE_ENTRYPOINT: "cli",
        NODE_OPTIONS: "--require evil",
        LD_PRELOAD: "evil",
        UNSET: undefined,
      },
      request,
    );
    expect(env).toEqual({
      PATH: "/bin",
      HOME: "/home/me",
      LC_ALL: "C",
      XDG_CONFIG_HOME: "/x",
      ANTHROPIC_API_KEY: "key",
      https_proxy: "http://proxy",
      CLAUDE_CONFIG_DIR: "/c",
      DISABLE_AUTOUPDATER: "1",
      GIT_CEILING_DIRECTORIES: "/data/sessions",
      PARLEY_TURN: "turn-1",
    });
  });

  test("never holds anything of Telegram's, even if it is named", () => {
    const inherited = { TELEGRAM_BOT_TOKEN: "1:secret", TELEGRAM_API_ROOT: "x" };
    const env = buildEnvironment(inherited, { ...request, extraNames: ["TELEGRAM_BOT_TOKEN"] });
    expect(JSON.stringify(env)).not.toContain("TELEGRAM");
  });

  test("holds what the owner names beside the list", () => {
    expect(
      buildEnvironment({ IS_SANDBOX: "1" }, { ...request, extraNames: ["IS_SANDBOX"] })["IS_SANDBOX"],
    ).toBe("1");
  });

  test.each([
    ["CLAUDE_CODE_USE_BEDROCK", "AWS_REGION"],
    ["CLAUDE_CODE_USE_VERTEX", "GOOGLE_APPLICATION_CREDENTIALS"],
    ["CLAUDE_CODE_USE_VERTEX", "CLOUD_ML_REGION"],
  ])("holds a cloud's credentials only where %s says that it is used: %s", (use, name) => {
    expect(buildEnvironment({ [name]: "x" }, request)[name]).toBeUndefined();
    expect(buildEnvironment({ [name]: "x", [use]: "1" }, request)[name]).toBe("x");
  });

  test("lets the updater run where its owner says so", () => {
    expect(buildEnvironment({ DISABLE_AUTOUPDATER: "0" }, request)["DISABLE_AUTOUPDATER"]).toBe("0");
  });

  test("is not reached by a marker that was inherited", () => {
    expect(buildEnvironment({ PARLEY_TURN: "another" }, request)["PARLEY_TURN"]).toBe("turn-1");
  });
});
