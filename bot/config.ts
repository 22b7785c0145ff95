/**
 * The settings: environment (and `.env`) → Config. The only file that reads
 * `process.env`. It promises a checked Config or one sentence that names the
 * setting and what is allowed. It does not know what the settings are for.
 */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";

const ROOT = resolve(import.meta.dirname, "..");

/** Ids that Telegram uses for anonymous admins, channels and service messages: never a person. */
const NOT_PEOPLE = new Set([1087968824, 136817688, 777000]);

const duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const match = /^(\d{1,6})(s|m|h)$/.exec(text);
      const ms = match
        ? Number(match[1]) * { s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as "s" | "m" | "h"]
        : 0;
      if (ms > 0) return ms;
      context.addIssue({ code: "custom", message: "a time such as 90s, 15m or 2h" });
      return z.NEVER;
    });

const integers = (allowed: string, isAllowed: (id: number) => boolean) =>
  z
    .string()
    .default("")
    .transform((text, context) => {
      const ids = listOf(text).map((item) => (/^-?\d+$/.test(item) ? Number(item) : Number.NaN));
      if (ids.every((id) => Number.isSafeInteger(id) && isAllowed(id))) return ids;
      context.addIssue({ code: "custom", message: allowed });
      return z.NEVER;
    });

const folder = (name: string) =>
  z
    .string()
    .default(join(ROOT, name))
    .transform((path) => resolve(ROOT, path));

const PEOPLE = "numeric user ids, comma-separated, at least one (no names, no *)";

const schema = z.object({
  TELEGRAM_BOT_TOKEN: z
    .string("the token that @BotFather gave, e.g. 123456:ABC-DEF")
    .regex(/^\d+:[\w-]{6,}$/, "the token that @BotFather gave, e.g. 123456:ABC-DEF"),
  ALLOWED_USER_IDS: integers(PEOPLE, (id) => id > 0 && !NOT_PEOPLE.has(id)).refine(
    (ids) => ids.length > 0,
    PEOPLE,
  ),
  ALLOWED_CHAT_IDS: integers("numeric group ids (negative), comma-separated", (id) => id < 0),
  TELEGRAM_API_ROOT: z
    .url({ protocol: /^https?$/, error: "an http:// or https:// address" })
    .default("https://api.telegram.org")
    .transform((url) => url.replace(/\/+$/, "")),
  CLAUDE_BIN: z.string().default("claude"),
  CLAUDE_ENV: z
    .string()
    .default("")
    .transform(listOf)
    .refine((names) => names.every((name) => /^[A-Za-z_]\w*$/.test(name) && !name.startsWith("TELEGRAM_")), {
      error: "names of environment variables, comma-separated, none of Telegram's",
    }),
  SESSIONS_DIR: folder("sessions"),
  ARCHIVE_DIR: folder("sessions_archive"),
  PERSONAS_DIR: folder("personas"),
  WORKSPACE_ROOTS: z
    .string()
    .default("")
    .transform(listOf)
    .refine((paths) => paths.every((path) => isAbsolute(path) && isFolder(path)), {
      error: "absolute paths of folders that exist, comma-separated",
    })
    .transform((paths) => paths.map((path) => realpathSync(path))),
  DEFAULT_PERSONA: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, "the file name of a persona, without .md")
    .default("default"),
  PERMISSION_MODE: z
    .enum(["default", "acceptEdits", "plan", "bypassPermissions", "dontAsk"], {
      error: "one of default, acceptEdits, plan, bypassPermissions, dontAsk",
    })
    .default("default"),
  MAX_TURNS: z
    .string()
    .default("4")
    .transform(Number)
    .refine((count) => Number.isInteger(count) && count >= 1 && count <= 64, "a whole number from 1 to 64"),
  TRANSCRIBE_CMD: z
    .string()
    .default("")
    .transform((text, context) => {
      const words = splitCommand(text);
      if (words !== undefined) return words;
      context.addIssue({
        code: "custom",
        message: "a program and its arguments, with quotes that are closed",
      });
      return z.NEVER;
    }),
  START_TIMEOUT: duration("60s"),
  SILENCE_TIMEOUT: duration("5m"),
  TOOL_TIMEOUT: duration("15m"),
  TURN_TIMEOUT: duration("60m"),
  FOOTER: z.enum(["auto", "always", "off"], { error: "one of auto, always, off" }).default("auto"),
  RICH: z.enum(["off", "auto"], { error: "one of off, auto" }).default("off"),
  ASK_TIMEOUT: duration("15m"),
  STREAM: z.enum(["edits", "draft"], { error: "one of edits, draft" }).default("edits"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "one of fatal, error, warn, info, debug, trace, silent",
    })
    .default("info"),
  // For the crash tests only: the name of a step (and `:n`, the n-th time) at which to die.
  PARLEY_KILL_AT: z.string().default(""),
});

type Settings = z.infer<typeof schema>;

/** All settings, checked. Times are in ms, paths absolute. `inherited` is the environment, for a child's allow-list. */
export interface Config extends Readonly<Settings> {
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** A Config, or the sentence to end with (exit code 78). */
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
  /** The environment without the token. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** Reads what `readConfig` reads, and goes on where that one refuses. Changes nothing, so that it can be asked again. */
export function inspectConfig(): Inspection {
  const file = readEnvFile();
  const env = { ...(typeof file === "string" ? {} : file), ...process.env };
  const { settings, faults } = inspect(env);
  return {
    settings,
    faults: typeof file === "string" ? [file, ...faults] : faults,
    inherited: inheritedFrom(env),
  };
}

/** What is wrong with one setting, as the sentence that a start would end with; undefined if nothing is. */
export function faultOf(name: keyof Settings, value: string): string | undefined {
  const parsed = schema.shape[name].safeParse(givenIn({ [name]: value })[name]);
  return parsed.success ? undefined : sentenceFor(name, parsed.error.issues[0]?.message);
}

/** The names of all settings. */
export const settingNames = (): string[] => Object.keys(schema.shape);

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
      (name in schema.shape || matters.test(name)) && (typeof file === "string" || file[name] === undefined),
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
  for (const [name, field] of Object.entries(schema.shape)) {
    const parsed = field.safeParse(given[name]);
    if (parsed.success) settings[name] = parsed.data;
    else faults.push(sentenceFor(name, parsed.error.issues[0]?.message));
  }
  return { settings, faults };
}

/** What `.env` sets; the sentence to end with where it is there and cannot be read. */
function readEnvFile(): Readonly<Record<string, string | undefined>> | string {
  try {
    return existsSync(".env") ? parseEnv(readFileSync(".env", "utf8")) : {};
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return `${resolve(".env")} cannot be read (${code}).`;
  }
}

/** Checks an environment; an empty value counts as not given. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const parsed = schema.safeParse(givenIn(env));
  if (parsed.success) {
    return { ok: true, config: { ...parsed.data, inherited: inheritedFrom(env) } };
  }
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? "The settings");
  return { ok: false, sentence: sentenceFor(name, issue?.message) };
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
    Object.keys(schema.shape)
      .map((name) => [name, env[name]?.trim() ?? ""] as const)
      .filter(([, value]) => value !== ""),
  );
}

function sentenceFor(name: string, allowed = "valid"): string {
  return `${name} must be ${allowed}.`;
}

/** A command line as words; '…' and "…" keep blanks. Undefined where a quote is open. No shell takes part. */
function splitCommand(text: string): string[] | undefined {
  if (/["']/.test(text.replaceAll(/"[^"]*"|'[^']*'/g, ""))) return undefined;
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ""),
  );
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
