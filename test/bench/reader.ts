/**
 * What it costs to read what the CLI says: bytes → lines → events, beside
 * `JSON.parse` of the same lines, which nobody can do without. Two streams: the
 * recorded turns as they are, and one long answer with its partial messages.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createLineReader } from "../../bot/claude/lines.ts";
import { createTranslateState, translate } from "../../bot/claude/translate.ts";
import { readWireLine } from "../../bot/claude/wire.ts";
import type { Row } from "./row.ts";

const ROUNDS = 15;
/** As many bytes as the tail hands over at once. */
const CHUNK_BYTES = 64 * 1024;
const MIN_LINES = 20_000;

/** Reader against bare parsing, by turns. */
export async function measure(): Promise<Row[]> {
  const folder = new URL("../fixtures/recordings/2.1.329/", import.meta.url);
  const turns = readdirSync(folder).map((name) => spoken(readFileSync(new URL(name, folder), "utf8")));
  const [longest = []] = turns.toSorted((a, b) => deltas(b).length - deltas(a).length);
  return [
    { ...compare("reader, a long answer", deltas(longest)), goal: "≤ 1.3 ×" },
    // Most of these lines come once a turn; what they cost above the parsing is a tenth of a millisecond a turn.
    compare("reader, short recorded turns", turns.flat()),
  ];
}

/** What the CLI wrote in a recording, line by line. */
function spoken(recording: string): string[] {
  return recording.split("\n").flatMap((text) => {
    const { dir, line } = text === "" ? {} : (JSON.parse(text) as { dir?: string; line?: unknown });
    return dir === "stdout" ? [JSON.stringify(line)] : [];
  });
}

const deltas = (lines: readonly string[]): string[] => lines.filter((line) => line.includes('"text_delta"'));

function compare(name: string, some: readonly string[]): Row {
  const lines: string[] = [];
  while (lines.length < MIN_LINES) lines.push(...some);
  const bytes = Buffer.from(`${lines.join("\n")}\n`);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -3; round < ROUNDS; round += 1) {
    const bare = timed(() => lines.reduce((sum, line) => sum + (JSON.parse(line) === null ? 0 : 1), 0));
    const read = timed(() => readAll(bytes));
    if (round < 0) continue;
    theirs.push((bare / lines.length) * 1_000);
    ours.push((read / lines.length) * 1_000);
  }
  return { name, unit: "µs a line", ours, theirs };
}

function readAll(bytes: Buffer): number {
  const reader = createLineReader();
  const state = createTranslateState();
  let events = 0;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    for (const line of reader.push(bytes.subarray(at, at + CHUNK_BYTES))) {
      const wire = line.kind === "text" ? readWireLine(line.text) : undefined;
      if (wire?.kind === "line") events += translate(wire.line, state).length;
    }
  return events;
}

function timed(work: () => number): number {
  const startedMs = performance.now();
  if (work() === 0) throw new Error("nothing was read");
  return performance.now() - startedMs;
}
