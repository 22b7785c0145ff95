/**
 * The buttons under what Claude asks. One press counts; a second, a late one and
 * another person's are told so. A permission that comes too late for its turn
 * begins another, in which it holds.
 */
import { lateOrder } from "../../turns/prompt.ts";
import type { Asks, FoundAsk } from "../../turns/asks/asks.ts";
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Request, Tapped } from "../command.ts";
import { type Pressed, readAskButton } from "../presenter/ask-buttons.ts";
import { askToasts, presentAskEnd } from "../presenter/asks.ts";
import { pressExpired } from "../presenter/replies.ts";

export interface AskDeps {
  readonly asks: Asks;
  readonly turns: Turns;
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
      return { toast: found.ask.state.kind === "waiting" ? askToasts[pressed.of] : askToasts.over };
    case "decision": {
      const decided = deps.asks.decide(found, pressed.decision);
      if (!decided.ok) return { toast: refusal(found, pressed) };
      return {
        toast: askToasts.taken,
        after: async () => {
          await decided.done;
          return undefined;
        },
      };
    }
    case "late": {
      const ask = await deps.asks.giveLate(found, request.updateId);
      if (ask === undefined) return { toast: askToasts.over };
      return {
        toast: askToasts.late,
        async after() {
          await deps.turns.submit(request.updateId, found.sessionId, lateOrder(ask, request));
          return presentAskEnd(ask);
        },
      };
    }
  }
}

function refusal({ ask }: FoundAsk, pressed: Pressed): string {
  const isNothingTicked = pressed.kind === "decision" && pressed.decision.verb === "done";
  return isNothingTicked && ask.state.kind === "waiting" ? askToasts.untick : askToasts.over;
}
