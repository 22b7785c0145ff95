/**
 * The set-up without a terminal, as a program of its own, against the strict
 * local Bot API.
 */
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { faultOf } from "../../bot/config.ts";
import { MODES } from "../../bot/setup/work.ts";
import { setUpMessage } from "../../bot/telegram/presenter/set-up.ts";
import { createWorld } from "../harness/create-world.ts";
import { runProgram } from "../harness/run-program.ts";
import { assertFormatted } from "../oracle/tdlib.ts";

/** A machine on which nothing is set up yet; Anna has a phone. */
async function newcomer() {
  const world = await createWorld();
  const anna = world.person();
  anna.send("/start");
  const { cwd, home, sessions, archive, personas } = world.folders;
  const tokenFile = join(home, "token.txt");
  await writeFile(tokenFile, `${world.api.token}\n`);
  const envFile = join(cwd, ".env");
  const base = {
    HOME: home,
    TELEGRAM_API_ROOT: world.api.url,
    CLAUDE_BIN: "/nowhere/claude",
    SESSIONS_DIR: sessions,
    ARCHIVE_DIR: archive,
    PERSONAS_DIR: personas,
  };
  const setUp = async (args: string[], env: Record<string, string> = {}) => {
    const end = await runProgram("setup", { cwd, args, env: { ...base, ...env } });
    expect(end.stdout + end.stderr).not.toContain(world.api.token.split(":")[1]);
    return end;
  };
  return { world, anna, cwd, home, envFile, tokenFile, setUp, base };
}

const read = async (path: string) => parseEnv(await readFile(path, "utf8"));

