/**
 * A plan of Claude's → messages: the plan, and what to press. Pure.
 */
import type { Ask, Plan } from "../../../turns/view.ts";
import type { Part } from "../../delivery.ts";
import { bold, f, italic, join } from "../../formatted.ts";
import { renderMarkdown } from "../../markdown.ts";
import { messages } from "../messages.ts";
import { askButtons } from "./buttons.ts";
import { outcome } from "./outcome.ts";

/** Its messages, as it stands. */
export function presentPlan(ask: Ask, { markdown }: Plan): Part[] {
  const waiting = join(
    [
      markdown === undefined
        ? f`📋 ${bold("Claude's plan stands above.")} Nothing of it is done yet.`
        : f`📋 ${bold("That is Claude's plan.")} Nothing of it is done yet.`,
      italic("Go carries it out. To change it, write what should be different."),
    ],
    "\n",
  );
  // The plan itself stays: it is what was agreed to.
  return [
    ...(markdown === undefined ? [] : messages(renderMarkdown(markdown))),
    ...messages(ask.state.kind === "waiting" ? waiting : outcome(ask), askButtons(ask)),
  ];
}
