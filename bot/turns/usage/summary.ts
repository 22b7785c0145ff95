/**
 * The ledger's lines → sums by time, session and persona. Pure.
 */
import { type Spent, startOfDay } from "./ledger.ts";

/** A sum of turns. */
export interface Sum {
  readonly turns: number;
  readonly costUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What a chat's turns cost; `bySession` by the session's id and `byPersona` by its slug are of 30 days, the dearest first. */
export interface UsageSummary {
  readonly today: Sum;
  readonly week: Sum;
  readonly month: Sum;
  readonly bySession: readonly (Sum & { readonly id: string; readonly folder: string })[];
  readonly byPersona: readonly (Sum & { readonly persona: string })[];
}

/** Sums up `turns`, which may be older than a month. */
export function summarize(turns: readonly Spent[], now: Date): UsageSummary {
  const since = (back: number): Spent[] => turns.filter(({ at }) => Date.parse(at) >= startOfDay(now, back));
  const month = since(29);
  return {
    today: sumOf(since(0)),
    week: sumOf(since(6)),
    month: sumOf(month),
    bySession: grouped(month, ({ sessionId }) => sessionId).map(([id, group]) => ({
      id,
      folder: group[0]?.folder ?? "",
      ...sumOf(group),
    })),
    byPersona: grouped(month, ({ persona }) => persona).map(([persona, group]) => ({
      persona,
      ...sumOf(group),
    })),
  };
}

function sumOf(turns: readonly Spent[]): Sum {
  const sum = (pick: "costUsd" | "inputTokens" | "outputTokens"): number =>
    turns.reduce((total, turn) => total + turn[pick], 0);
  return {
    turns: turns.length,
    costUsd: sum("costUsd"),
    inputTokens: sum("inputTokens"),
    outputTokens: sum("outputTokens"),
  };
}

function grouped(turns: readonly Spent[], key: (turn: Spent) => string): [string, Spent[]][] {
  const groups = new Map<string, Spent[]>();
  for (const turn of turns) groups.set(key(turn), [...(groups.get(key(turn)) ?? []), turn]);
  return [...groups].sort(([, a], [, b]) => sumOf(b).costUsd - sumOf(a).costUsd);
}
