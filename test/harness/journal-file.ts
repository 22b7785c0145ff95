/**
 * The bot's journal as an outsider reads it: `sessions/journal.jsonl`, one JSON
 * object a line. It uses nothing of `bot/`, so that it judges the file and not
 * the code that wrote it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** One line. */
interface JournalLine {
  readonly v: number;
  readonly id: number;
  readonly state: string;
  readonly at: string;
  readonly [field: string]: unknown;
}

/** The journal, and the lines that are none. */
export interface JournalFile {
  readonly lines: readonly JournalLine[];
  readonly broken: readonly string[];
}

/** States after which nothing more happens without the person. */
const settledStates = new Set(["done", "held", "kept", "stalled", "interrupted"]);

/** Reads the journal below `sessions`; none is an empty one. */
export async function readJournal(sessions: string): Promise<JournalFile> {
  const text = await readFile(join(sessions, "journal.jsonl"), "utf8").catch(() => "");
  const lines: JournalLine[] = [];
  const broken: string[] = [];
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const parsed = parse(line);
    if (parsed === undefined) broken.push(line);
    else lines.push(parsed);
  }
  return { lines, broken };
}

/** The last state of each update; what is done stays done. `sent` of a turn that still runs is its live message. */
export function lastStates({ lines }: JournalFile): Map<number, string> {
  const states = new Map<number, string>();
  for (const { id, state, isRead } of lines) {
    // Read within a turn that was cut off: it waits for the person's word with that.
    const known = isRead === true ? "interrupted" : state;
    if (states.get(id) !== "done") states.set(id, known);
  }
  return states;
}

/** The updates of which something is still to be done. */
export function unsettled(journal: JournalFile): { id: number; state: string }[] {
  return [...lastStates(journal)]
    .filter(([, state]) => !settledStates.has(state))
    .map(([id, state]) => ({ id, state }));
}

function parse(line: string): JournalLine | undefined {
  try {
    const value = JSON.parse(line) as Partial<JournalLine> | null;
    const isLine =
      value?.v === 1 &&
      typeof value.id === "number" &&
      typeof value.state === "string" &&
      typeof value.at === "string";
    return isLine ? (value as JournalLine) : undefined;
  } catch {
    return undefined;
  }
}
