/**
 * Environment (and `.env`) → Config. The only file that reads `process.env`. It
 * promises a checked Config or one sentence that names the setting and what is
 * allowed (`settings.ts`). It does not know what the settings are for.
 */
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { codeOf } from "./error-code.ts";
import { ROOT } from "./root.ts";
import { askedBySetUp, type Settings, settingsSchema } from "./settings.ts";

/** All settings, checked. Times are in ms, paths absolute. `inherited` is the environment, for a child's allow-list. */
export interface Config extends Readonly<Settings> {
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** A Config, or the sentence to end with (exit code 78): what is wrong with which setting, and who helps. */
export type ConfigResult = { ok: true; config: Config } | { ok: false; sentence: string };

/** Reads `.env` in the working directory, if there is one (what is already in the environment wins), and checks everything. */
export function readConfig(): ConfigResult {
  const file = readEnvFile();
  const result: ConfigResult =
    typeof file === "string" ? { ok: false, sentence: file } : parseConfig({ ...file, ...process.env });
  // The token is read once: nothing that we start later can inherit it.
  delete process.env["TELEGRAM_BOT_TOKEN"];
  return result;
}

/** What can be made of settings that may be wrong: for whoever is to say what is wrong with them. */
export interface Inspection {
  /** Those that can be used; defaults are among them. */
  readonly settings: Partial<Readonly<Settings>>;
  /** A sentence for each that cannot. */
  readonly faults: readonly string[];
  /** Those that are given, as they are written, right or wrong; the token is not among them. */
  readonly given: Readonly<Record<string, string>>;
  /** The environment without the token. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** Reads what `readConfig` reads, and goes on where that one refuses. Changes nothing, so that it can be asked again. */
export function inspectConfig(): Inspection {
  const file = readEnvFile();
  const env = { ...(typeof file === "string" ? {} : file), ...process.env };
  const { settings, faults } = inspect(env);
  const { TELEGRAM_BOT_TOKEN: _, ...given } = givenIn(env);
  return {
    settings,
    faults: typeof file === "string" ? [file, ...faults] : faults,
    given,
    inherited: inheritedFrom(env),
  };
}

/** What is wrong with one setting, as the sentence that a start would end with; undefined if nothing is. */
export function faultOf(name: keyof Settings, value: string): string | undefined {
  const parsed = settingsSchema.shape[name].safeParse(givenIn({ [name]: value })[name]);
  return parsed.success ? undefined : sentenceFor(name, parsed.error.issues[0]?.message);
}

/** The names of all settings. */
export const settingNames = (): string[] => Object.keys(settingsSchema.shape);

/** Where the person was who called us: `npm run` goes to our own folder first. */
export function callerFolder(): string {
  return process.env["INIT_CWD"] ?? process.cwd();
}

/** What of this shell's environment a service would lack: settings, Claude's login, proxies that `.env` does not have. */
export function onlyInShell(): string[] {
  const file = readEnvFile();
  const matters =
    /^(ANTHROPIC_|CLAUDE_CONFIG_DIR$|CLAUDE_CODE_(OAUTH_TOKEN|USE_)|(HTTPS?|ALL|NO)_PROXY$|NODE_EXTRA_CA_CERTS$)/i;
  return Object.keys(process.env).filter(
    (name) =>
      (name in settingsSchema.shape || matters.test(name)) &&
      (typeof file === "string" || file[name] === undefined),
  );
}

/** Which of `values` the bot would not see, because this environment says otherwise than `.env`. */
export function shadowed(values: Readonly<Record<string, string>>): string[] {
  return Object.keys(values).filter((name) => (process.env[name] ?? values[name]) !== values[name]);
}

function inspect(env: Readonly<Record<string, string | undefined>>): Pick<Inspection, "settings" | "faults"> {
  const given = givenIn(env);
  const settings: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, field] of Object.entries(settingsSchema.shape)) {
    const parsed = field.safeParse(given[name]);
    if (parsed.success) settings[name] = parsed.data;
    else faults.push(sentenceFor(name, parsed.error.issues[0]?.message));
  }
  if (faults.length > 0) return { settings, faults };
  // Each by itself is right.
  const together = settingsSchema.safeParse(given).error?.issues ?? [];
  return { settings, faults: together.map(({ path, message }) => sentenceFor(String(path[0]), message)) };
}

/** What `.env` sets; the sentence to end with where it is there and cannot be read. */
function readEnvFile(): Readonly<Record<string, string | undefined>> | string {
  try {
    return existsSync(".env") ? parseEnv(readFileSync(".env", "utf8")) : {};
  } catch (error) {
    const code = codeOf(error) ?? "unknown";
    return `${resolve(".env")} cannot be read (${code}).`;
  }
}

/** Checks an environment; an empty value counts as not given. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const parsed = settingsSchema.safeParse(givenIn(env));
  if (parsed.success) {
    return { ok: true, config: { ...parsed.data, inherited: inheritedFrom(env) } };
  }
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? "The settings");
  const help = askedBySetUp.has(name) ? "`npm run setup` asks for it." : ".env.example explains it.";
  return { ok: false, sentence: `${sentenceFor(name, issue?.message)} ${help}` };
}

/** What a child may be given: without the token, and without what npm put before the person's own PATH. */
function inheritedFrom(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const { TELEGRAM_BOT_TOKEN: _, ...inherited } = env;
  const { PATH: path } = inherited;
  return path === undefined ? inherited : { ...inherited, PATH: withoutNpm(path) };
}

/** `npm start` puts the programs of our own packages first: their `claude` is for our tests, not the person's. */
function withoutNpm(path: string): string {
  const ours = new Set<string>();
  for (let folder = ROOT; ; folder = dirname(folder)) {
    ours.add(join(folder, "node_modules", ".bin"));
    if (folder === dirname(folder)) break;
  }
  const isNpms = (folder: string): boolean => ours.has(folder) || folder.endsWith("/node-gyp-bin");
  return path
    .split(delimiter)
    .filter((folder) => !isNpms(folder))
    .join(delimiter);
}

function givenIn(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(settingsSchema.shape)
      .map((name) => [name, env[name]?.trim() ?? ""] as const)
      .filter(([, value]) => value !== ""),
  );
}

function sentenceFor(name: string, allowed = "valid"): string {
  return `${name} must be ${allowed}.`;
}
