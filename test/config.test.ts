import { spawnSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Config, parseConfig } from "../bot/config.ts";
import { tempFolder } from "./store/room.ts";

const TOKEN = "4242424242:AAFakeTokenForTheTestsOnly00000000000";
const GOOD = { TELEGRAM_BOT_TOKEN: TOKEN, ALLOWED_USER_IDS: "7" };
const ROOT = resolve(import.meta.dirname, "..");

function configOf(env: Record<string, string | undefined> = {}): Config {
  const result = parseConfig({ ...GOOD, ...env });
  if (!result.ok) throw new Error(result.sentence);
  return result.config;
}

const refusal = (env: Record<string, string | undefined>): string => {
  const result = parseConfig({ ...GOOD, ...env });
  return result.ok ? "it was accepted" : result.sentence;
};

describe("settings", () => {
  it("have a default but for the token and the people", () => {
    const { inherited: _, ...config } = configOf();
    expect(config).toEqual({
      TELEGRAM_BOT_TOKEN: TOKEN,
      ALLOWED_USER_IDS: [7],
      ALLOWED_CHAT_IDS: [],
      TELEGRAM_API_ROOT: "https://api.telegram.org",
      CLAUDE_BIN: "claude",
      CLAUDE_ENV: [],
      SESSIONS_DIR: join(ROOT, "sessions"),
      ARCHIVE_DIR: join(ROOT, "sessions_archive"),
      PERSONAS_DIR: join(ROOT, "personas"),
      WORKSPACE_ROOTS: [],
      DEFAULT_PERSONA: "default",
      PERMISSION_MODE: "default",
      MAX_TURNS: 4,
      STANDBY_MAX: 2,
      STANDBY_MIN_FREE_MB: 1024,
      STANDBY_IDLE: 600_000,
      IDLE_AFTER: 7_200_000,
      START_TIMEOUT: 60_000,
      SILENCE_TIMEOUT: 300_000,
      TOOL_TIMEOUT: 900_000,
      TURN_TIMEOUT: 3_600_000,
      TRANSCRIBE_CMD: [],
      FOOTER: "auto",
      DAILY_BUDGET_USD: undefined,
      SNAPSHOTS: "auto",
      RICH: "off",
      ASK_TIMEOUT: 900_000,
      STALE_AFTER: 21_600_000,
      MIN_FREE_DISK_MB: 200,
      AUTO_ARCHIVE_AFTER: 0,
      HEALTH_PORT: 0,
      HEALTH_HOST: "127.0.0.1",
      STREAM: "edits",
      LOG_LEVEL: "info",
      PARLEY_KILL_AT: "",
    });
  });

  it("that are empty, or blanks, count as not given", () => {
    const names = Object.keys(configOf()).filter((name) => name !== "inherited" && !(name in GOOD));
    for (const empty of ["", "  \t"])
      expect(configOf(Object.fromEntries(names.map((name) => [name, empty])))).toMatchObject({
        ...configOf(),
        inherited: expect.anything() as unknown,
      });
  });

  it.each<[string, string, unknown]>([
    ["ALLOWED_USER_IDS", " 7 , 8,,9 ", [7, 8, 9]],
    ["TRANSCRIBE_CMD", `hear  --as='a b' "c d"/e {file} ""`, ["hear", "--as=a b", "c d/e", "{file}", ""]],
    ["ALLOWED_CHAT_IDS", "-1001234567890,-5", [-1001234567890, -5]],
    ["TELEGRAM_API_ROOT", "http://127.0.0.1:8081//", "http://127.0.0.1:8081"],
    ["CLAUDE_ENV", "ANTHROPIC_API_KEY, _x", ["ANTHROPIC_API_KEY", "_x"]],
    ["SESSIONS_DIR", "data/sessions", join(ROOT, "data", "sessions")],
    ["ARCHIVE_DIR", "/srv/archive/", "/srv/archive"],
    ["MAX_TURNS", "64", 64],
    ["START_TIMEOUT", "90s", 90_000],
    ["TURN_TIMEOUT", "2h", 7_200_000],
    ["PERMISSION_MODE", "acceptEdits", "acceptEdits"],
    ["LOG_LEVEL", "silent", "silent"],
  ])("%s may be %s", (name, value, expected) => {
    expect(configOf({ [name]: value })).toMatchObject({ [name]: expected });
  });

  it("name the real path of a workspace", async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, "real"));
    await symlink(join(folder, "real"), join(folder, "link"));
    expect(configOf({ WORKSPACE_ROOTS: `${folder}/link, /` }).WORKSPACE_ROOTS).toEqual([
      join(folder, "real"),
      "/",
    ]);
  });

  it.each<[string, string | undefined, string]>([
    ["TELEGRAM_BOT_TOKEN", undefined, "@BotFather"],
    ["TELEGRAM_BOT_TOKEN", " ", "@BotFather"],
    ["TELEGRAM_BOT_TOKEN", "hello", "@BotFather"],
    ["TELEGRAM_BOT_TOKEN", `bot${TOKEN}`, "@BotFather"],
    ["ALLOWED_USER_IDS", undefined, "numeric user ids"],
    ["ALLOWED_USER_IDS", ",", "at least one"],
    ["ALLOWED_USER_IDS", "@anna", "no names"],
    ["ALLOWED_USER_IDS", "*", "no names, no *"],
    ["ALLOWED_USER_IDS", "7,anna", "numeric user ids"],
    ["ALLOWED_USER_IDS", "0", "numeric user ids"],
    ["ALLOWED_USER_IDS", "-7", "numeric user ids"],
    ["ALLOWED_USER_IDS", "7.5", "numeric user ids"],
    ["ALLOWED_USER_IDS", "1e3", "numeric user ids"],
    ["ALLOWED_USER_IDS", "0x7", "numeric user ids"],
    ["ALLOWED_USER_IDS", "99999999999999999999", "numeric user ids"],
    ["ALLOWED_USER_IDS", "7,1087968824", "numeric user ids"],
    ["ALLOWED_USER_IDS", "777000", "numeric user ids"],
    ["ALLOWED_USER_IDS", "136817688", "numeric user ids"],
    ["ALLOWED_CHAT_IDS", "100", "negative"],
    ["ALLOWED_CHAT_IDS", "-100,@group", "negative"],
    ["TELEGRAM_API_ROOT", "api.telegram.org", "http:// or https://"],
    ["TELEGRAM_API_ROOT", "ftp://x", "http:// or https://"],
    ["CLAUDE_ENV", "A B", "names of environment variables"],
    ["CLAUDE_ENV", "A=1", "names of environment variables"],
    ["CLAUDE_ENV", "TELEGRAM_BOT_TOKEN", "none of Telegram's"],
    ["WORKSPACE_ROOTS", "work", "absolute paths"],
    ["WORKSPACE_ROOTS", "/nowhere/at/all", "folders that exist"],
    ["WORKSPACE_ROOTS", import.meta.filename, "folders that exist"],
    ["WORKSPACE_ROOTS", `${import.meta.filename}/below`, "folders that exist"],
    ["SESSIONS_DIR", import.meta.filename, "a place where one can be made"],
    ["ARCHIVE_DIR", "/dev/null/below", "a place where one can be made"],
    ["ARCHIVE_DIR", "sessions", "does not lie in SESSIONS_DIR"],
    ["ARCHIVE_DIR", "sessions/old", "does not lie in SESSIONS_DIR"],
    ["PERSONAS_DIR", "package.json", "a place where one can be made"],
    ["DEFAULT_PERSONA", "default.md", "without .md"],
    ["DEFAULT_PERSONA", "../default", "the file name of a persona"],
    ["PERMISSION_MODE", "yolo", "one of default, acceptEdits"],
    ["MAX_TURNS", "0", "from 1 to 64"],
    ["MAX_TURNS", "65", "from 1 to 64"],
    ["MAX_TURNS", "2.5", "from 1 to 64"],
    ["MAX_TURNS", "many", "from 1 to 64"],
    ["MIN_FREE_DISK_MB", "-1", "megabytes"],
    ["MIN_FREE_DISK_MB", "1e3", "megabytes"],
    ["AUTO_ARCHIVE_AFTER", "1d", "two days or more"],
    ["HEALTH_PORT", "65536", "a port"],
    ["HEALTH_PORT", "http", "a port"],
    ["HEALTH_PORT", "0x50", "a port"],
    ["HEALTH_HOST", "example.com", "an IP address"],
    ["START_TIMEOUT", "0s", "90s, 15m, 2h or 30d"],
    ["SILENCE_TIMEOUT", "5", "90s, 15m, 2h or 30d"],
    ["TOOL_TIMEOUT", "-5m", "90s, 15m, 2h or 30d"],
    ["TURN_TIMEOUT", "1w", "90s, 15m, 2h or 30d"],
    ["LOG_LEVEL", "loud", "one of fatal, error"],
  ])("%s may not be %s", (name, value, allowed) => {
    const sentence = refusal({ [name]: value });
    const help = /^(TELEGRAM_BOT_TOKEN|ALLOWED_USER_IDS|WORKSPACE_ROOTS|PERMISSION_MODE)$/.test(name)
      ? "`npm run setup` asks for it"
      : "\\.env\\.example explains it";
    expect(sentence).toMatch(new RegExp(`^${name} must be .+\\. ${help}\\.$`));
    expect(sentence).toContain(allowed);
  });

  it("never say the token in a refusal", () => {
    expect(refusal({ TELEGRAM_BOT_TOKEN: `${TOKEN}!` })).not.toContain(TOKEN);
    expect(refusal({ LOG_LEVEL: "loud" })).not.toContain(TOKEN);
  });

  it("hand on the environment without the token", () => {
    const { inherited } = configOf({ PATH: "/bin", ANTHROPIC_API_KEY: "k" });
    expect(inherited).toMatchObject({ PATH: "/bin", ANTHROPIC_API_KEY: "k" });
    expect(inherited).not.toHaveProperty("TELEGRAM_BOT_TOKEN");
  });

  it("hand on the PATH without what npm put before it: our packages' claude is not the person's", () => {
    const npms = [
      join(ROOT, "node_modules/.bin"),
      join(ROOT, "../node_modules/.bin"),
      "/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin",
    ];
    const own = ["/home/anna/.local/bin", "/srv/other/node_modules/.bin", "/usr/bin"];
    expect(configOf({ PATH: [...npms, ...own].join(":") }).inherited).toEqual(
      expect.objectContaining({ PATH: own.join(":") }),
    );
  });
});

