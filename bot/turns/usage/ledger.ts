/**
 * What turns cost: one line for each in `sessions/usage.jsonl`, kept when its
 * session is archived. It promises to count a turn once, and to read the file
 * only when somebody asks. It does not know budgets.
 */
import { z } from "zod";
import { type AppendFile, openAppendFile } from "../../store/append-file.ts";
import { orDiskFull } from "../../store/disk.ts";
import { writeFileDurably } from "../../store/json-file.ts";

const amount = z.number().nonnegative();

/** What one turn cost. `at` is when it ended, ISO-8601 UTC. */
const spentSchema = z.object({
  v: z.literal(1),
  at: z.iso.datetime(),
  updateId: z.int(),
  sessionId: z.string(),
  /** The session's folder: what is left of its name when it is archived. */
  folder: z.string(),
  chatId: z.int(),
  persona: z.string(),
  costUsd: amount,
  inputTokens: amount,
  outputTokens: amount,
});
export type Spent = z.infer<typeof spentSchema>;

export type Ledger = ReturnType<typeof createLedger>;

const DAY_MS = 86_400_000;
/** Nothing looks further back than this; the file keeps more. */
const REMEMBER_MS = 32 * DAY_MS;
const KEEP_MS = 400 * DAY_MS;
const COMPACT_BYTES = 8 * 1024 * 1024;

/** Makes it; the file is opened when it is first needed. */
export function createLedger(options: { path: string; now: () => Date; compactBytes?: number }) {
  const { path, now, compactBytes = COMPACT_BYTES } = options;
  const turns = new Map<string, Spent>();
  let opening: Promise<AppendFile> | undefined;

  async function open(): Promise<AppendFile> {
    let file = await openAppendFile(path);
    // A line that cannot be read is worth less than an answer: it is passed over, and stays.
    const lines = await file.readLines();
    const oldest = now().getTime() - REMEMBER_MS;
    // What was added while the file was read is newer; of a turn that was told twice the last word counts.
    const added = [...turns.values()];
    turns.clear();
    for (const spent of [...lines.flatMap(parse), ...added])
      if (Date.parse(spent.at) >= oldest) turns.set(keyOf(spent), spent);
    if (lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) <= compactBytes) return file;
    const end = now().getTime() - KEEP_MS;
    const kept = lines.filter((line) => parse(line).every(({ at }) => Date.parse(at) >= end));
    await orDiskFull(() => writeFileDurably(path, kept.map((line) => `${line}\n`).join("")));
    await file.close();
    file = await openAppendFile(path);
    return file;
  }

  /** What nothing looks back to any more, the oldest first. */
  function forget(): void {
    const oldest = now().getTime() - REMEMBER_MS;
    for (const [key, { at }] of turns) {
      if (Date.parse(at) >= oldest) return;
      turns.delete(key);
    }
  }

  /** The file; one that could not be opened is tried again. */
  function opened(): Promise<AppendFile> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  return {
    /** Counts a turn; at once for whoever asks, durably when it resolves. A turn that is told again is written again, and counts once. */
    async add(spent: Omit<Spent, "v">): Promise<void> {
      const line: Spent = { v: 1, ...spent };
      turns.set(keyOf(line), line);
      forget();
      const file = await opened();
      await orDiskFull(() => file.append([JSON.stringify(line)]));
    },

    /** Reads the file, so that `since` knows all. */
    async load(): Promise<void> {
      await opened();
    },

    /** The turns that ended at or after `atMs`, at most a month back. Right only after `load`. */
    since: (atMs: number): Spent[] => [...turns.values()].filter(({ at }) => Date.parse(at) >= atMs),

    async close(): Promise<void> {
      await (await opening)?.close();
    },
  };
}

const keyOf = ({ sessionId, updateId }: Spent): string => `${sessionId}/${updateId}`;

function parse(line: string): Spent[] {
  try {
    const read = spentSchema.safeParse(JSON.parse(line));
    return read.success ? [read.data] : [];
  } catch {
    return [];
  }
}

/** When the day began that lies `back` days before that of `now`, by the machine's time zone, in ms. */
export function startOfDay(now: Date, back = 0): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - back).getTime();
}
