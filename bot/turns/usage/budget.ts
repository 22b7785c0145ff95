/**
 * The day's budget: how much of it is used, and whether a further turn must be
 * asked about. The day is the machine's. It promises that what the person allowed
 * holds over a restart. It does not know who asks.
 */
import { z } from "zod";
import { orDiskFull } from "../../store/disk.ts";
import { readJson, writeJson } from "../../store/json-file.ts";
import { type Ledger, type Spent, startOfDay } from "./ledger.ts";

/** What is used of what, in dollars. */
export interface BudgetState {
  readonly spentUsd: number;
  readonly limitUsd: number;
}

/** What names a turn. */
type TurnName = Pick<Spent, "sessionId" | "updateId">;

export type Budget = ReturnType<typeof createBudget>;

const allowedFile = z.looseObject({ version: z.literal(1), day: z.number() });
const WARN_SHARE = 0.8;

/** Makes it; without `limitUsd` there is none, and nothing is ever asked. */
export function createBudget(options: {
  ledger: Ledger;
  path: string;
  limitUsd: number | undefined;
  now: () => Date;
}) {
  const { ledger, path, limitUsd, now } = options;
  let allowedDay = 0;

  const spentToday = (but?: TurnName): number =>
    ledger
      .since(startOfDay(now()))
      .filter(({ sessionId, updateId }) => sessionId !== but?.sessionId || updateId !== but.updateId)
      .reduce((sum, { costUsd }) => sum + costUsd, 0);

  return {
    /** Reads what must be known before the first turn. */
    async load(): Promise<void> {
      if (limitUsd === undefined) return;
      await ledger.load();
      const read = await readJson(path, allowedFile);
      if (read.ok) allowedDay = read.value.day;
    },

    /** Undefined where there is none. */
    state: (): BudgetState | undefined =>
      limitUsd === undefined ? undefined : { limitUsd, spentUsd: spentToday() },

    /** Whether turns run without being asked about. */
    isOpen: (): boolean =>
      limitUsd === undefined || allowedDay === startOfDay(now()) || spentToday() < limitUsd,

    /** What is to be said of a turn that cost so much: that it used up most of the budget, or all of it; each once a day. */
    crossedBy(costUsd: number, turn: TurnName): (BudgetState & { readonly isUsedUp: boolean }) | undefined {
      if (limitUsd === undefined) return undefined;
      // An earlier life may have counted it before it died.
      const before = spentToday(turn);
      const after = before + costUsd;
      const isCrossed = (share: number): boolean => before < share * limitUsd && after >= share * limitUsd;
      if (!isCrossed(1) && !isCrossed(WARN_SHARE)) return undefined;
      return { limitUsd, spentUsd: after, isUsedUp: after >= limitUsd };
    },

    /** Lets all turns of this day run unasked. */
    async allowToday(): Promise<void> {
      allowedDay = startOfDay(now());
      await orDiskFull(() => writeJson(path, { version: 1, day: allowedDay }));
    },
  };
}
