/**
 * What the files of a session's turns say, put together for pages to show: the
 * one reading of a conversation. Pure. It promises to say what is missing instead
 * of failing over it: one odd field must not cost a turn.
 */
import { z } from "zod";

/** The session whose conversation it is. */
export interface PageSession {
  readonly id: string;
  readonly name: string;
  readonly persona: string;
  readonly createdAt: string;
}

/** The files of a turn as they were read; undefined where there was none. `steered` is what was written into it while it ran, where the receipt does not say. */
export interface TurnTexts {
  readonly updateId: string;
  readonly prompt: string | undefined;
  readonly receipt: string | undefined;
  readonly steered?: readonly string[];
}

/** A turn to be shown. */
export interface PageTurn {
  readonly number: number;
  /** When it began, or a name for it. */
  readonly at: string;
  /** What the person said; or a sentence that says why that is not known. */
  readonly asked: { readonly text: string } | { readonly lost: string };
  /** A sentence about the files that came along. */
  readonly files?: string;
  /** What the person wrote meanwhile, where it is not known at which place. */
  readonly steered: readonly string[];
  readonly answered: Answered | { readonly lost: string };
}

/** What Claude did and said: how it ended, its tools in a line each, its words. */
export interface Answered {
  readonly facts: string;
  readonly tools: readonly string[];
  readonly pieces: readonly Piece[];
}

/** A piece of an answer: Claude's words as Markdown, or what the person wrote at this place. */
export type Piece =
  | { readonly by: "claude"; readonly text: string }
  | { readonly by: "person"; readonly text: string; readonly files?: string };

const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

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
  steered: z
    .array(z.object({ at: z.int().nonnegative(), text: z.string(), files: z.int().catch(0) }))
    .optional()
    .catch(undefined),
});
type Receipt = z.infer<typeof receiptSchema>;

/** Reads the turns, in the order in which they began; one that does not say when stays behind the one given before it. */
export function readConversation(turns: readonly TurnTexts[]): PageTurn[] {
  let last = "";
  const read = turns.map((turn) => {
    const page = readTurn(turn);
    if (ISO_TIME.test(page.at)) last = page.at;
    return { page, began: last };
  });
  // Not by their updates: after a quiet week Telegram's numbers go on from anywhere.
  read.sort((a, b) => (a.began < b.began ? -1 : Number(a.began > b.began)));
  return read.map(({ page }, index) => ({ number: index + 1, ...page }));
}

function readTurn(turn: TurnTexts): Omit<PageTurn, "number"> {
  const prompt = parse(promptSchema, turn.prompt);
  const receipt = parse(receiptSchema, turn.receipt);
  const attached = prompt?.attachments ?? [];
  return {
    at: prompt?.createdAt ?? receipt?.startedAt ?? `turn ${turn.updateId}`,
    asked:
      prompt === undefined
        ? { lost: lost("prompt.json", turn.prompt) }
        : { text: prompt.text || (prompt.heard ?? "") },
    ...(attached.length === 0 ? {} : { files: filesLine(attached) }),
    steered: turn.steered ?? [],
    answered:
      receipt === undefined
        ? { lost: lost("turn.json", turn.receipt) }
        : {
            facts: [receipt.outcome, receipt.endedAt].filter((fact) => fact !== undefined).join(" · "),
            tools: receipt.tools.map(toolLine),
            pieces: piecesOf(receipt),
          },
  };
}

/** The answer, cut where the person wrote into it. */
function piecesOf({ text, steered = [] }: Receipt): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  const claudes = (to?: number): void => {
    // Spaces at the beginning of a line may make it code.
    const words = text
      .slice(from, to)
      .replace(/^\s*\n/, "")
      .trimEnd();
    if (words !== "") pieces.push({ by: "claude", text: words });
  };
  for (const { at, text: words, files } of steered) {
    claudes(at);
    from = Math.max(from, at);
    pieces.push({ by: "person", text: words, ...(files === 0 ? {} : { files: filesSentence(files) }) });
  }
  claudes();
  return pieces;
}

/** A text in one line, for places that have no more. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function filesLine(attached: readonly { file?: string | undefined }[]): string {
  const names = attached.flatMap(({ file }) => (file === undefined ? [] : [`uploads/${oneLine(file)}`]));
  const named = names.length > 0 ? `: ${names.join(", ")}` : "";
  return filesSentence(attached.length, named);
}

function filesSentence(count: number, named = ""): string {
  return `With ${count} ${count === 1 ? "file" : "files"}${named}.`;
}

function toolLine({ name, title }: { name: string; title?: string | undefined }): string {
  const said = oneLine(title ?? "");
  return said === "" ? oneLine(name) : `${oneLine(name)}: ${said}`;
}

function lost(file: string, text: string | undefined): string {
  return text === undefined ? `There was no ${file}.` : `${file} could not be read.`;
}

function parse<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
