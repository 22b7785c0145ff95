/**
 * The buttons under what Claude asks. One press counts; a second, a late one and
 * another person's are told so. A permission that comes too late for its turn
 * begins another, in which it holds: the same press only, however often the bot is
 * killed on the way.
 */
import { type Ask, isGivable } from "../../turns/asks/ask.ts";
import type { LatePress } from "../../turns/asks/late.ts";
import type { Journal } from "../../turns/journal.ts";
import { lateOrder } from "../../turns/prompt.ts";
import type { Decision } from "../../turns/view.ts";
import type { Asks, FoundAsk } from "../../turns/asks/asks.ts";
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Request, Tapped } from "../command.ts";
import { type Pressed, readAskButton } from "../presenter/asks/buttons.ts";
import { presentAskEnd } from "../presenter/asks/asks.ts";
import { askToasts } from "../presenter/asks/toasts.ts";
import { pressExpired } from "../presenter/replies.ts";

export interface AskDeps {
  readonly asks: Asks;
  readonly turns: Pick<Turns, "goOn">;
  readonly journal: Journal;
}

/** The one kind. */
export function askButton(deps: AskDeps): ButtonKind {
  return {
    kind: "ask",
    async tap(request) {
      const read = readAskButton(request.text);
      const found = read && (await deps.asks.find(read.ref, request.place));
      if (read === undefined || found === undefined) return { toast: pressExpired };
      if (found.createdBy !== undefined && found.createdBy !== request.userId)
        return { toast: askToasts.another };
      return tapped(deps, request, found, read.pressed);
    },
  };
}

async function tapped(deps: AskDeps, request: Request, found: FoundAsk, pressed: Pressed): Promise<Tapped> {
  switch (pressed.kind) {
    case "hint":
      return { toast: found.ask.state.kind === "waiting" ? askToasts[pressed.of] : refusal(found) };
    case "decision": {
      const decided = deps.asks.decide(found, pressed.decision);
      if (!decided.ok) {
        const late = lateYes(found.ask, pressed.decision, request);
        return late ? giveLate(deps, request, found, late) : { toast: refusal(found, pressed.decision) };
      }
      return {
        toast: askToasts.taken,
        after: async () => {
          await decided.done;
          return undefined;
        },
      };
    }
    case "late":
      return giveLate(deps, request, found, {});
  }
}

/** A yes to what the bot's restart took from Claude: those buttons stand there until the message changes. */
function lateYes(
  ask: Ask,
  decision: Decision,
  { updateId }: Request,
): Omit<LatePress, "byUpdateId"> | undefined {
  if (!isRestarted(ask) && !isGivenTo(ask, updateId)) return undefined;
  if (decision.verb === "allow") return { isForSession: decision.isForSession };
  return decision.verb === "go" ? { withEdits: decision.withEdits } : undefined;
}

async function giveLate(
  { asks, journal, turns }: AskDeps,
  { updateId, place, userId }: Request,
  found: FoundAsk,
  wish: Omit<LatePress, "byUpdateId">,
): Promise<Tapped> {
  const { ask, sessionId } = found;
  if (!isGivable(ask) && !isGivenTo(ask, updateId)) return { toast: refusal(found) };
  // From here on it is this press that gives it: whatever dies, the next start goes on with it, however late.
  const target = `ask:${ask.session}:${ask.updateId}:${ask.n}`;
  await journal.note(updateId, { state: "acting", target });
  const given = await asks.giveLate(found, { ...wish, byUpdateId: updateId });
  if (!given.ok) return { toast: askToasts[given.kind] };
  return {
    toast: askToasts.late,
    async after() {
      await turns.goOn(ask.updateId, updateId, sessionId, lateOrder(given.ask, { place, userId }));
      return presentAskEnd(given.ask);
    },
  };
}

/** Whether it was this very press that gave it, in a life that ended on the way. */
function isGivenTo({ state }: Ask, updateId: number): boolean {
  return state.kind === "again" && state.byUpdateId === updateId;
}

/** Whether nobody answered because the bot, or the turn, had ended. */
function isRestarted({ state }: Ask): boolean {
  return state.kind === "parked" && state.why !== "timeout";
}

function refusal({ ask }: FoundAsk, decision?: Decision): string {
  if (decision?.verb === "done" && ask.state.kind === "waiting") return askToasts.untick;
  if (!isRestarted(ask)) return askToasts.over;
  return ask.about.kind === "question" ? askToasts.unheard : askToasts.undone;
}
