/**
 * What one result cost. Pure. Knows that 2.1.197 counts money by the process,
 * and newer versions by the session and since the last result; promises this
 * turn's share in both.
 */
import type { Usage } from "./events.ts";
import type { WireModelUsage, WireResult, WireTokens } from "./wire-shapes.ts";

/** What the share is reckoned from; `costUsd` is the total at the last result. */
export interface UsageState {
  costUsd: number;
  mainModel: string;
  contextTokens: number | undefined;
}

/** Before the first line of a process. */
export function createUsageState(): UsageState {
  return { costUsd: 0, mainModel: "", contextTokens: undefined };
}

/** Remembers how full the context was at the main agent's last request. */
export function noteContext(state: UsageState, tokens: WireTokens | undefined): void {
  if (tokens !== undefined) state.contextTokens = inputOf(tokens);
}

/** The usage of `line` alone; moves `state` on to it. */
export function usageOf(line: WireResult, state: UsageState): Usage {
  const sinceLast = line.model_usage_since_last_result;
  const models = Object.values(sinceLast ?? {});
  const costUsd = sinceLast
    ? sum(models.map((model) => model.costUSD))
    : Math.max(0, line.total_cost_usd - state.costUsd);
  state.costUsd = line.total_cost_usd;
  const contextWindow = windowOf(line.modelUsage, state.mainModel);
  return {
    costUsd,
    inputTokens: sinceLast
      ? sum(
          models.map(
            (model) => model.inputTokens + model.cacheReadInputTokens + model.cacheCreationInputTokens,
          ),
        )
      : inputOf(line.usage),
    outputTokens: sinceLast
      ? sum(models.map((model) => model.outputTokens))
      : (line.usage?.output_tokens ?? 0),
    ...(state.contextTokens === undefined ? {} : { contextTokens: state.contextTokens }),
    ...(contextWindow === undefined ? {} : { contextWindow }),
  };
}

/** A small model may stand beside the main one (titles, summaries): its window says nothing. */
function windowOf(usage: WireModelUsage, mainModel: string): number | undefined {
  const main = usage[mainModel];
  if (main !== undefined) return main.contextWindow;
  const windows = Object.values(usage).flatMap((model) => model.contextWindow ?? []);
  return windows.length > 0 ? Math.max(...windows) : undefined;
}

function inputOf(tokens: WireTokens | undefined): number {
  if (tokens === undefined) return 0;
  return tokens.input_tokens + tokens.cache_creation_input_tokens + tokens.cache_read_input_tokens;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
