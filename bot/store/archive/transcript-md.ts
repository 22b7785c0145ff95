/**
 * A session as a page to read: what the person said and what was answered, turn
 * by turn. Pure. It promises to say what is missing instead of failing over it.
 */
import { z } from "zod";
import type { SessionSummary } from "./types.ts";

/** The two files of a turn as they were read; undefined where there was none. */
export interface TurnTexts {
  readonly updateId: string;
  readonly prompt: string | undefined;
  readonly receipt: string | undefined;
}

// Tolerant on purpose: this page is for people, and one odd field must not cost a turn.
const promptSchema = z.object({
  createdAt: z.string().optional().catch(undefined),
  text: z.string(),
  heard: z.string().optional().catch(undefined),
  attachments: z
    .array(z.object({ file: z.string().optional() }))
    .optional()
    .catch(undefined),
});
const receiptSchema = z.object({
  outcome: z
    .union([z.string(), z.object({ kind: z.string() }).transform(({ kind }) => kind)])
    .catch("unknown"),
  startedAt: z.string().optional().catch(undefined),
  endedAt: z.string().optional().catch(undefined),
  text: z.string(),
  tools: z.array(z.object({ name: z.string(), title: z.string().optional().catch(undefined) })).catch([]),
});

/** Renders the page; turns in the order given. */
export function renderTranscript(session: SessionSummary, turns: readonly TurnTexts[]): string {
  const parts = [
    `# ${oneLine(session.name)}`,
    `Session ${session.id} · persona ${oneLine(session.persona)} · created ${session.createdAt}`,
  ];
  if (turns.length === 0) parts.push("*No turns.*");
  for (const [index, turn] of turns.entries()) parts.push(...renderTurn(index + 1, turn));
  return `${parts.join("\n\n")}\n`;
}

function renderTurn(number: number, turn: TurnTexts): string[] {
  const prompt = parse(promptSchema, turn.prompt);
  const receipt = parse(receiptSchema, turn.receipt);
  const parts = [`## ${number} · ${prompt?.createdAt ?? receipt?.startedAt ?? `turn ${turn.updateId}`}`];
  parts.push("**You**");
  parts.push(
    prompt === undefined ? lost("prompt.json", turn.prompt) : quote(prompt.text || (prompt.heard ?? "")),
  );
  const attached = prompt?.attachments ?? [];
  if (attached.length > 0) parts.push(filesLine(attached));
  parts.push(`**Claude**${receipt === undefined ? "" : ` · ${facts(receipt)}`}`);
  if (receipt === undefined) return [...parts, lost("turn.json", turn.receipt)];
  if (receipt.tools.length > 0) parts.push(receipt.tools.map(renderTool).join("\n"));
  parts.push(receipt.text.trim() === "" ? "*No text.*" : receipt.text.trimEnd());
  return parts;
}

function filesLine(attached: readonly { file?: string | undefined }[]): string {
  const names = attached.flatMap(({ file }) => (file === undefined ? [] : [`uploads/${oneLine(file)}`]));
  const named = names.length > 0 ? `: ${names.join(", ")}` : "";
  return `*With ${attached.length} ${attached.length === 1 ? "file" : "files"}${named}.*`;
}

function facts(receipt: z.infer<typeof receiptSchema>): string {
  return [receipt.outcome, receipt.endedAt].filter((fact) => fact !== undefined).join(" · ");
}

function renderTool(tool: { name: string; title?: string | undefined }): string {
  const title = oneLine(tool.title ?? "");
  return title === "" ? `- ${oneLine(tool.name)}` : `- ${oneLine(tool.name)}: ${title}`;
}

function lost(file: string, text: string | undefined): string {
  return text === undefined ? `*There was no ${file}.*` : `*${file} could not be read.*`;
}

/** The person's words as a quotation, so that their headings are not taken for ours. */
function quote(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function parse<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
