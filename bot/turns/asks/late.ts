/**
 * What is given late: an ask that nobody answered, allowed after its own turn
 * could hear it. It promises that it is given to one press only, and that this is
 * on the disk before anything comes of it; the same press may come again, after a
 * crash. It does not know the turn that it begins.
 */
import type { AllowRule } from "../../store/session.ts";
import { type Ask, isGivable, type KeptAsk } from "./ask.ts";
import type { Board } from "./board.ts";

/** The press that gives it: its update, and what it gives beyond this once. */
export interface LatePress {
  readonly byUpdateId: number;
  readonly isForSession?: boolean;
  readonly withEdits?: boolean;
}

/** The ask as it is then. `over`: it cannot be given (any more). */
export type GivenLate =
  | { readonly ok: true; readonly ask: Ask }
  | { readonly ok: false; readonly kind: "over" | "disk_full" };

/** What a word of the person's changes in the session. Both resolve when it is on the disk, or cannot be. */
export interface SessionWords {
  /** Remembers for the session; false where that is not kept. */
  readonly remember: (rules: readonly AllowRule[]) => Promise<boolean>;
  /** Sets the mode that the session goes on in when a plan is approved; `default` only ends its planning. */
  readonly setMode: (mode: "default" | "acceptEdits") => Promise<void>;
}

/** Gives the ask number `n`. */
export async function giveLate(
  board: Board,
  n: number,
  { byUpdateId, isForSession = false, withEdits = false }: LatePress,
  words: SessionWords,
): Promise<GivenLate> {
  const ask = board.get(n);
  if (ask === undefined) return { ok: false, kind: "over" };
  const { about, state } = ask;
  const isGiven = state.kind === "again" && state.byUpdateId === byUpdateId;
  if (!isGiven) {
    if (!isGivable(ask)) return { ok: false, kind: "over" };
    board.change(n, { state: { kind: "again", byUpdateId } });
    if (!(await board.sheet.save())) {
      // What is not known to be used could be used again.
      board.change(n, { state });
      return { ok: false, kind: "disk_full" };
    }
  }
  // Also where it is given again: the life that was to do this may have ended before.
  if (isForSession && about.kind === "permission") await words.remember(about.rules);
  await leavePlanning(about, withEdits, words);
  const given = board.find(n);
  return given ? { ok: true, ask: given } : { ok: false, kind: "over" };
}

/** Else the next turn would begin to plan again. */
export async function leavePlanning(
  about: KeptAsk["about"],
  withEdits: boolean,
  { setMode }: Pick<SessionWords, "setMode">,
): Promise<void> {
  if (withEdits) await setMode("acceptEdits");
  else if (about.kind === "plan" && about.isSessionMode) await setMode("default");
}
