/**
 * What is said in a conversation, read from the lines of the CLI's transcript:
 * a person's words, Claude's, and what the conversation is called. Pure. All else
 * in there (tools, reminders, snapshots) is passed over, and so is whatever a
 * newer CLI may write.
 */
import { asObject, asString, parseObject, textsOf } from "./loose-json.ts";

/** One line of a transcript that says something. Times are ISO-8601 UTC, where the CLI gives them. */
export type Spoken =
  | {
      readonly kind: "prompt";
      readonly uuid: string;
      readonly text: string;
      /** It was typed at a terminal, not given by a program. */
      readonly isTyped: boolean;
      /** A command of the CLI's own, such as /compact. */
      readonly isCommand: boolean;
      readonly cwd?: string;
      readonly at?: string;
    }
  | {
      readonly kind: "answer";
      readonly uuid: string;
      /** Lines of one message share it. */
      readonly messageId?: string;
      readonly text: string;
      readonly at?: string;
    }
  /** `isOwn`: the person gave the name. */
  | { readonly kind: "title"; readonly text: string; readonly isOwn: boolean };

/** Reads one line; undefined where nobody says anything in it. Never throws. */
export function parseSpoken(line: string): Spoken | undefined {
  if (!/"type":"(?:user|assistant|summary|custom-title|ai-title)"/.test(line)) return undefined;
  const entry = parseObject(line);
  if (entry === undefined || entry["isSidechain"] === true || entry["isMeta"] === true) return undefined;
  switch (entry["type"]) {
    case "user":
      return promptOf(entry);
    case "assistant":
      return answerOf(entry);
    case "custom-title":
      return titleOf(entry["customTitle"], true);
    case "ai-title":
      return titleOf(entry["aiTitle"], false);
    case "summary":
      return titleOf(entry["summary"], false);
    default:
      return undefined;
  }
}

/** What the CLI says in the person's place: results, ends of tasks, marks of an interruption. */
const NOT_THEIRS = /^(?:<(?:local-command|bash-|task-notification|command-message)|\[Request interrupted)/;

const REMINDER = { begin: "<system-reminder>", end: "</system-reminder>" };

/** Not by a pattern: one that finds no end looks for it anew behind each beginning. */
function withoutReminders(text: string): string {
  let kept = "";
  let from = 0;
  for (;;) {
    const begin = text.indexOf(REMINDER.begin, from);
    const end = begin === -1 ? -1 : text.indexOf(REMINDER.end, begin);
    if (end === -1) return kept + text.slice(from);
    kept += text.slice(from, begin);
    from = end + REMINDER.end.length;
  }
}

function promptOf(entry: Record<string, unknown>): Spoken | undefined {
  if (entry["isCompactSummary"] === true || entry["isVisibleInTranscriptOnly"] === true) return undefined;
  const content = asObject(entry["message"])?.["content"];
  const blocks = Array.isArray(content) ? content.map((block: unknown) => asObject(block)) : [];
  if (blocks.some((block) => block?.["type"] === "tool_result")) return undefined;
  const raw = typeof content === "string" ? content : textsOf(content).join("\n");
  const text = withoutReminders(raw).trim();
  const uuid = asString(entry["uuid"]);
  if (text === "" || uuid === undefined || NOT_THEIRS.test(text)) return undefined;
  const command = commandOf(text);
  const entrypoint = asString(entry["entrypoint"]) ?? "cli";
  const cwd = asString(entry["cwd"]);
  return {
    kind: "prompt",
    uuid,
    text: command ?? text,
    isTyped: !entrypoint.startsWith("sdk"),
    isCommand: command !== undefined,
    ...(cwd === undefined ? {} : { cwd }),
    ...timeOf(entry),
  };
}

function answerOf(entry: Record<string, unknown>): Spoken | undefined {
  const message = asObject(entry["message"]);
  const text = textsOf(message?.["content"]).join("\n\n").trim();
  const uuid = asString(entry["uuid"]);
  // What the CLI itself says in Claude's place.
  if (text === "" || uuid === undefined || message?.["model"] === "<synthetic>") return undefined;
  const messageId = asString(message?.["id"]);
  return { kind: "answer", uuid, ...(messageId === undefined ? {} : { messageId }), text, ...timeOf(entry) };
}

function titleOf(title: unknown, isOwn: boolean): Spoken | undefined {
  const text = asString(title)?.trim() ?? "";
  return text === "" ? undefined : { kind: "title", text, isOwn };
}

function commandOf(text: string): string | undefined {
  const name = /^<command-name>([^<]*)<\/command-name>/.exec(text)?.[1];
  if (name === undefined) return undefined;
  const args = /<command-args>([^]*?)<\/command-args>/.exec(text)?.[1] ?? "";
  return `${name} ${args}`.trim();
}

function timeOf(entry: Record<string, unknown>): { at?: string } {
  const at = asString(entry["timestamp"]);
  return at === undefined || Number.isNaN(Date.parse(at)) ? {} : { at };
}
