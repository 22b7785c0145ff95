/**
 * Continue and Discard, under a turn that was cut off. One press counts.
 */
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Request } from "../command.ts";
import { alreadyDecided, continuing, discarded, say } from "../presenter/replies.ts";

/** The two buttons. */
export function decisionButtons({ turns }: { readonly turns: Turns }): ButtonKind[] {
  const lookUp = ({ text, place }: Request) => turns.interrupted(Number(text), place);
  const refuse = (request: Request) => (lookUp(request).ok ? undefined : alreadyDecided);
  return [
    {
      kind: "continue",
      refuse,
      async press(request) {
        const decision = lookUp(request);
        if (!decision.ok) return say(alreadyDecided);
        await turns.continueTurn(Number(request.text), request.updateId, decision);
        return continuing();
      },
    },
    {
      kind: "discard",
      refuse,
      async press(request) {
        await turns.discard(Number(request.text));
        return discarded();
      },
    },
  ];
}
