/**
 * /usage: what turns of this chat cost, and the day's budget. And the buttons
 * under a message that waits because the budget is used up.
 */
import type { Archives } from "../../store/archive/archive.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { Turns } from "../../turns/turns.ts";
import type { Budget } from "../../turns/usage/budget.ts";
import { type Ledger, startOfDay } from "../../turns/usage/ledger.ts";
import { summarize } from "../../turns/usage/summary.ts";
import type { ButtonKind, Command, Request } from "../command.ts";
import { presentUsage } from "../presenter/usage.ts";
import { waitsNoMore } from "../presenter/waiting.ts";

export interface UsageDeps {
  readonly sessions: Pick<SessionManager, "get">;
  readonly archives: Pick<Archives, "list">;
  readonly turns: Pick<Turns, "line" | "lookAgain">;
  readonly ledger: Ledger;
  readonly budget: Budget;
  /** Nobody is billed by the token, as far as is known. */
  readonly isEstimate: boolean;
  readonly now: () => Date;
}

/** The command. */
export function usageCommand(deps: UsageDeps): Command {
  const { sessions, archives, ledger, budget, isEstimate, now } = deps;
  return {
    name: "usage",
    description: "what turns cost, and today's budget",
    isHarmless: true,
    async run({ place }) {
      await ledger.load();
      const turns = ledger.since(startOfDay(now(), 29)).filter(({ chatId }) => chatId === place.chatId);
      const archived = new Map<string, string>();
      for (const entry of await archives.list())
        if (entry.kind === "archive") archived.set(entry.archive.session.id, entry.archive.session.name);
      return presentUsage({
        summary: summarize(turns, now()),
        budget: budget.state(),
        isEstimate,
        nameOf: (id) => sessions.get(id)?.name,
        archivedName: (id) => archived.get(id),
      });
    },
  };
}

/** Run, and Run all today; Drop is that of every message that waits. What became of it is shown by its note. */
export function budgetButtons({ turns, budget }: UsageDeps): ButtonKind[] {
  const refuse = ({ text, place }: Request): string | undefined =>
    turns.line.has(Number(text), place) ? undefined : waitsNoMore;
  return [
    {
      kind: "runanyway",
      refuse,
      async press({ text, place }) {
        await turns.line.runAnyway(Number(text), place);
        return undefined;
      },
    },
    {
      kind: "runtoday",
      refuse,
      async press() {
        await budget.allowToday();
        turns.lookAgain();
        return undefined;
      },
    },
  ];
}
