/**
 * A request of the CLI → what is asked of the person. It reads the file that
 * would be overwritten, within bounds; else it is pure. It does not know the words.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import type { ClaudeEvent } from "../../claude/events.ts";
import { codeOf } from "../../error-code.ts";
import type { About, Doing, Question } from "./ask.ts";
import { diffLines } from "./diff.ts";
import { rulesFor } from "./rules.ts";

export type Asked = Extract<ClaudeEvent, { type: "permission_asked" }>;

/** Files above this are not compared with what would replace them. */
const MOST_BYTES = 512 * 1024;

const questions = z.object({
  questions: z
    .array(
      z.looseObject({
        question: z.string(),
        header: z.string().catch(""),
        options: z
          .array(z.looseObject({ label: z.string().min(1), description: z.string().catch("") }))
          .catch([]),
        multiSelect: z.boolean().catch(false),
      }),
    )
    .min(1),
});

/** What is asked: one thing, or several questions in turn. `lastText` is what Claude said last. */
export function describe(
  event: Asked,
  context: {
    readonly cwd: string;
    readonly lastText: string;
    readonly calledWith?: unknown;
    readonly startMode?: string | undefined;
    readonly before: Before;
  },
): About[] {
  if (event.toolName === "AskUserQuestion") {
    const parsed = questions.safeParse(event.input);
    if (parsed.success) return parsed.data.questions.map(asQuestion);
  }
  if (event.toolName === "ExitPlanMode") {
    const plan = event.input["plan"] ?? context.calledWith;
    const isSaid = typeof plan !== "string" || plan.trim() === "" || context.lastText.includes(plan.trim());
    return [
      {
        kind: "plan",
        ...(isSaid ? {} : { markdown: plan }),
        ...(context.startMode === "plan" ? { isSessionMode: true } : {}),
      },
    ];
  }
  const { description } = event.input;
  return [
    {
      kind: "permission",
      toolName: event.toolName,
      doing: doingOf(event, context.before),
      ...(typeof description === "string" && event.toolName === "Bash" ? { description } : {}),
      ...(event.reason === undefined ? {} : { reason: event.reason }),
      ...(event.blockedPath === undefined ? {} : { blockedPath: event.blockedPath }),
      rules: rulesFor(event, context.cwd),
    },
  ];
}

function asQuestion(
  asked: z.infer<typeof questions>["questions"][number],
  index: number,
  all: readonly unknown[],
): Question {
  const { question, header, options, multiSelect: isMulti } = asked;
  return {
    kind: "question",
    question,
    header,
    options: options.map(({ label, description }) => ({ label, description })),
    isMulti,
    chosen: [],
    number: index + 1,
    of: all.length,
  };
}

function doingOf({ toolName, input }: Asked, before: Before): Doing {
  const text = (key: string): string | undefined => {
    const value = input[key];
    return typeof value === "string" ? value : undefined;
  };
  const path = text("file_path");
  const [command, content, url] = [text("command"), text("content"), text("url")];
  const [old, fresh] = [text("old_string"), text("new_string")];
  if (toolName === "Bash" && command !== undefined) return { kind: "command", command };
  if (toolName === "Write" && path !== undefined && content !== undefined)
    return {
      kind: "change",
      path,
      diff: diffLines(before.text ?? "", content),
      of: !before.isThere ? "new" : before.text === undefined ? "unread" : "known",
    };
  if (toolName === "Edit" && path !== undefined && old !== undefined && fresh !== undefined)
    return { kind: "change", path, diff: diffLines(old, fresh), of: "known" };
  if (toolName === "WebFetch" && url !== undefined)
    return { kind: "fetch", url, prompt: text("prompt") ?? "" };
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(toolName) ?? [];
  const json = JSON.stringify(input, null, 2);
  return server === undefined || tool === undefined
    ? { kind: "tool", tool: toolName, input: json }
    : { kind: "tool", server, tool, input: json };
}

/** What a Write would replace: `isThere`, and its text where that can be read and compared. */
export interface Before {
  readonly isThere: boolean;
  readonly text?: string;
}

/** Looks at the file that a Write would replace; nothing for any other tool. */
export async function readBefore({ toolName, input }: Asked): Promise<Before> {
  const path = input["file_path"];
  if (toolName !== "Write" || typeof path !== "string" || !path.startsWith("/")) return { isThere: false };
  try {
    // Opening a pipe would else wait until somebody writes into it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      const isReadable = stats.isFile() && stats.size <= MOST_BYTES;
      return { isThere: true, ...(isReadable ? { text: await file.readFile("utf8") } : {}) };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { isThere: codeOf(error) !== "ENOENT" };
  }
}
