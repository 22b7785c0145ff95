/**
 * Events → progress, a reducer. Pure: the same events give the same view. What
 * each event changes is here, how it is changed in `progress.ts`.
 */
import type { ClaudeEvent } from "../claude/events.ts";
import { calmed, endTask, joined, type Progress, withNote, withText, withView } from "./progress.ts";
import { toolTitle } from "./tool-title.ts";
import type { ToolUse, Usage } from "./view.ts";

/** The progress after `event`; the very same object where nothing changed that a view could show. `nowMs` is monotonic. */
export function reduce(progress: Progress, event: ClaudeEvent, nowMs: number): Progress {
  const next = step(progress, event, nowMs);
  if (next === progress || !isSignOfLife(progress, event)) return next;
  return withView(next, { ...next.view, quiet: silence(nowMs) });
}

function step(progress: Progress, event: ClaudeEvent, nowMs: number): Progress {
  const { view } = progress;
  switch (event.type) {
    case "started":
    case "requesting":
      return withView(
        progress,
        view.phase === "working" ? calmed(view) : { ...calmed(view), phase: "working" },
      );
    case "text":
      return withText({ ...progress, open: progress.open + event.delta });
    case "text_block":
      // The whole block repeats its deltas; it is the truth where they differ.
      return withText({ ...progress, said: joined(progress.said, wordsOf(event.text)), open: "" });
    case "tool_started": {
      if (!event.main) return progress;
      const tool: ToolUse = {
        id: event.id,
        name: event.name,
        title: toolTitle(event.input),
        startedAt: nowMs,
      };
      return withView(progress, { ...calmed(view), tools: [...view.tools, tool] });
    }
    case "tool_finished":
      // A subagent's is not shown.
      if (!view.tools.some(({ id }) => id === event.id)) return progress;
      return withView(progress, {
        ...view,
        tools: view.tools.map((tool) =>
          tool.id === event.id ? { ...tool, endedAt: nowMs, isError: event.isError } : tool,
        ),
      });
    case "thinking":
      if (view.quiet?.isThinking) return progress;
      return withView(progress, { ...view, quiet: { ...(view.quiet ?? silence(nowMs)), isThinking: true } });
    case "retrying": {
      const { attempt, maxAttempts, delayMs, reason } = event;
      return withView(progress, { ...view, retry: { attempt, maxAttempts, delayMs, reason, at: nowMs } });
    }
    case "compacting":
      return withView(progress, { ...view, isCompacting: true });
    case "compacted": {
      const { type: _, ...tokens } = event;
      return withNote(withView(progress, calmed(view)), { kind: "compacted", ...tokens });
    }
    case "permission_asked":
      return { ...progress, asked: new Set(progress.asked).add(callKey(event)) };
    case "task_started": {
      const task = { id: event.taskId, description: event.description, startedAt: nowMs };
      return withView(progress, { ...view, background: [...view.background, task] });
    }
    case "task_ended":
      return endTask(progress, event.taskId, event.status);
    case "result":
      return afterResult(progress, event);
    case "unreadable_line": {
      const count = 1 + (view.notes.find((note) => note.kind === "unreadable_lines")?.count ?? 0);
      return withNote(progress, { kind: "unreadable_lines", count });
    }
    default:
      return progress;
  }
}

function afterResult(progress: Progress, event: Extract<ClaudeEvent, { type: "result" }>): Progress {
  let next = progress;
  const message = event.failure && "message" in event.failure ? event.failure.message : undefined;
  if (message && next.said.endsWith(message)) {
    // The CLI says its errors twice, as an answer and as a failure; the failure gets its own sentence.
    next = withText({ ...next, said: next.said.slice(0, -message.length).trimEnd() });
  } else if (next.view.text === "" && event.ok) {
    next = withText({ ...next, said: wordsOf(event.text) });
  }
  next = withView(next, {
    ...next.view,
    usage: sumOf(next.view.usage, event.usage),
    durationMs: (next.view.durationMs ?? 0) + event.durationMs,
    isResting: event.more === true && next.view.background.length > 0,
  });
  if (event.failure && event.more) next = withNote(next, { kind: "one_failed", failure: event.failure });
  if (event.source === "transcript") next = withNote(next, { kind: "from_transcript" });
  const denials = event.denials.filter((denial) => !progress.asked.has(callKey(denial)));
  if (denials.length > 0) {
    const former = next.view.notes.find((note) => note.kind === "denied")?.tools ?? [];
    const denied = denials.map((denial) => `${denial.toolName} ${toolTitle(denial.input)}`.trim());
    next = withNote(next, { kind: "denied", tools: [...new Set([...former, ...denied])] });
  }
  return next;
}

const callKey = ({ toolName, input }: { toolName: string; input: Record<string, unknown> }): string =>
  JSON.stringify([toolName, input]);

/** A process may give several results, each with its own share; the context is as full as the last one says. */
function sumOf(before: Usage | undefined, usage: Usage): Usage {
  if (before === undefined) return usage;
  return {
    ...before,
    ...usage,
    costUsd: before.costUsd + usage.costUsd,
    inputTokens: before.inputTokens + usage.inputTokens,
    outputTokens: before.outputTokens + usage.outputTokens,
  };
}

/** Whether `event` ends a silence. A try that follows a refusal does not: the model has still said nothing. */
function isSignOfLife({ view }: Progress, event: ClaudeEvent): boolean {
  switch (event.type) {
    case "started":
    case "text":
    case "text_block":
    case "tool_finished":
    case "compacted":
    case "task_ended":
      return true;
    case "requesting":
      return view.retry === undefined;
    default:
      return false;
  }
}

const silence = (since: number): { since: number; isThinking: boolean } => ({ since, isThinking: false });

/** The CLI's word for nothing, e.g. after `/clear`. */
function wordsOf(text: string): string {
  return text === "(no content)" ? "" : text;
}
