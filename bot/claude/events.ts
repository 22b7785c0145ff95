/**
 * What a turn of Claude says, in our words: the one type that crosses from
 * `claude/` to `turns/`. It promises: any number of events, then exactly one
 * `completed`, last. It does not know how the CLI spells them (`wire.ts`).
 */

/** Why a process did not answer. Facts only; the sentence is made in `telegram/presenter/`. */
export type Failure =
  /** The API refused or failed: the CLI's own sentence, e.g. "API Error: 529 Overloaded". */
  | { kind: "api_error"; status?: number; message: string }
  | { kind: "not_logged_in"; message: string }
  /** `--resume` of a conversation the CLI does not have. Nothing ran. */
  | { kind: "conversation_missing" }
  /** `--session-id` of a conversation that exists. Nothing ran. */
  | { kind: "session_in_use" }
  /** The CLI is not there or cannot be executed. */
  | { kind: "cli_missing"; file: string; code: string }
  /** The session's working directory is gone. */
  | { kind: "folder_missing"; path: string }
  /** The machine could not start it: no memory, no descriptors, a full disk, an output file that is already there. */
  | { kind: "not_started"; code: string; detail: string }
  /** The CLI refused one of our flags or our input: an incompatible version. */
  | { kind: "cli_refused"; message: string }
  /** The CLI ended a turn itself, e.g. `error_max_turns`, `error_max_budget_usd`. */
  | { kind: "reported"; subtype: string; message: string }
  /** It exited without a result, and the transcript has no answer either. */
  | { kind: "exited"; code?: number; signal?: string; stderrTail: string }
  /** Its output cannot be read: not one line was JSON, or a line was too long. */
  | { kind: "unreadable"; detail: string }
  /** A watchdog ended it. */
  | { kind: "timed_out"; watchdog: Watchdog; afterMs: number }
  /** We asked it to end. */
  | { kind: "stopped" };

/** The clocks that run beside a process; each has a default and its own sentence. */
export type Watchdog = "no_init" | "silent" | "tool_too_long" | "no_exit" | "hard_limit";

/** Tokens and money of one result, this turn's only. */
export interface Usage {
  readonly costUsd: number;
  /** What was sent to the model, the cached part included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Tokens in the model's context after the turn, and the most that fit, where known. */
  readonly contextTokens?: number;
  readonly contextWindow?: number;
}

/** One event of a running process. Ids of messages are the uuids we sent; `main` is false for a subagent's. */
export type ClaudeEvent =
  | {
      type: "started";
      claudeSessionId: string;
      model: string;
      permissionMode: string;
      cliVersion: string;
      slashCommands: readonly string[];
    }
  /** The CLI has taken up the message with this uuid. */
  | { type: "taken"; messageUuid: string }
  | { type: "requesting" }
  | { type: "compacting" }
  /** The conversation was summed up to make room. */
  | { type: "compacted"; fromTokens?: number; toTokens?: number }
  /** New text of the answer, as it is written. Only the main agent's. */
  | { type: "text"; delta: string }
  /** A whole block of text; repeats what its deltas said, and is all there is where none came. */
  | { type: "text_block"; text: string }
  | { type: "thinking" }
  /** The model has said all it has to say for now, and calls no tool. The result follows, or it is asked again. */
  | { type: "answer_ended" }
  | { type: "tool_started"; id: string; name: string; input: Record<string, unknown>; main: boolean }
  | { type: "tool_finished"; id: string; isError: boolean; text: string; detail?: unknown }
  | {
      type: "retrying";
      attempt: number;
      maxAttempts: number;
      delayMs: number;
      status?: number;
      reason: string;
    }
  /** A tool waits for our word: answer with `ClaudeRun.answer(requestId, …)`. */
  | {
      type: "permission_asked";
      requestId: string;
      toolName: string;
      toolUseId: string;
      input: Record<string, unknown>;
      suggestions: readonly unknown[];
      blockedPath?: string;
      reason?: string;
    }
  | { type: "permission_cancelled"; requestId: string }
  /** A tool was refused without a question. */
  | { type: "permission_denied"; toolName: string; message: string }
  | { type: "mode_changed"; permissionMode: string }
  /**
   * A JSON-RPC message for an MCP server of ours: answer it with `ClaudeRun.answerMcp(requestId, …)`,
   * notifications too, or the turn waits. `isPast`: read in the file of an earlier life, nobody can answer it.
   */
  | { type: "mcp_message"; requestId: string; server: string; message: unknown; isPast?: true }
  | { type: "task_started"; taskId: string; description: string }
  /** `status` is the CLI's word: "completed", "failed", or "stopped" for one that was cut off. */
  | { type: "task_ended"; taskId: string; status: string }
  /** The end of one answer. A process can give several. `claudeSessionId` may be new (`/clear`): keep the last. */
  | {
      type: "result";
      ok: boolean;
      text: string;
      /** "transcript": the stream ended without a result, and the answer was read from the CLI's own file. */
      source: "stream" | "transcript";
      claudeSessionId: string;
      usage: Usage;
      durationMs: number;
      numTurns: number;
      denials: readonly { toolName: string; input: Record<string, unknown> }[];
      failure?: Failure;
      /** Another result is to come: a message still waits, or a background task will be heard of. */
      more?: true;
    }
  /** A line that is no JSON, or too long, was passed over. */
  | { type: "unreadable_line" }
  /** Processes that this turn left behind and that were ended; comes only if there were any. */
  | { type: "swept"; count: number }
  /** The process is over. `failure` is the first cause. */
  | { type: "completed"; ok: true }
  | { type: "completed"; ok: false; failure: Failure };
