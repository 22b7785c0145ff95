/**
 * Model, effort and permission mode: the lists with buttons, and what holds. Pure.
 */
import { effortSchema, type Modes, permissionModeSchema } from "../../store/modes.ts";
import type { Session } from "../../store/session.ts";
import type { Button, Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, join, plain } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { clip } from "./words.ts";

/** What is known of a session's modes. */
export interface ModeFacts {
  readonly session: Session;
  /** What the next turn is run with. */
  readonly effective: Modes;
  /** What it would be if the session said nothing. */
  readonly fromPersona: Modes;
  readonly knowsEffort: boolean | undefined;
  /** The data of the button that chooses `value`; without one, the one that goes back to the persona's. */
  readonly dataOf: (key: keyof Modes, value: string | undefined) => string;
}

/** Names that every version of the CLI takes; any other can be typed. */
const MODELS = ["opus", "opus[1m]", "sonnet", "haiku"];

const MODE_WORDS: { readonly [mode in NonNullable<Modes["permissionMode"]>]: string } = {
  default: "asks before it runs or changes anything",
  acceptEdits: "edits files in its folder without asking",
  plan: "only reads, and makes a plan first",
  auto: "lets a model judge what needs a question",
  dontAsk: "does what is allowed and refuses the rest, without asking",
  bypassPermissions: "does everything without asking",
};

const TITLES: { readonly [key in keyof Modes]-?: string } = {
  model: "Model",
  effort: "Effort",
  permissionMode: "Mode",
};

/** Whose word holds where the session has none. */
const FALLBACK: { readonly [key in keyof Modes]-?: string } = {
  model: "the persona says",
  effort: "the persona says",
  permissionMode: "persona and settings say",
};

/** All values with a button each, and the way back to the persona's. */
export function modeList(key: keyof Modes, facts: ModeFacts): Part[] {
  const { session, effective, fromPersona } = facts;
  const current = effective[key];
  const options = optionsOf(key, current);
  const lines =
    key === "permissionMode"
      ? options.map((option) =>
          concat(
            option === current ? "● " : "○ ",
            bold(option),
            ` — ${MODE_WORDS[option as keyof typeof MODE_WORDS]}`,
          ),
        )
      : [];
  const hint = key === "model" ? [f`Any other name can be typed: ${code("/model NAME")}.`] : [];
  const buttons: Button[] = options.map((option) => ({
    text: `${option === current ? "● " : ""}${option}`,
    data: facts.dataOf(key, option),
    ...(option === "bypassPermissions" ? { style: "danger" as const } : {}),
  }));
  const own = session[key] === undefined;
  const back: Button = {
    text: `${own ? "● " : ""}As ${FALLBACK[key]} (${clip(fromPersona[key] ?? "left to Claude Code", 30)})`,
    data: facts.dataOf(key, undefined),
  };
  return messages(
    join(
      [holds(key, facts), join(lines, "\n"), ...hint, "A change holds from the next turn of this session."],
      "\n\n",
    ),
    [...rowsOf(buttons), [back]],
  );
}

/** A value was chosen. */
export function modeSet(key: keyof Modes, facts: ModeFacts): Part[] {
  const mode = facts.effective.permissionMode;
  const words = key === "permissionMode" && mode !== undefined ? `: Claude ${MODE_WORDS[mode]}` : "";
  return say(f`${holds(key, facts)} That holds from the next turn${words}.`);
}

/** Asked before Claude may do anything without asking. */
export function confirmBypass(session: Session, data: { yes: string; no: string }): Part[] {
  return messages(
    f`⚠️ In the mode ${bold("bypassPermissions")} nobody is asked any more: in ${sessionName(session)} Claude runs every command and writes every file that this machine lets it. Only for a machine, or a container, that may break.`,
    [
      [
        { text: "Allow everything", data: data.yes, style: "danger" },
        { text: "Leave it as it is", data: data.no, style: "primary" },
      ],
    ],
  );
}

/** A value was not kept: there was no room, most likely. */
export const modeNotSet = (): Part[] => say("⚠️ The change could not be saved; everything is as it was.");

export const modeKept = (session: Session): Part[] => say(f`${sessionName(session)} stays as it is.`);

export const noSuchMode = (key: keyof Modes, wish: string): Part[] =>
  say(
    key === "model"
      ? f`${code(clip(wish, 60))} cannot be the name of a model. /model lists some.`
      : f`There is no ${key === "effort" ? "effort" : "mode"} ${code(clip(wish, 60))}. It must be one of ${optionsOf(key).join(", ")}.`,
  );

/** The three in one line, for /status. */
export function modesLine(modes: Modes): Formatted {
  const { model, effort, permissionMode } = modes;
  const parts = [
    model === undefined ? plain("Claude Code's own model") : f`model ${bold(clip(model, 60))}`,
    ...(effort === undefined ? [] : [f`effort ${bold(effort)}`]),
    ...(permissionMode === undefined ? [] : [f`mode ${bold(permissionMode)}`]),
  ];
  return concat("It runs with ", join(parts, ", "), ".");
}

function holds(key: keyof Modes, { session, effective, knowsEffort }: ModeFacts): Formatted {
  const value = effective[key];
  const from = session[key] === undefined ? ` (as ${FALLBACK[key]})` : "";
  const shown = value === undefined ? plain("left to Claude Code") : concat(bold(clip(value, 60)), from);
  const ignored =
    key === "effort" && knowsEffort === false
      ? " The installed version of Claude Code does not know efforts: it is kept, and not used."
      : "";
  return f`${TITLES[key]} of ${sessionName(session)}: ${shown}.${ignored}`;
}

function optionsOf(key: keyof Modes, current?: string): readonly string[] {
  switch (key) {
    case "model":
      return MODELS;
    case "effort":
      return effortSchema.options;
    case "permissionMode":
      // `auto` needs an account that has it: whoever has knows its name.
      return permissionModeSchema.options.filter((mode) => mode !== "auto" || mode === current);
  }
}

/** Two in a row: a thumb hits them, and the list stays short. */
function rowsOf(buttons: readonly Button[]): Button[][] {
  const rows: Button[][] = [];
  for (let at = 0; at < buttons.length; at += 2) rows.push(buttons.slice(at, at + 2));
  return rows;
}
