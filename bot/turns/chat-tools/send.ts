/**
 * The tools `send_file` and `send_photo`: a file of the session becomes part of
 * the answer. The sentences here are for the model. It does not know the chat,
 * nor how the file gets there.
 */
import type { FileHandle } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { z } from "zod";
import type { McpOutcome, McpTool } from "../../claude/mcp.ts";
import { type Bounds, openConfined } from "../../store/confined-file.ts";
import { MOST_SENT_BYTES } from "../most-sent.ts";
import type { SentFile } from "../view.ts";
import { HEAD_BYTES, isPicture } from "./photo.ts";
import type { SentFiles } from "./sent-files.ts";

/** One call of a tool: the request's id, and where in the text it came. */
export interface ToolCall {
  readonly key: string;
  readonly at: number;
}

/** What sending needs. */
export interface SendDeps {
  /** What a relative path is relative to. */
  readonly cwd: string;
  readonly bounds: Bounds;
  readonly sent: SentFiles;
  /** Puts a file into the answer; false if the answer is over. */
  put(id: string, file: SentFile, at: number): boolean;
}

const inputSchema = z.object({
  path: z.string().min(1).describe("Absolute, or relative to the working directory."),
  caption: z.string().max(4_000).optional().describe("A sentence or two under the file. Markdown."),
});

/** Makes the two tools. */
export function sendTools(deps: SendDeps): McpTool<ToolCall>[] {
  const schema = z.toJSONSchema(inputSchema, { io: "input" });
  let last: Promise<unknown> = Promise.resolve();
  /** In the order of the calls, which may come side by side: so they stand in the answer. */
  const inTurn = (wanted: "file" | "photo", input: unknown, call: ToolCall): Promise<McpOutcome> => {
    const mine = last.then(() => send(deps, wanted, input, call));
    last = mine.catch(() => {});
    return mine;
  };
  return [
    {
      name: "send_file",
      description:
        "Gives the person a file from this machine, at this point of your answer, up to 50 MB. For what they should have: a report, a table, an archive. Only from the working directory and the session's own folders.",
      isReadOnly: true,
      inputSchema: schema,
      call: (input, call) => inTurn("file", input, call),
    },
    {
      name: "send_photo",
      description:
        "Shows the person an image from this machine (PNG, JPEG or WebP, up to 10 MB), at this point of your answer. Telegram compresses it: use send_file where they need the file itself.",
      isReadOnly: true,
      inputSchema: schema,
      call: (input, call) => inTurn("photo", input, call),
    },
  ];
}

async function send(
  deps: SendDeps,
  wanted: "file" | "photo",
  input: unknown,
  { key, at }: ToolCall,
): Promise<McpOutcome> {
  const wish = inputSchema.safeParse(input);
  if (!wish.success) return failed("`path` must be text, and `caption` at most 4000 characters.");
  const path = resolve(deps.cwd, wish.data.path);
  const opened = await openConfined(path, deps.bounds);
  if (!opened.ok) return failed(REFUSALS[opened.kind]);
  const { file, stats } = opened;
  try {
    if (stats.size === 0) return failed("The file is empty.");
    const isPhoto =
      wanted === "photo" && stats.size <= MOST_SENT_BYTES.photo && isPicture(await headOf(file));
    const kept = await deps.sent.keep({
      key,
      file,
      source: path,
      name: basename(path),
      isPhoto,
      caption: wish.data.caption ?? "",
      maxBytes: isPhoto ? MOST_SENT_BYTES.photo : MOST_SENT_BYTES.file,
    });
    if (!kept.ok) return failed(REFUSALS[kept.kind]);
    if (!deps.put(kept.id, kept.file, at)) return failed("The answer is over; it was not sent.");
    return { ok: true, text: isPhoto || wanted === "file" ? SENT : SENT_AS_FILE };
  } finally {
    await file.close();
  }
}

const SENT = "It appears in the chat at this point of your answer.";
const SENT_AS_FILE = `${SENT} It was sent as a file: a photo must be a PNG, JPEG or WebP of at most 10 MB.`;

const REFUSALS = {
  absent: "There is no such file.",
  outside:
    "This file may not be sent: it is not in the working directory or the session's own folders. Copy it there if the person should have it.",
  not_a_file: "This is not a regular file. Pack a folder into an archive first.",
  unreadable: "The file cannot be read.",
  too_big: "The file is too big: at most 50 MB can be sent.",
  too_many: "No more files can be sent in this turn: at most 20, and 200 MB in all.",
  disk_full: "The disk of the machine is full; it was not sent.",
};

function failed(text: string): McpOutcome {
  return { ok: false, text };
}

async function headOf(file: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
  return head.subarray(0, bytesRead);
}
