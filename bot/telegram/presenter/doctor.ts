/**
 * The doctor's findings as a message. Pure. Their sentences are the doctor's own,
 * since a terminal shows them too; here they are only laid out.
 */
import type { Finding, State } from "../../doctor/finding.ts";
import type { Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, join, plain } from "../formatted.ts";
import { messages } from "./messages.ts";
import { clip, count } from "./words.ts";

const SIGN: Readonly<Record<State, string>> = { ok: "✅", warn: "⚠️", bad: "❌" };
const MOST_UNITS = 400;

/** What needs a hand first, then all that is well. */
export function doctorReport(findings: readonly Finding[]): Part[] {
  const faults = findings.filter(({ state }) => state !== "ok");
  const well = findings.filter(({ state }) => state === "ok");
  return messages(
    join(
      [
        plain(summaryOf(findings)),
        ...faults.map(({ name, state, says, mend }) =>
          join(
            [
              concat(`${SIGN[state]} `, bold(name), ": ", withCode(says)),
              mend === undefined ? plain("") : concat("→ ", withCode(mend)),
            ],
            "\n",
          ),
        ),
        join(
          well.map(({ name, state, says }) => concat(`${SIGN[state]} `, bold(name), ": ", withCode(says))),
          "\n",
        ),
      ],
      "\n\n",
    ),
  );
}

function summaryOf(findings: readonly Finding[]): string {
  const bad = findings.filter(({ state }) => state === "bad").length;
  const warn = findings.filter(({ state }) => state === "warn").length;
  if (bad === 0 && warn === 0) return "🩺 All is well.";
  const warnings = warn === 0 ? "" : count(warn, "warning");
  if (bad === 0) return `🩺 Nothing is broken; ${warnings}.`;
  return `🩺 ${bad} broken${warnings === "" ? "" : `, ${warnings}`}.`;
}

/** What stands in `backticks` is code; an odd one is a sign like any other. */
function withCode(text: string): Formatted {
  const pieces = clip(text, MOST_UNITS).split("`");
  if (pieces.length % 2 === 0) return plain(pieces.join("`"));
  return concat(...pieces.map((piece, at) => (at % 2 === 1 && piece !== "" ? code(piece) : f`${piece}`)));
}
