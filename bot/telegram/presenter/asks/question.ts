/**
 * A question of Claude's → a message with a button for each option. Pure.
 */
import type { Ask, Question } from "../../../turns/view.ts";
import type { Part } from "../../delivery.ts";
import { bold, concat, f, type Formatted, italic, join } from "../../formatted.ts";
import { visible } from "../../visible.ts";
import { messages } from "../messages.ts";
import { clip } from "../words.ts";
import { askButtons } from "./buttons.ts";
import { outcome, settled } from "./outcome.ts";

/** Its message, as it stands. */
export function presentQuestion(ask: Ask, about: Question): Part[] {
  const waiting = messages(questionText(about), askButtons(ask));
  if (ask.state.kind === "waiting") return waiting;
  return settled(waiting, join([questionLine(about), outcome(ask)], "\n"), ask);
}

function questionLine({ header, question, number, of }: Question): Formatted {
  const place = of > 1 ? ` (${number} of ${of})` : "";
  const title = header === "" || header === question ? "" : f`${bold(clip(visible(header), 60))}${place}: `;
  return concat("❓ ", title, visible(question), title === "" ? place : "");
}

function questionText(about: Question): Formatted {
  const options = about.options.map(({ label, description }) =>
    concat("• ", bold(clip(visible(label), 100)), description === "" ? "" : `: ${visible(description)}`),
  );
  const hint = about.isMulti ? "Tick what fits, then Done" : "Choose one";
  return join(
    [
      questionLine(about),
      join(options.slice(0, 20), "\n"),
      italic(options.length === 0 ? "Write your answer." : `${hint}, or write your own answer.`),
    ],
    "\n\n",
  );
}
