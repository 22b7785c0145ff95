/**
 * What Claude asks of the person → messages with buttons, and the one line that
 * is left of each when it is decided. Pure.
 */
import type { Ask, TurnView } from "../../../turns/view.ts";
import type { Part } from "../../delivery.ts";
import { presentPermission } from "./permission.ts";
import { presentPlan } from "./plan.ts";
import { presentQuestion } from "./question.ts";

/** Whether a turn waits for the person. */
export function isAsking({ interludes }: Pick<TurnView, "interludes">): boolean {
  return interludes.some((each) => each.kind === "ask" && each.ask.state.kind === "waiting");
}

/** The messages of an ask; none for one that is not asked yet. */
export function presentAsk(ask: Ask): Part[] {
  const { about, state } = ask;
  if (state.kind === "upcoming") return [];
  switch (about.kind) {
    case "permission":
      return presentPermission(ask, about);
    case "question":
      return presentQuestion(ask, about);
    case "plan":
      return presentPlan(ask, about);
  }
}

/** The last message of an ask: the one with the buttons. */
export function presentAskEnd(ask: Ask): Part[] {
  return presentAsk(ask).slice(-1);
}
