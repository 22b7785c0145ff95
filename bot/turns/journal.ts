/**
 * The journal: every update that was taken, and what became of it, one fact a
 * line in `sessions/journal.jsonl`. It promises that a fact is on the disk when
 * its promise resolves, and that no update is ever taken twice. It does not know
 * what the facts are about.
 */
import { type AppendFile, openAppendFile } from "../store/append-file.ts";
import { orDiskFull } from "../store/disk.ts";
import { writeFileDurably } from "../store/json-file.ts";
import { z } from "zod";
import { type Entry, type Fact, factSchema, fold, newEntry } from "./facts.ts";
import { continueJournalFile } from "./journal-file.ts";

/** An update as the poller found it acceptable. */
export interface TakenUpdate {
  readonly update_id: number;
}

export interface Journal {
  /** Writes down `updates`, all with one sync, and returns those that are new. `awaySince`: they waited while nobody was here. Rejects if the disk refuses: then none may be confirmed. */
  take<T extends TakenUpdate>(updates: readonly T[], awaySince?: Date): Promise<T[]>;
  /** Adds a fact about an update. What `get` says changes at once; the promise is for the disk, and waits while that is full. */
  note(id: number, fact: Fact): Promise<void>;
  /** What is known of an update; undefined for one that was never taken. */
  get(id: number): Entry | undefined;
  /** All that is not done, in the order it was taken. */
  unfinished(): Entry[];
  /** Lines that could not be read at the start; they were set aside, not lost. */
  readonly unreadable: number;
}

const record = z.looseObject({ v: z.literal(1), id: z.int(), at: z.string() });
const newer = z.looseObject({ v: z.int().min(2) });

/** How long the id of an update that is done is remembered: Telegram repeats none that is older than a day. */
const REMEMBER_MS = 48 * 3_600_000;
const COMPACT_BYTES = 8 * 1024 * 1024;

/** The journal, or that a newer Parley wrote in it: then nothing was touched, and running on could run a turn twice. */
export type OpenJournal = { ok: true; journal: Journal } | { ok: false; kind: "newer" };

