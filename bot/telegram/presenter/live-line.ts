/**
 * The line under a live answer: what the turn waits for, and for how long. Pure.
 * Times are shown in coarse steps, since each new one is an edit of the message.
 */
import type { ToolUse, TurnView } from "../../turns/view.ts";
import { bold, code, concat, f, type Formatted, italic, plain } from "../formatted.ts";
import { isAsking } from "./asks/asks.ts";
import { clip, shortName } from "./words.ts";

/** When it is looked at. `stepMs` is how far apart two times are that are shown. */
export interface Glance {
  readonly nowMs: number;
  readonly stepMs: number;
}

/** A model that has said nothing for this long is told of. */
const QUIET_MS = 10_000;
/** The first time that is shown: it says that the turn is alive, and is worth an edit of its own. */
const FIRST_MS = 5_000;

/** What the turn waits for now; empty where it is plain to see, or nothing has taken long. */
export function liveLine(view: TurnView, glance: Glance): Formatted {
  // The question says itself what is waited for.
  if (isAsking(view)) return plain("");
  if (view.retry) return retryLine(view.retry, glance);
  if (view.isCompacting) return italic("🗜 Compacting the conversation…");
  const running = view.tools.filter((tool) => tool.endedAt === undefined);
  const tool = running.at(-1);
  if (tool !== undefined) {
    const others = running.length > 1 ? ` (+${running.length - 1})` : "";
    return concat("⚙️ ", toolLine(tool), others, since(tool.startedAt, glance));
  }
  if (view.isResting) return backgroundLine(view, glance);
  const { quiet } = view;
  // Its place is taken by what was heard.
  if (view.phase === "listening")
    return concat(italic("🎙 Listening…"), quiet ? since(quiet.since, glance) : "");
  if (quiet === undefined || glance.nowMs - quiet.since < QUIET_MS) return plain("");
  return concat(italic(quietWords(view, quiet.isThinking)), since(quiet.since, glance));
}

/** What a running tool is called in one line. */
export function toolLine(tool: Pick<ToolUse, "name" | "title">): Formatted {
  const name = shortName(tool.name);
  return tool.title === "" ? bold(name) : f`${bold(name)} ${code(tool.title)}`;
}

function retryLine(retry: NonNullable<TurnView["retry"]>, { nowMs }: Glance): Formatted {
  const { attempt, maxAttempts, reason } = retry;
  const left = retry.at + retry.delayMs - nowMs;
  // A short wait is said once: a count to zero would be ten edits.
  const steps = Math.max(10_000, Math.floor(left / 10_000) * 10_000);
  const wait = retry.delayMs < 10_000 ? Math.max(1_000, retry.delayMs) : steps;
  const when = left <= 0 ? "now" : `in ${duration(wait)}`;
  return f`🔁 ${reasonWords(reason)} Try ${attempt} of ${maxAttempts} ${when}.`;
}

/** Why the model did not answer. The CLI's words are its own; one that we do not know is shown as it is. */
function reasonWords(reason: string): string {
  switch (reason) {
    case "rate_limit":
      return "The model's service says that the limit of your account is reached for now.";
    case "overloaded":
      return "The model's service is overloaded.";
    case "server_error":
      return "The model's service has a fault.";
    case "authentication_failed":
      return "The model's service does not accept the login of Claude Code.";
    case "billing_error":
      return "The model's service says that the account has no credit.";
    case "unknown":
      return "The model's service could not be reached, or broke off.";
    default:
      return `The model did not answer (${clip(reason, 100)}).`;
  }
}

function backgroundLine(view: TurnView, glance: Glance): Formatted {
  const [first] = view.background;
  if (first === undefined) return plain("");
  const others = view.background.length > 1 ? ` (+${view.background.length - 1})` : "";
  const name = first.description === "" ? plain("a job") : code(clip(first.description, 160));
  return concat("⏳ Waiting for the background: ", name, others, since(first.startedAt, glance));
}

function quietWords(view: TurnView, isThinking: boolean): string {
  if (view.phase === "fetching") return "📥 Fetching what you sent…";
  if (view.phase === "starting") return "Claude Code is starting…";
  return isThinking ? "💭 Thinking…" : "💭 Waiting for the model…";
}

function since(startedAt: number, { nowMs, stepMs }: Glance): string {
  const ms = nowMs - startedAt;
  if (ms < FIRST_MS) return "";
  if (ms >= stepMs) return ` · ${duration(Math.floor(ms / stepMs) * stepMs)}`;
  return ` · ${duration(ms < QUIET_MS ? FIRST_MS : QUIET_MS)}`;
}

/** "40 s", "1 min 20 s", "12 min", "1 h 5 min". */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${seconds} s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0
    ? `${Math.floor(minutes / 60)} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
