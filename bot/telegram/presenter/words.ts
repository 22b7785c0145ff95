/**
 * Small words that several sentences share: times ago, sizes, ids. Pure.
 */
import { cleanText, isInvisible } from "../clean.ts";

/** "just now", "5 min ago", "3 h ago", "2 days ago". Both times are ISO-8601. */
export function ago(then: string, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(then)) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ago`;
  return `${Math.floor(hours / 24)} days ago`;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** "14:02" in the machine's time; on another day than `today`, "20 Nov 22:10". */
export function clock(time: Date, today: Date): string {
  const [hours, minutes] = [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, "0"));
  const day =
    time.toDateString() === today.toDateString() ? "" : `${time.getDate()} ${MONTHS[time.getMonth()]} `;
  return `${day}${hours}:${minutes}`;
}

/** A length of time as a setting says it: "90 s", "45 min", "6 h", "30 days". */
export function period(ms: number): string {
  if (ms % 60_000 !== 0) return `${Math.round(ms / 1_000)} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes % 1_440 === 0) return count(minutes / 1_440, "day");
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

/** "12 kB", "3.4 MB". */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/** How long something took: "0.4 s", "12 s", "1 min 35 s", "2 h 5 min". */
export function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "$0.02", "under $0.01". */
export function money(usd: number): string {
  if (usd > 0 && usd < 0.005) return "under $0.01";
  return `$${usd.toFixed(2)}`;
}

/** "1 turn", "2 turns". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** A person's name for something, short enough for a button or a line; never longer than `units`. */
export function clip(text: string, units: number): string {
  // A button's text is taken as it is: half a sign in it, and Telegram refuses the whole message.
  const line = text.toWellFormed().replace(/\s+/g, " ").trim();
  return line.length <= units ? line : `${line.slice(0, units - 1).toWellFormed()}…`;
}

const NAME_UNITS = 80;
const ENDING = /\.[A-Za-z0-9]{1,10}$/;

/** A file's name as a chat may show it and a form may carry it: one line, its ending kept; never empty. */
export function fileName(name: string): string {
  const line = cleanText(name)
    .replace(/[\s"';\\/]+/g, " ")
    .trim();
  if (isInvisible(line)) return "file";
  const ending = ENDING.exec(line)?.[0] ?? "";
  return `${clip(line.slice(0, line.length - ending.length), NAME_UNITS)}${ending}`;
}

/** A tool of an MCP server is called by its own name: "mcp__github__get_issue" is "get_issue". */
export function shortName(name: string): string {
  return /^mcp__.+?__(.+)$/.exec(name)?.[1] ?? name;
}
