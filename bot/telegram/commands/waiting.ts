/**
 * Send now and Drop, under a message that waits. What stops the running turn is
 * a button of its own: a second press of Send now must not.
 */
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Request } from "../command.ts";
import { droppedHeld, isOnItsWay, waitsNoMore } from "../presenter/waiting.ts";

/** The buttons. What became of the message is shown by its note. */
export function waitingButtons({ turns }: { readonly turns: Turns }): ButtonKind[] {
  const refuse = ({ text, place }: Request): string | undefined =>
    turns.line.has(Number(text), place) ? undefined : waitsNoMore;
  const sendNow = async ({ text, place }: Request): Promise<undefined> => {
    await turns.line.sendNow(Number(text), place);
  };
  return [
    {
      kind: "sendnow",
      refuse: (request) =>
        turns.line.isSent(Number(request.text), request.place) ? isOnItsWay : refuse(request),
      press: sendNow,
    },
    { kind: "stopfor", refuse, press: sendNow },
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
