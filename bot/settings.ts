/**
 * Every setting: its name, what it may be, its default, and the words for what is
 * allowed. Times come out in ms, paths absolute. It does not know where settings
 * come from (`config.ts`), nor what they are for.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { ROOT } from "./root.ts";
import { isWithin } from "./store/within.ts";

/** The settings that `npm run setup` asks for; the others are nobody's first question. */
export const askedBySetUp: ReadonlySet<string> = new Set([
  "TELEGRAM_BOT_TOKEN",
  "ALLOWED_USER_IDS",
  "WORKSPACE_ROOTS",
  "PERMISSION_MODE",
]);

/** Ids that Telegram uses for anonymous admins, channels and service messages: never a person. */
const NOT_PEOPLE = new Set([1087968824, 136817688, 777000]);

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "90s" and the like in ms; 0 for what is no time. */
function msOf(text: string): number {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS] : 0;
}

const duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const ms = msOf(text);
      if (ms > 0) return ms;
      context.addIssue({ code: "custom", message: "a time such as 90s, 15m, 2h or 30d" });
      return z.NEVER;
    });

/** A time of at least `leastMs`, or `off`, which is 0; off where nothing is said. */
const durationOrOff = (leastMs: number, allowed: string) =>
  z
    .string()
    .default("off")
    .transform((text, context) => {
      const ms = msOf(text);
      if (text === "off" || ms >= leastMs) return ms;
      context.addIssue({ code: "custom", message: allowed });
      return z.NEVER;
    });

const wholeNumber = (
  fallback: string,
  least: number,
  most: number,
  allowed = `a whole number from ${least} to ${most}`,
) =>
  z
    .string()
    .default(fallback)
    .transform((text) => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN))
    .refine((count) => count >= least && count <= most, allowed);

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
    .transform((path) => resolve(ROOT, path))
    .refine(canBeFolder, { error: "a folder, or a place where one can be made" });

const PEOPLE = "numeric user ids, comma-separated, at least one (no names, no *)";

const eachSetting = z.object({
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
  MIN_FREE_DISK_MB: wholeNumber("200", 0, Infinity, "a whole number of megabytes; 0 for no floor"),
  MAX_TURNS: wholeNumber("4", 1, 64),
  STANDBY_MAX: wholeNumber("2", 0, 16),
  STANDBY_MIN_FREE_MB: wholeNumber("1024", 0, 1_048_576),
  STANDBY_IDLE: duration("10m"),
  IDLE_AFTER: duration("2h"),
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
  DAILY_BUDGET_USD: z
    .string()
    .default("off")
    .transform((text, context) => {
      if (text === "off") return undefined;
      const usd = /^\d{1,6}(\.\d{1,4})?$/.test(text) ? Number(text) : 0;
      if (usd > 0) return usd;
      context.addIssue({ code: "custom", message: "dollars a day, such as 5 or 2.50, or off" });
      return z.NEVER;
    }),
  SNAPSHOTS: z.enum(["auto", "off"], { error: "one of auto, off" }).default("auto"),
  RICH: z.enum(["off", "auto"], { error: "one of off, auto" }).default("off"),
  ASK_TIMEOUT: duration("15m"),
  STALE_AFTER: duration("6h"),
  AUTO_ARCHIVE_AFTER: durationOrOff(2 * UNITS_MS.d, "off, or a time of two days or more such as 30d"),
  STREAM: z.enum(["edits", "draft"], { error: "one of edits, draft" }).default("edits"),
  HEALTH_PORT: wholeNumber("0", 0, 65_535, "a port from 1 to 65535, or 0"),
  HEALTH_HOST: z
    .string()
    .refine((host) => isIP(host) > 0 || host === "localhost", "an IP address of this machine, e.g. 127.0.0.1")
    .default("127.0.0.1"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "one of fatal, error, warn, info, debug, trace, silent",
    })
    .default("info"),
  // For the crash tests only: the name of a step (and `:n`, the n-th time) at which to die.
  PARLEY_KILL_AT: z.string().default(""),
});

/** Every setting: what it may be, and what it is where it is not given. */
export const settingsSchema = eachSetting.refine(
  // Each folder in the one would be taken for a session.
  ({ ARCHIVE_DIR, SESSIONS_DIR }) => !isWithin(ARCHIVE_DIR, SESSIONS_DIR),
  { path: ["ARCHIVE_DIR"], error: "a folder that does not lie in SESSIONS_DIR" },
);

/** All settings, checked. */
export type Settings = z.infer<typeof settingsSchema>;

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

/** Whether `path` is a folder, or nothing yet, with only folders above it. */
function canBeFolder(path: string): boolean {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? canBeFolder(dirname(path)) : stats.isDirectory();
  } catch {
    return false;
  }
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
