/**
 * The CLI's ways to fail → Failure. Pure. It knows the CLI's sentences, the few
 * that say what no field says; each was seen. It makes no sentence for people.
 */
import type { Failure } from "./events.ts";
import type { WireResult } from "./wire-shapes.ts";

/** Why a result is not an answer, or undefined if it is one. `isStopping`: we had asked it to stop. */
export function failureOfResult(line: WireResult, isStopping: boolean): Failure | undefined {
  if (line.subtype === "success") {
    // The CLI calls an API error a success that is an error.
    if (!line.is_error) return undefined;
    if (isLoginNeeded(line.result)) return { kind: "not_logged_in", message: line.result };
    const status = line.api_error_status;
    return { kind: "api_error", ...(status == null ? {} : { status }), message: line.result };
  }
  const message = line.errors.join("\n");
  if (isConversationMissing(message)) return { kind: "conversation_missing" };
  const isCutOff = line.subtype === "error_during_execution" && line.terminal_reason.startsWith("aborted");
  if (isStopping || isCutOff) return { kind: "stopped" };
  return { kind: "reported", subtype: line.subtype, message };
}

/** How a process ended that gave no result. `code` and `signal` are unknown for one that is not our child. */
export interface Ending {
  readonly code?: number;
  readonly signal?: string;
  readonly stderrTail: string;
  /** Lines of stdout that were JSON, and lines that were not. */
  readonly readableLines: number;
  readonly unreadableLines: number;
}

/** Why a process gave no result. */
export function failureOfExit(ending: Ending): Failure {
  const { stderrTail } = ending;
  if (/Session ID \S+ is already in use/.test(stderrTail)) return { kind: "session_in_use" };
  if (isConversationMissing(stderrTail)) return { kind: "conversation_missing" };
  const refusal = /^(error: .*|Error parsing streaming input.*|Error: --.*)$/m.exec(stderrTail);
  if (refusal?.[1] !== undefined) return { kind: "cli_refused", message: refusal[1] };
  if (ending.readableLines === 0 && ending.unreadableLines > 0) {
    return { kind: "unreadable", detail: `${ending.unreadableLines} lines, none of them JSON` };
  }
  return {
    kind: "exited",
    ...(ending.code === undefined ? {} : { code: ending.code }),
    ...(ending.signal === undefined ? {} : { signal: ending.signal }),
    stderrTail,
  };
}

function isConversationMissing(text: string): boolean {
  return text.includes("No conversation found with session ID");
}

function isLoginNeeded(text: string): boolean {
  return /^Not logged in|Please run \/login/.test(text);
}