describe("reading them", () => {
  /** What `readConfig` makes of a working directory and an environment, in a process of its own. */
  function read(cwd: string, env: Record<string, string>) {
    const script = `
      import { readConfig } from ${JSON.stringify(join(ROOT, "bot/config.ts"))};
      const result = readConfig();
      console.log(JSON.stringify({ result, token: process.env.TELEGRAM_BOT_TOKEN ?? null }));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", script],
      { cwd, env: { PATH: process.env["PATH"], ...env }, encoding: "utf8" },
    );
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout) as { result: ReturnType<typeof parseConfig>; token: string | null };
  }

  it("takes .env where there is one, what is in the environment wins, and the token does not stay there", async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, ".env"), `TELEGRAM_BOT_TOKEN=${TOKEN}\nALLOWED_USER_IDS=8\nMAX_TURNS="2"\n`);
    const { result, token } = read(folder, { ALLOWED_USER_IDS: "9" });
    expect(token).toBeNull();
    expect(result).toMatchObject({
      ok: true,
      config: { TELEGRAM_BOT_TOKEN: TOKEN, ALLOWED_USER_IDS: [9], MAX_TURNS: 2 },
    });
    expect(result.ok && Object.keys(result.config.inherited)).not.toContain("TELEGRAM_BOT_TOKEN");
  });

  it("ends with one sentence where .env cannot be read", async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, ".env"));
    const { result, token } = read(folder, { TELEGRAM_BOT_TOKEN: TOKEN });
    expect(result).toEqual({ ok: false, sentence: `${join(folder, ".env")} cannot be read (EISDIR).` });
    expect(token).toBeNull();
  });

  it("removes the token also where it refuses", async () => {
    const { result, token } = read(await tempFolder(), { TELEGRAM_BOT_TOKEN: TOKEN });
    expect([result.ok, token]).toEqual([false, null]);
  });
});
