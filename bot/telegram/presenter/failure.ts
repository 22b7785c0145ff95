/**
 * Failure → a sentence: what happened, what was kept, what to do. Pure.
 */
import type { Failure, Watchdog } from "../../turns/view.ts";
import { bold, code, f, type Formatted, plain } from "../formatted.ts";

/** The sentence for a turn that failed. `hasSaid`: words of Claude's stand above it. */
export function describeFailure(failure: Failure, hasSaid: boolean): Formatted {
  switch (failure.kind) {
    case "api_error":
      return f`⚠️ The model's service refused this turn: ${sentence(apiWords(failure.message))} Your message is in the session; send it again to retry.`;
    case "not_logged_in":
      return f`🔑 Claude Code is not logged in on this machine. Run ${code("claude")} there once and log in (or set ${code("ANTHROPIC_API_KEY")}), then send your message again.`;
    case "cli_missing":
      return f`⚠️ Claude Code was not found or cannot be run (${code(failure.file)}, ${failure.code}). Install it, or set ${code("CLAUDE_BIN")} to where it is, then send your message again.`;
    case "not_started":
      return f`⚠️ Claude Code could not be started (${failure.code}${failure.detail === "" ? "" : `, ${failure.detail}`}). Send your message again when the machine has room.`;
    case "folder_missing":
      return f`⚠️ This session's folder is gone: ${code(failure.path)}. Put it back, or start another session with /new.`;
    case "cli_refused":
      return f`⚠️ This version of Claude Code did not take what the bot asked of it (${code(failure.message)}). Update Claude Code, then send your message again.`;
    case "conversation_missing":
      return plain("⚠️ Claude Code no longer has this conversation. Start another session with /new.");
    case "session_in_use":
      return plain(
        "⚠️ Another process holds this conversation. End it (is it open in a terminal?), then send your message again.",
      );
    case "reported":
      return f`⚠️ Claude Code ended this turn itself (${code(failure.subtype)}): ${sentence(failure.message)} Send your message again, or ask it to go on.`;
    case "exited":
      if (ROOT_REFUSED.test(failure.stderrTail))
        return f`⚠️ Claude Code does not run in the mode ${bold("bypassPermissions")} as root, so nothing was done. /mode chooses another; then send your message again.`;
      return f`⚠️ Claude Code ended without an answer (${exitWords(failure)}).${stderrWords(failure.stderrTail)} ${hasSaid ? "What it had said stands above; send" : "Send"} your message again to retry.`;
    case "unreadable":
      return f`⚠️ Claude Code's output could not be read (${failure.detail}). The turn's ${code("out.ndjson")} has it; send your message again to retry.`;
    case "timed_out":
      return f`⏱ ${watchdogWords(failure.watchdog, Math.round(failure.afterMs / 1_000))} ${hasSaid ? "The turn was ended; what it had said stands above." : "The turn was ended before anything was said."} Send your message again, or ask it to go on${limitWords(failure.watchdog)}.`;
    case "stopped":
      return plain("⏹ Stopped here.");
  }
}

/** The CLI's words where its mode and its user do not go together. */
const ROOT_REFUSED = /dangerously-skip-permissions cannot be used with root/;

/** The CLI's words, without the advice that means its own command line. */
function apiWords(message: string): string {
  return message
    .replace(/^API Error:\s*/, "")
    .replace(/Run (?:--model|\/model) to pick a different model/, "/model chooses another");
}

/** Somebody else's words, ended like a sentence so that ours can follow. */
function sentence(words: string): string {
  const line = words.trim().slice(0, 500).toWellFormed();
  if (line === "") return "it does not say why.";
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}

function watchdogWords(watchdog: Watchdog, seconds: number): string {
  const after = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  switch (watchdog) {
    case "no_init":
      return `Claude Code did not start within ${after}.`;
    case "silent":
      return `Claude Code said nothing for ${after}, and no tool was running.`;
    case "tool_too_long":
      return `A tool ran for more than ${after}.`;
    case "no_exit":
      return `Claude Code did not exit within ${after}.`;
    case "hard_limit":
      return `This turn took more than ${after}.`;
  }
}

/** Which setting is the limit that was met, where it is one. */
function limitWords(watchdog: Watchdog): Formatted {
  const settings: { readonly [W in Watchdog]?: string } = {
    no_init: "START_TIMEOUT",
    silent: "SILENCE_TIMEOUT",
    tool_too_long: "TOOL_TIMEOUT",
    hard_limit: "TURN_TIMEOUT",
  };
  const setting = settings[watchdog];
  return setting === undefined ? plain("") : f`; ${code(setting)} sets that limit`;
}

function exitWords(failure: { code?: number; signal?: string }): string {
  if (failure.signal !== undefined) return `killed by ${failure.signal}`;
  return failure.code === undefined ? "nothing is known of its end" : `exit code ${failure.code}`;
}

function stderrWords(tail: string): string {
  const line = tail.trim().split("\n").at(-1)?.trim() ?? "";
  return line === "" ? "" : ` It said: ${sentence(line.slice(0, 300))}`;
}
