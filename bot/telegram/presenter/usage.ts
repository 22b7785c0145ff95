/**
 * What turns cost, and the day's budget, in words. Pure.
 */
import type { BudgetState } from "../../turns/usage/budget.ts";
import type { Sum, UsageSummary } from "../../turns/usage/summary.ts";
import type { Part } from "../delivery.ts";
import { bold, concat, f, type Formatted, join, plain } from "../formatted.ts";
import { messages } from "./messages.ts";
import { clip, count, money } from "./words.ts";

const MOST_NAMED = 6;
const NAME_UNITS = 40;

/** What /usage says. A session that is neither live nor archived is called by its folder. */
export interface UsageFacts {
  readonly summary: UsageSummary;
  readonly budget: BudgetState | undefined;
  /** Nobody is billed by the token, as far as is known. */
  readonly isEstimate: boolean;
  /** A live session's name. */
  readonly nameOf: (sessionId: string) => string | undefined;
  /** An archived session's name. */
  readonly archivedName: (sessionId: string) => string | undefined;
}

export function presentUsage(facts: UsageFacts): Part[] {
  const { summary, budget, isEstimate } = facts;
  const { today, week, month, bySession, byPersona } = summary;
  const budgetLine =
    budget === undefined
      ? []
      : [plain(`Budget of today, in all chats: ${money(budget.spentUsd)} of ${money(budget.limitUsd)}`)];
  const estimate = isEstimate
    ? [
        plain(
          "Money is what the API would take. With a subscription nobody is billed so: read it as an estimate of how much was done.",
        ),
      ]
    : [];
  if (month.turns === 0)
    return messages(join([plain("📊 No turn ran in this chat in the last 30 days."), ...budgetLine], "\n"));
  return messages(
    join(
      [
        f`📊 ${bold("Usage of this chat")}`,
        ...[
          ["Today", today],
          ["7 days", week],
          ["30 days", month],
        ].map(([name, sum]) => plain(`${name as string}: ${sumWords(sum as Sum)}`)),
        ...budgetLine,
        ...named("By session, 30 days", bySession, (session) => labelOf(session, facts)),
        ...named("By persona, 30 days", byPersona, ({ persona }) => persona),
        ...estimate,
      ],
      "\n",
    ),
  );
}

/** The mark behind a name that is cut stays. */
function labelOf({ id, folder }: { id: string; folder: string }, facts: UsageFacts): string {
  const archived = facts.archivedName(id);
  return (
    facts.nameOf(id) ??
    (archived === undefined
      ? `${clip(slugOf(folder), NAME_UNITS)} (gone)`
      : `${clip(archived, NAME_UNITS)} (archived)`)
  );
}

function named<T extends Sum>(head: string, sums: readonly T[], nameOf: (sum: T) => string): Formatted[] {
  const shown = sums.slice(0, MOST_NAMED);
  const more = sums.length - shown.length;
  return [
    plain(""),
    bold(head),
    ...shown.map((sum) =>
      concat("• ", clip(nameOf(sum), NAME_UNITS + " (archived)".length), `: ${sumWords(sum)}`),
    ),
    ...(more > 0 ? [plain(`• and ${more} more`)] : []),
  ];
}

function sumWords({ turns, costUsd, inputTokens, outputTokens }: Sum): string {
  return `${money(costUsd)} · ${count(turns, "turn")} · ${tokens(inputTokens)} in, ${tokens(outputTokens)} out`;
}

/** "940", "12k", "3.4M". */
function tokens(number: number): string {
  if (number < 1_000) return String(number);
  return number < 1_000_000 ? `${Math.round(number / 1_000)}k` : `${(number / 1_000_000).toFixed(1)}M`;
}

const slugOf = (folder: string): string => folder.replace(/-[0-9a-f]{8}$/, "");

/** Under an answer that used up most of the day's budget, or all of it. */
export function budgetNote({ spentUsd, limitUsd, isUsedUp }: BudgetState & { isUsedUp: boolean }): string {
  return isUsedUp
    ? `💰 Today's budget of ${money(limitUsd)} is used up (${money(spentUsd)}): the next message will ask before it runs.`
    : `💰 ${Math.floor((spentUsd / limitUsd) * 100)} % of today's budget of ${money(limitUsd)} is used (${money(spentUsd)}).`;
}

/** Why a message waits for the person's word. */
export function budgetQuestion(budget: BudgetState | undefined): string {
  const used =
    budget === undefined
      ? " is used up"
      : ` of ${money(budget.limitUsd)} is used up (${money(budget.spentUsd)})`;
  return `💰 Today's budget${used}: this waits until the day ends. Run it anyway?`;
}