/** Opens the journal at `path`, reading all of it; lines that cannot be read are copied to `badPath`. */
export async function openJournal(options: {
  path: string;
  badPath: string;
  now: () => Date;
  /** Waits before another try on a full disk. */
  pause: () => Promise<void>;
  compactBytes?: number;
  /** Called at each named step of writing the file anew: tests die there. */
  checkpoint?: (name: string) => void;
  /** Opens the file; a test's may refuse. */
  open?: (path: string) => Promise<AppendFile>;
}): Promise<OpenJournal> {
  const open = options.open ?? ((path) => openAppendFile(path));
  const entries = new Map<number, Entry>();
  const bad: string[] = [];
  let file = await open(options.path);
  let bytes = 0;
  /** What the file has of each update that is not done. */
  const kept = new Map<number, string[]>();
  for (const line of await file.readLines()) {
    bytes += Buffer.byteLength(line) + 1;
    // An editor leaves one behind; there is nothing in it to keep.
    if (line.trim() === "") continue;
    const read = parseLine(line);
    if (read === "newer") {
      await file.close();
      return { ok: false, kind: "newer" };
    }
    if (read === undefined) {
      bad.push(line);
      continue;
    }
    entries.set(read.id, fold(entries.get(read.id) ?? newEntry(read.id, read.at), read.fact));
    kept.set(read.id, [...(kept.get(read.id) ?? []), line]);
  }
  for (const [id, { state }] of entries) if (state === "done") kept.delete(id);
  const compactBytes = options.compactBytes ?? COMPACT_BYTES;
  // Without room for it the file stays as it is, broken lines and all: a full disk must not keep the bot from starting.
  await orDiskFull(async () => {
    if (bad.length > 0) await appendAll(await open(options.badPath), bad);
    if (bytes > compactBytes || bad.length > 0) {
      const { lines, forgotten } = essenceOf(entries, kept, options.now());
      const text = lines.map((line) => `${line}\n`).join("");
      await writeFileDurably(options.path, text);
      for (const id of forgotten) entries.delete(id);
      bytes = Buffer.byteLength(text);
      await file.close();
      file = await open(options.path);
    }
  });

  let forgotten: readonly number[] = [];
  const journalFile = continueJournalFile({
    path: options.path,
    file,
    bytes,
    compactBytes,
    open,
    checkpoint: options.checkpoint ?? (() => {}),
    onDurable(lines) {
      for (const line of lines) {
        const { id, state } = JSON.parse(line) as { id: number; state: Fact["state"] };
        if (state === "done") kept.delete(id);
        // Whatever is said of one that is done changes nothing.
        else if (kept.has(id) || entries.get(id)?.state !== "done")
          kept.set(id, [...(kept.get(id) ?? []), line]);
      }
    },
    essence() {
      const essence = essenceOf(entries, kept, options.now());
      forgotten = essence.forgotten;
      return essence.lines;
    },
    onCompacted() {
      for (const id of forgotten) entries.delete(id);
    },
  });

  /** Facts on their way to the disk. One writer, so that a fact that waited for room is not overtaken by a later one. */
  let waiting: { line: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        // What depends on a fact waits for room on the disk: an answer is late rather than lost.
        while (await orDiskFull(() => journalFile.append(batch.map(({ line }) => line))))
          await options.pause();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = undefined;
  }

  const stamp = (): string => options.now().toISOString();
  const line = (id: number, fact: Fact, at: string): string => JSON.stringify({ v: 1, id, at, ...fact });

  const journal: Journal = {
    unreadable: bad.length,
    async take(updates, awaySince) {
      const seen = new Set<number>();
      const fresh = updates.filter(({ update_id: id }) => !entries.has(id) && !seen.has(id) && seen.add(id));
      if (fresh.length === 0) return [];
      const at = stamp();
      const away = awaySince === undefined ? {} : { awaySince: awaySince.toISOString() };
      const facts = fresh.map((update) => ({
        id: update.update_id,
        fact: { state: "received", update, ...away } as const,
      }));
      await journalFile.append(facts.map(({ id, fact }) => line(id, fact, at)));
      for (const { id, fact } of facts) entries.set(id, fold(newEntry(id, at), fact));
      return fresh;
    },
    async note(id, fact) {
      const at = stamp();
      entries.set(id, fold(entries.get(id) ?? newEntry(id, at), fact));
      await new Promise<void>((resolve, reject) => {
        waiting.push({ line: line(id, fact, at), resolve, reject });
        writing ??= write();
      });
    },
    get: (id) => entries.get(id),
    unfinished: () => [...entries.values()].filter((entry) => entry.state !== "done"),
  };
  return { ok: true, journal };
}

function parseLine(line: string): { id: number; at: string; fact: Fact } | "newer" | undefined {
  try {
    const raw: unknown = JSON.parse(line);
    if (newer.safeParse(raw).success) return "newer";
    const head = record.parse(raw);
    return { id: head.id, at: head.at, fact: factSchema.parse(raw) };
  } catch {
    return undefined;
  }
}

/** What a new file must say: the facts of what is unfinished, and the bare ids of what was done lately. The others are `forgotten`. */
function essenceOf(
  entries: ReadonlyMap<number, Entry>,
  kept: ReadonlyMap<number, readonly string[]>,
  now: Date,
): { lines: string[]; forgotten: number[] } {
  const oldest = new Date(now.getTime() - REMEMBER_MS).toISOString();
  const lines: string[] = [];
  const forgotten: number[] = [];
  // In the file first, in memory a moment later.
  for (const id of new Set([...entries.keys(), ...kept.keys()])) {
    const facts = kept.get(id);
    const { at = "", state } = entries.get(id) ?? {};
    // Done, and that is durable: until then its facts are what counts.
    if (facts !== undefined) lines.push(...facts);
    else if (state !== "done") continue;
    else if (at >= oldest) lines.push(JSON.stringify({ v: 1, id, at, state: "done", why: "compacted" }));
    else forgotten.push(id);
  }
  return { lines, forgotten };
}

async function appendAll(file: AppendFile, lines: readonly string[]): Promise<void> {
  try {
    await file.append(lines);
  } finally {
    await file.close();
  }
}