describe("the set-up without a terminal", () => {
  it("writes what it was given, closes it to others, rings the phone, and ends with the doctor", async () => {
    const { world, anna, envFile, home, tokenFile, setUp } = await newcomer();
    await mkdir(join(home, "my code"));
    await chmod(world.folders.sessions, 0o755);
    const { code, stdout, stderr } = await setUp([
      `--token-file=${tokenFile}`,
      `--user-id=${anna.id}`,
      "--workspace=~/my code",
      "--permission-mode=acceptEdits",
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(await read(envFile)).toMatchObject({
      TELEGRAM_BOT_TOKEN: world.api.token,
      ALLOWED_USER_IDS: String(anna.id),
      WORKSPACE_ROOTS: join(home, "my code"),
      PERMISSION_MODE: "acceptEdits",
    });
    expect((await stat(envFile)).mode & 0o777).toBe(0o600);
    expect((await stat(world.folders.sessions)).mode & 0o777).toBe(0o700);
    await anna.sees(/Parley is set up/);
    expect(stdout).toContain("The bot is Parley (@parley_test_bot).");
    expect(stdout).toMatch(/✔ Settings +every setting can be used/);
    expect(stdout).toMatch(/✖ Claude Code /);
    expect(stdout.split("\n").at(-1)).toMatch(/^Next: mend what is broken .* then `npm start`/);
    // What waited still waits, for the bot.
    expect(world.api.model.updates.confirmed).toEqual([]);
    expect(world.api.violations).toEqual([]);
  });

  it("runs again with --yes, keeps everything, and changes only what it is given", async () => {
    const { world, anna, envFile, setUp } = await newcomer();
    const first = `# mine\nTELEGRAM_BOT_TOKEN='${world.api.token}'\nALLOWED_USER_IDS=${anna.id},7002\nMAX_TURNS=2\n`;
    await writeFile(envFile, first, { mode: 0o644 });
    expect((await setUp(["--yes"])).code).toBe(0);
    const text = await readFile(envFile, "utf8");
    expect(text).toMatch(/^# mine\n/);
    expect(parseEnv(text)).toMatchObject({
      ALLOWED_USER_IDS: `${anna.id},7002`,
      MAX_TURNS: "2",
      PERMISSION_MODE: "default",
    });
    expect((await stat(envFile)).mode & 0o777).toBe(0o600);
    expect((await setUp(["--yes", "--permission-mode=plan"])).code).toBe(0);
    expect(await readFile(envFile, "utf8")).toBe(
      text.replace("PERMISSION_MODE=default", "PERMISSION_MODE=plan"),
    );
  });

  it("takes the token from the environment, and says what wins over the file", async () => {
    const { world, anna, envFile, setUp } = await newcomer();
    const { code, stdout } = await setUp(["--user-id", String(anna.id), "--permission-mode", "plan"], {
      TELEGRAM_BOT_TOKEN: world.api.token,
      PERMISSION_MODE: "default",
    });
    expect(code).toBe(0);
    expect(await read(envFile)).toMatchObject({ TELEGRAM_BOT_TOKEN: world.api.token });
    expect(stdout).toContain("! PERMISSION_MODE is also set in this shell");
  });

  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    ["no token", ["--user-id", "7001"], {}, 64, /Nobody is there to ask: .+ Give --token-file/],
    ["nobody to use it", ["--token-file", "TOKEN"], {}, 64, /Give --user-id ID/],
    ["a token file that is not there", ["--token-file", "/nowhere"], {}, 64, /\/nowhere cannot be read/],
    ["a token of the wrong shape", ["--token-file", "BAD"], {}, 1, /TELEGRAM_BOT_TOKEN must be/],
    ["a token that Telegram does not know", ["--token-file", "UNKNOWN"], {}, 1, /does not know this token/],
    [
      "a name for an id",
      ["--token-file", "TOKEN", "--user-id", "@anna"],
      {},
      1,
      /--user-id: ALLOWED_USER_IDS must be/,
    ],
    [
      "a folder that is not there",
      ["--token-file", "TOKEN", "--user-id", "7001", "--workspace", "/nowhere"],
      {},
      1,
      /--workspace: /,
    ],
    [
      "a mode that is none",
      ["--token-file", "TOKEN", "--user-id", "7001", "--permission-mode", "yolo"],
      {},
      1,
      /--permission-mode: /,
    ],
    ["a token on the command line", ["--token", "1:abcdefgh"], {}, 64, /npm run setup/],
  ])("with %s changes nothing and says why", async (_, args, env, exitCode, sentence) => {
    const { cwd, home, tokenFile, setUp } = await newcomer();
    const files: Record<string, string> = { TOKEN: tokenFile };
    for (const [name, text] of [
      ["BAD", "hello"],
      ["UNKNOWN", "999999:NOT-THE-ONE"],
    ] as const) {
      files[name] = join(home, name);
      await writeFile(join(home, name), text);
    }
    const { code, stderr } = await setUp(
      args.map((arg) => files[arg] ?? arg),
      env,
    );
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(await readdir(cwd)).toEqual([]);
  });

  it("removes a webhook only when told to, and loses nothing by it", async () => {
    const { world, anna, cwd, tokenFile, setUp } = await newcomer();
    world.api.model.webhookUrl = "https://elsewhere.example/secret";
    const args = ["--token-file", tokenFile, "--user-id", String(anna.id)];
    const refused = await setUp(args);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toMatch(/go to elsewhere\.example\. Remove it\? Give --remove-webhook/);
    expect(await readdir(cwd)).toEqual([]);
    expect((await setUp([...args, "--remove-webhook"])).code).toBe(0);
    expect(world.api.model.webhookUrl).toBe("");
    expect(world.api.model.updates.pending).toHaveLength(1);
    expect(world.api.violations).toEqual([]);
  });

  it("does not poll while the bot runs, keeps who may use it, and says that the bot must be started again", async () => {
    const { world, anna, cwd, envFile, setUp } = await newcomer();
    await writeFile(envFile, `TELEGRAM_BOT_TOKEN=${world.api.token}\nALLOWED_USER_IDS=${anna.id}\n`);
    const bot = await world.start();
    const { code, stdout } = await setUp(["--permission-mode=plan"]);
    expect(code).toBe(0);
    expect(stdout.split("\n").at(-1)).toBe("The bot runs with the old settings: start it again.");
    expect(await read(join(cwd, ".env"))).toMatchObject({ ALLOWED_USER_IDS: String(anna.id) });
    expect(bot.lines.join("\n")).not.toMatch(/another program polls/);
  });

  it.each<[string, string, Record<string, string>, number, RegExp]>([
    [
      "folders that are not there just now",
      "WORKSPACE_ROOTS=/nowhere",
      {},
      64,
      /^WORKSPACE_ROOTS must be .+ Give --workspace FOLDER\. Nothing was changed\.$/,
    ],
    [
      "a mode that is none",
      "PERMISSION_MODE=yolo",
      {},
      64,
      /^PERMISSION_MODE must be .+ Give --permission-mode MODE\. Nothing was changed\.$/,
    ],
    [
      "nobody who may use it",
      "ALLOWED_USER_IDS=@anna",
      {},
      64,
      /^Nobody is there to ask: Your numeric user id\. Give --user-id ID\. Nothing was changed\.$/,
    ],
    [
      "a Telegram that is away",
      "MAX_TURNS=2",
      { TELEGRAM_API_ROOT: "http://127.0.0.1:9" },
      1,
      /^Telegram cannot be reached \(ECONNREFUSED\): .+ Nothing was changed\.$/,
    ],
    [
      "an address that is none",
      "MAX_TURNS=2",
      { TELEGRAM_API_ROOT: "nowhere" },
      1,
      /^TELEGRAM_API_ROOT must be .+ Nothing was changed\.$/,
    ],
  ])("finds a .env with %s and leaves it as it is", async (_, line, env, exitCode, sentence) => {
    const { world, anna, envFile, setUp } = await newcomer();
    const before = `TELEGRAM_BOT_TOKEN=${world.api.token}\nALLOWED_USER_IDS=${anna.id}\n${line}\n`;
    await writeFile(envFile, before);
    const { code, stderr } = await setUp(["--yes"], env);
    expect(stderr).toMatch(sentence);
    expect(code).toBe(exitCode);
    expect(await readFile(envFile, "utf8")).toBe(before);
  });

  it("keeps folders by the path that the person wrote", async () => {
    const { world, anna, home, envFile, setUp } = await newcomer();
    await mkdir(join(home, "disk"));
    await symlink(join(home, "disk"), join(home, "code"));
    await writeFile(
      envFile,
      `TELEGRAM_BOT_TOKEN=${world.api.token}\nALLOWED_USER_IDS=${anna.id}\nWORKSPACE_ROOTS=${home}/code\n`,
    );
    expect((await setUp(["--yes"])).code).toBe(0);
    expect(await read(envFile)).toMatchObject({ WORKSPACE_ROOTS: `${home}/code` });
  });

  it("names a .env that it cannot read or write", async () => {
    const { anna, envFile, tokenFile, setUp } = await newcomer();
    await mkdir(envFile);
    const { code, stderr } = await setUp([`--token-file=${tokenFile}`, `--user-id=${anna.id}`]);
    expect([code, stderr]).toEqual([1, `${envFile} cannot be read (EISDIR). Nothing was changed.`]);
  });

  it("writes through a link, for who keeps the file elsewhere", async () => {
    const { anna, home, envFile, tokenFile, setUp } = await newcomer();
    await writeFile(join(home, "kept.env"), "MAX_TURNS=2\n");
    await symlink(join(home, "kept.env"), envFile);
    expect((await setUp([`--token-file=${tokenFile}`, `--user-id=${anna.id}`])).code).toBe(0);
    expect((await lstat(envFile)).isSymbolicLink()).toBe(true);
    expect(await read(join(home, "kept.env"))).toMatchObject({
      MAX_TURNS: "2",
      ALLOWED_USER_IDS: String(anna.id),
    });
  });

  it("does not touch a .env that it does not understand, nor what waits for a person who never wrote", async () => {
    const { envFile, tokenFile, setUp } = await newcomer();
    const odd = "X='one\nPERMISSION_MODE=plan\nthree'\n";
    await writeFile(envFile, odd);
    const strange = await setUp([
      "--token-file",
      tokenFile,
      "--user-id",
      "7001",
      "--permission-mode",
      "plan",
    ]);
    expect([strange.code, await readFile(envFile, "utf8")]).toEqual([1, odd]);
    await writeFile(envFile, "");
    const unheard = await setUp(["--token-file", tokenFile, "--user-id", "4711"]);
    expect(unheard.code).toBe(0);
    expect(unheard.stdout).toContain("! No message could be sent to 4711: write to @parley_test_bot once");
  });
});

describe("what it offers and says", () => {
  it("are modes that the settings take, the safest first", () => {
    expect(MODES.map(({ value }) => faultOf("PERMISSION_MODE", value))).toEqual(MODES.map(() => undefined));
    expect(MODES[0]?.value).toBe("default");
  });

  it("is a message that Telegram takes", () => {
    assertFormatted(setUpMessage());
  });
});
