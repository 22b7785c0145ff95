/**
 * The buttons under an ask, and what their data says. Pure. The data is ids of
 * ours: `ask:<session>:<update>:<n>:<verb>[.<option>]`, at most 64 bytes.
 */
import type { Ask, AskRef, AskState, Decision, Question } from "../../../turns/view.ts";
import type { PressButton } from "../../delivery.ts";
import { visible } from "../../visible.ts";
import { clip } from "../words.ts";

/** More options than this are not offered as buttons; they can still be written. */
const MOST_OPTIONS = 20;

/** The rows under an ask as it stands; none where nothing can be decided any more. */
export function askButtons(ask: Ask): PressButton[][] {
  const { about, state } = ask;
  const button = (text: string, verb: string, style?: PressButton["style"]): PressButton => ({
    text,
    data: `ask:${ask.session}:${ask.updateId}:${ask.n}:${verb}`,
    ...(style === undefined ? {} : { style }),
  });
  if (state.kind === "parked") return parkedButtons(about.kind, state, button);
  if (state.kind !== "waiting") return [];
  switch (about.kind) {
    case "permission":
      return [
        [button("Allow once", "once", "success"), button("Deny", "deny", "danger")],
        ...(about.rules.length > 0 ? [[button("Allow for this session", "session")]] : []),
      ];
    case "question":
      return questionButtons(about, button);
    case "plan":
      return [
        [button("Go", "go", "success"), button("Stop", "stop", "danger")],
        [button("Go, and change files without asking", "edits")],
        [button("Change", "change")],
      ];
  }
}

type Make = (text: string, verb: string, style?: PressButton["style"]) => PressButton;

function questionButtons({ options, isMulti, chosen }: Question, button: Make): PressButton[][] {
  const rows = options.slice(0, MOST_OPTIONS).map(({ label }, at) => {
    const tick = isMulti ? (chosen.includes(at) ? "☑ " : "☐ ") : "";
    return [button(`${tick}${clip(visible(label), 55) || `Option ${at + 1}`}`, `pick.${at}`)];
  });
  const last = [button("Other", "other"), button("Skip", "skip")];
  return [...rows, isMulti ? [button("Done", "done", "primary"), ...last] : last];
}

/** Of a turn that was cut off, Continue stands below: this goes on with it, too. */
function parkedButtons(
  kind: Ask["about"]["kind"],
  { why }: Extract<AskState, { kind: "parked" }>,
  button: Make,
): PressButton[][] {
  if (kind === "permission") {
    const words = why === "cut_off" ? "Allow and continue" : "Allow and run again";
    return [[button(words, "again", "primary")]];
  }
  return kind === "plan" ? [[button("Go after all", "again", "primary")]] : [];
}

/** What a press wants: a decision, a late one, or only to be told how to answer in words. */
export type Pressed =
  | { readonly kind: "decision"; readonly decision: Decision }
  | { readonly kind: "late" }
  | { readonly kind: "hint"; readonly of: "other" | "change" };

/** Reads the data of a button, without its kind; undefined for what is not ours. */
export function readAskButton(text: string): { ref: AskRef; pressed: Pressed } | undefined {
  const [, session = "", updateId, n, verb = "", option] =
    /^([0-9a-f]{8}):(\d{1,15}):(\d{1,6}):([a-z]+)(?:\.(\d{1,3}))?$/.exec(text) ?? [];
  const pressed = readVerb(verb, Number(option));
  return pressed && { ref: { session, updateId: Number(updateId), n: Number(n) }, pressed };
}

function readVerb(verb: string, option: number): Pressed | undefined {
  const decision = (made: Decision): Pressed => ({ kind: "decision", decision: made });
  switch (verb) {
    case "once":
      return decision({ verb: "allow", isForSession: false });
    case "session":
      return decision({ verb: "allow", isForSession: true });
    case "pick":
      return Number.isNaN(option) ? undefined : decision({ verb: "pick", option });
    case "go":
      return decision({ verb: "go", withEdits: false });
    case "edits":
      return decision({ verb: "go", withEdits: true });
    case "deny":
    case "done":
    case "skip":
    case "stop":
      return decision({ verb });
    case "again":
      return { kind: "late" };
    case "other":
    case "change":
      return { kind: "hint", of: verb };
    default:
      return undefined;
  }
}
