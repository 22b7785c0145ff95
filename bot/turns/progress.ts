/**
 * Events → TurnView, a reducer. Pure: the same events give the same view, and a
 * view that was given out never changes. It does not know what a view looks like.
 */
import type { ClaudeEvent } from "../claude/events.ts";
import type { Beside, Note, Outcome, ToolUse, TurnView, Usage } from "./view.ts";

/** What the reducer carries along; only `view` is for others. */
export interface Progress {
  readonly view: TurnView;
  /** Whole blocks of text, joined. */
  readonly said: string;
  /** The block that is being written. */
  readonly open: string;
  /** What the person was asked about: refused or not, they know of it. */
  readonly asked: ReadonlySet<string>;
}

/** A turn of which nothing is known; `nowMs` is when its process is started, if one is. */
export const newProgress = (nowMs?: number, heard?: string): Progress => ({
  view: {
    phase: "starting",
    text: "",
    interludes: heard === undefined ? [] : [{ kind: "heard", id: "heard", at: 0, text: heard }],
    tools: [],
    isCompacting: false,
    notes: [],
    background: [],
    isResting: false,
    ...(nowMs === undefined ? {} : { quiet: { since: nowMs, isThinking: false } }),
  },
  said: "",
  open: "",
  asked: new Set(),
});

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
    case "warning": {
      const count = 1 + (view.notes.find((note) => note.kind === "unreadable_lines")?.count ?? 0);
      return withNote(progress, { kind: "unreadable_lines", count });
    }
    default:
      return progress;
  }
}

/**
 * The last view of a turn. A tool without an end was cut off: what it did is not
 * known to be done. What still runs in the background ends with the process.
 * `ranMs` is how long we saw it run: less than it took, where an earlier life started it.
 */
export function ended(progress: Progress, outcome: Outcome, ranMs?: number): TurnView {
  const { view } = progress.view.background.reduce((all, { id }) => endTask(all, id, "stopped"), progress);
  const { quiet: _, ...rest } = calmed(view);
  const last: TurnView = { ...rest, phase: "ended", outcome };
  return ranMs === undefined ? last : { ...last, durationMs: Math.max(ranMs, view.durationMs ?? 0) };
}

/** Adds `note`, in place of one of its kind. */
export function withNote(progress: Progress, note: Note): Progress {
  const others = progress.view.notes.filter(({ kind }) => kind !== note.kind);
  return withView(progress, { ...progress.view, notes: [...others, note] });
}

/** Puts `beside` at `at`, by default where the text ends now, or in place of the interlude with this id. */
export function withInterlude(progress: Progress, id: string, beside: Beside, at?: number): Progress {
  const { view } = progress;
  const isThere = view.interludes.some((interlude) => interlude.id === id);
  const place = at ?? placeOf(beside, progress);
  const interludes = isThere
    ? view.interludes.map((interlude) =>
        interlude.id === id ? { ...beside, id, at: interlude.at } : interlude,
      )
    : [
        ...view.interludes.filter((interlude) => interlude.at <= place),
        { ...beside, id, at: place },
        ...view.interludes.filter((interlude) => interlude.at > place),
      ];
  return withView(progress, { ...view, interludes });
}

/** What a message asked for begins with a block of its own, and the CLI may say only after its first words that it was taken up. */
function placeOf(beside: Beside, { said, view }: Progress): number {
  return beside.kind === "steered" ? said.length : view.text.length;
}

const TITLE_UNITS = 160;

/** What a tool is used on, in one line: the command, the path, the address. */
export function toolTitle(input: Record<string, unknown>): string {
  for (const key of [
    "command",
    "file_path",
    "notebook_path",
    "path",
    "url",
    "pattern",
    "query",
    "description",
    "prompt",
  ]) {
    const value = input[key];
    if (typeof value !== "string" || value === "") continue;
    const line = value.replace(/\s+/g, " ").trim();
    return line.length <= TITLE_UNITS ? line : `${line.slice(0, TITLE_UNITS - 1).toWellFormed()}…`;
  }
  return "";
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

function endTask(progress: Progress, taskId: string, status: string): Progress {
  const { view } = progress;
  const task = view.background.find(({ id }) => id === taskId);
  if (task === undefined) return progress;
  const background = view.background.filter((each) => each !== task);
  const next = withView(progress, { ...view, background });
  if (status === "completed" || status === "failed") return next;
  const former = view.notes.find((note) => note.kind === "background_ended")?.tasks ?? [];
  return withNote(next, { kind: "background_ended", tasks: [...former, task.description] });
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

/** A view without what is over as soon as anything else happens. */
function calmed(view: TurnView): TurnView {
  const { retry: _, ...rest } = view;
  return { ...rest, isCompacting: false, isResting: false };
}

function withText(progress: Progress): Progress {
  const text = joined(progress.said, progress.open);
  return withView(progress, { ...calmed(progress.view), phase: "working", text });
}

function withView(progress: Progress, view: TurnView): Progress {
  return { ...progress, view };
}

function joined(before: string, after: string): string {
  return before === "" || after === "" ? before + after : `${before}\n\n${after}`;
}
