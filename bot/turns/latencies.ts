/**
 * How long the last turns took, warm and cold, kept over a restart in one small
 * file: what a turn's folder says, too, but without reading all of them. It
 * promises to delay no turn and to fail none: the figures are a courtesy.
 */
import { z } from "zod";
import { readJson, writeJson } from "../store/json-file.ts";
import type { Moment, StartKind } from "./timing.ts";
import type { Outcome } from "./view.ts";

/** A turn that is over: how, and its moments in ms after it was taken. */
export interface TurnTook {
  readonly start: StartKind;
  readonly outcome: Outcome["kind"];
  readonly moments: Readonly<Partial<Record<Moment, number>>>;
}

/** Of the last turns that were answered, `turns` of them; in ms after the message was taken. */
export interface Medians {
  readonly turns: number;
  readonly firstShownMs: number;
  readonly doneMs: number;
}

export interface Latencies {
  /** Notes a turn; what was not answered, or had no words, is passed over. */
  add(took: TurnTook): void;
  /** Undefined where there is nothing to tell. */
  medians(start: StartKind): Medians | undefined;
  /** Writes what is not written yet. Never rejects. */
  settled(): Promise<void>;
}

/** So many of each kind are looked at, and kept. */
const MOST = 50;
/** Turns that end close together are written once. */
const PAUSE_MS = 2_000;

const schema = z.object({
  version: z.literal(1),
  turns: z.array(
    z.object({
      start: z.enum(["warm", "cold"]),
      moments: z.partialRecord(
        z.enum(["begun", "ready", "init", "first_text", "first_shown", "delivered"]),
        z.number(),
      ),
    }),
  ),
});
type Kept = z.infer<typeof schema>["turns"][number];

/** Reads what an earlier life kept; a file that cannot be read is begun anew. */
export async function openLatencies(options: {
  path: string;
  /** Resolves after that many ms, or at once when `signal` is aborted. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
}): Promise<Latencies> {
  const { path, wait } = options;
  const read = await readJson(path, schema).catch(() => undefined);
  let turns: Kept[] = read?.ok ? read.value.turns : [];
  let hurry = new AbortController();
  let writing: Promise<void> | undefined;
  let isNew = false;

  async function write(): Promise<void> {
    while (isNew) {
      await wait(PAUSE_MS, hurry.signal);
      isNew = false;
      await writeJson(path, { version: 1, turns }).catch(() => {});
    }
    writing = undefined;
  }

  const last = (start: StartKind): Kept[] => turns.filter((turn) => turn.start === start).slice(-MOST);

  return {
    add({ start, outcome, moments }) {
      const { begun, ready, init, first_text, first_shown, delivered } = moments;
      if (outcome !== "answered" || first_shown === undefined || delivered === undefined) return;
      const kept = Object.entries({ begun, ready, init, first_text, first_shown, delivered });
      turns.push({ start, moments: Object.fromEntries(kept.filter(([, ms]) => ms !== undefined)) });
      turns = [...last("warm"), ...last("cold")];
      isNew = true;
      writing ??= write();
    },
    medians(start) {
      const some = last(start);
      if (some.length === 0) return undefined;
      return {
        turns: some.length,
        firstShownMs: median(some.map(({ moments }) => moments.first_shown ?? 0)),
        doneMs: median(some.map(({ moments }) => moments.delivered ?? 0)),
      };
    },
    async settled() {
      hurry.abort();
      await writing;
      hurry = new AbortController();
    },
  };
}

/** The middle one; of an even number the lower of the two. */
function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? 0;
}
