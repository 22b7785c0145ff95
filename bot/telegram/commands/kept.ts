/**
 * Run all, Pick and Drop, under the message that says what waited while the bot
 * was away. A press is about what that very message asks: what another list has,
 * it leaves alone. /status lists anew what waits, where that message is lost.
 */
import type { Kept } from "../../turns/kept.ts";
import type { Request, WorkButton } from "../command.ts";
import { type KeptGroup, keptItems } from "../kept-items.ts";
import { keptDropped, keptPick, keptRun } from "../presenter/away.ts";
import { pressExpired } from "../presenter/replies.ts";

export interface KeptButtonDeps {
  readonly kept: Kept;
  readonly now: () => Date;
}

/** The buttons: `kept:run`, `kept:drop`, `kept:pick`, `kept:show`; with an id behind it, about that one. */
export function keptButton(deps: KeptButtonDeps): WorkButton {
  const { kept, now } = deps;
  const itemsOf = ({ place, messageId, text }: Request): KeptGroup[] => {
    if (text === "show") return keptItems(kept.at(place));
    return messageId === undefined ? [] : keptItems(kept.under(place.chatId, messageId));
  };

  return {
    kind: "kept",
    refuse(request) {
      const { chosen } = choose(request, itemsOf(request));
      return chosen.length === 0 ? pressExpired : undefined;
    },
    async press(request) {
      const { verb, isOne, chosen, rest } = choose(request, itemsOf(request));
      const entries = chosen.flatMap((item) => item.entries);
      switch (verb) {
        case "run":
          await kept.run(entries);
          return isOne ? keptPick(rest, now(), "run") : keptRun(chosen, now());
        case "drop":
          await kept.drop(entries);
          return isOne ? keptPick(rest, now(), "dropped") : keptDropped(chosen, now());
        case "show":
          // From now on it is this message that asks.
          if (request.messageId !== undefined) await kept.asked(entries, request.messageId);
          return keptPick(chosen, now());
        default:
          return keptPick(chosen, now());
      }
    },
  };
}

function choose({ text }: Request, items: readonly KeptGroup[]) {
  const [verb = "", id] = text.split(":");
  const isIt = (item: KeptGroup): boolean => id === undefined || item.id === Number(id);
  return {
    verb,
    isOne: id !== undefined,
    chosen: items.filter(isIt),
    rest: items.filter((item) => !isIt(item)),
  };
}
