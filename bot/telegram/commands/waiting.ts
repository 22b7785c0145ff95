/**
 * Send now and Drop, under a message that waits.
 */
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Request } from "../command.ts";
import { droppedHeld, waitsNoMore } from "../presenter/waiting.ts";

/** The buttons. What became of the message is shown by its note. */
export function waitingButtons({ turns }: { readonly turns: Turns }): ButtonKind[] {
  const refuse = ({ text, place }: Request): string | undefined =>
    turns.line.has(Number(text), place) ? undefined : waitsNoMore;
  return [
    {
      kind: "sendnow",
      refuse,
      async press({ text, place }) {
        await turns.line.sendNow(Number(text), place);
        return undefined;
      },
    },
    {
      kind: "drop",
      refuse,
      async press({ text, place }) {
        await turns.line.drop(Number(text), place);
        return undefined;
      },
    },
    { kind: "drop-held", press: async ({ place }) => droppedHeld(await turns.dropHeld(place)) },
  ];
}
