/**
 * Continue and Discard, under a turn that was cut off. One press counts, and it
 * decides about what Claude had asked in that turn, too. While its session is
 * archived, Continue keeps.
 */
import type { Asks } from "../../turns/asks/asks.ts";
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Request } from "../command.ts";
import { say } from "../presenter/messages.ts";
import { alreadyDecided, continuing, cutOffArchived, discarded } from "../presenter/replies.ts";

/** The two buttons. */
export function decisionButtons({
  turns,
  asks,
}: {
  readonly turns: Pick<Turns, "interrupted" | "continueTurn" | "discard">;
  readonly asks: Pick<Asks, "leave">;
}): ButtonKind[] {
  const lookUp = ({ text, place }: Request) => turns.interrupted(Number(text), place);
  const refuse = (request: Request) => (lookUp(request).ok ? undefined : alreadyDecided);
  return [
    {
      kind: "continue",
      refuse(request) {
        const found = lookUp(request);
        return found.ok && !found.isSessionThere ? cutOffArchived : refuse(request);
      },
      async press(request) {
        const decision = lookUp(request);
        if (!decision.ok) return say(alreadyDecided);
        const cutOffId = Number(request.text);
        await turns.continueTurn(cutOffId, request.updateId, decision);
        await asks.leave(decision.sessionId, cutOffId);
        return continuing();
      },
    },
    {
      kind: "discard",
      refuse,
      async press(request) {
        const decision = lookUp(request);
        if (!decision.ok) return say(alreadyDecided);
        const cutOffId = Number(request.text);
        await turns.discard(cutOffId);
        await asks.leave(decision.sessionId, cutOffId);
        return discarded();
      },
    },
  ];
}
