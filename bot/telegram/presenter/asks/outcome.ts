/**
 * What is left of an ask when it is decided, or can be no more. However it ends,
 * it keeps the number of its messages: what stands below it stays where it is. Pure.
 */
import type { Ask, AskState } from "../../../turns/view.ts";
import type { Part } from "../../delivery.ts";
import { bold, f, type Formatted, plain } from "../../formatted.ts";
import { messages } from "../messages.ts";
import { allRules } from "../rules.ts";
import { clip } from "../words.ts";
import { askButtons } from "./buttons.ts";

/**
 * What stands there when it is decided: one line in place of one message; of
 * several, only the last changes, and the others stay.
 */
export function settled(waiting: readonly Part[], line: Formatted, ask: Ask): Part[] {
  return [...waiting.slice(0, -1), ...messages(line, askButtons(ask)).slice(0, 1)];
}

/** What became of an ask, in a few words; what it was about comes behind them. */
export function outcome({ about, state }: Ask): Formatted {
  switch (state.kind) {
    case "upcoming":
    case "waiting":
      return plain("");
    case "allowed":
      if (state.isUnkept)
        return plain("✅ Allowed only once: there was no room on the disk to keep it for this session:");
      return state.isForSession && about.kind === "permission"
        ? f`✅ Allowed for this session${isJustThat(about) ? ", exactly this command" : f` (${allRules(about.rules)})`}:`
        : plain("✅ Allowed once:");
    case "denied":
      return state.reason === undefined
        ? plain("🚫 Denied:")
        : f`🚫 Denied, because “${clip(state.reason, 300)}”:`;
    case "answered":
      return f`→ ${bold(clip(state.answer, 500))}`;
    case "skipped":
      return plain("→ not answered");
    case "approved":
      return plain(
        state.withEdits
          ? "▶️ Go: the plan is carried out, and files are changed without asking from here on."
          : "▶️ Go: the plan is carried out.",
      );
    case "change":
      return f`✏️ To be changed: “${clip(state.wish, 500)}”`;
    case "stopped":
      return plain("⏹ Stopped: nothing of the plan was done.");
    case "parked":
      return parkedWords(about.kind, state);
    case "again":
      return about.kind === "plan"
        ? plain("▶️ Go: Claude is told to carry the plan out.")
        : plain("✅ Allowed after all, and running again:");
    case "cancelled":
      return plain(
        about.kind === "plan" ? "⏹ Not answered; the turn ended." : "⏹ Not answered; the turn ended:",
      );
  }
}

/** Whether the rule names the command that was asked about and no other: then it need not be said twice. */
function isJustThat({
  doing,
  rules: [rule, ...others],
}: Extract<Ask["about"], { kind: "permission" }>): boolean {
  if (doing.kind !== "command" || rule === undefined || others.length > 0) return false;
  return (
    rule.tool === "Bash" &&
    rule.content === doing.command &&
    (rule.isOurs === true || !doing.command.includes("*"))
  );
}

function parkedWords(
  kind: Ask["about"]["kind"],
  { why, afterMs }: Extract<AskState, { kind: "parked" }>,
): Formatted {
  const causes = {
    timeout: `Nobody answered within ${afterMs === undefined ? "the time" : span(afterMs)}`,
    restart: "The bot was restarted while this waited",
    cut_off: "The turn was cut off while this waited",
  };
  const cause = causes[why];
  switch (kind) {
    case "permission":
      return plain(`⌛ ${cause}, so it was not done:`);
    case "question":
      // Some versions of the CLI end the turn with the question that nobody can answer.
      return plain(
        `⌛ ${cause}; ${why === "timeout" ? "Claude went on without an" : "Claude got no"} answer. Write it as a message.`,
      );
    case "plan":
      return plain(`⌛ ${cause}, so nothing of the plan was done.`);
  }
}

/** "15 min", "90 s". */
function span(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.max(1, Math.round(ms / 1_000))} s`;
}
