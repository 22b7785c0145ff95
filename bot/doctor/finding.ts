/**
 * What a check is, and what it finds. Types and three short makers. A finding is
 * for a person: no secret ever stands in one.
 */

/** `bad`: the bot cannot do its work. `warn`: it works, but something will hurt. */
export type State = "ok" | "warn" | "bad";

/** What one look gave. `says` is one sentence: what is so and what it means. Words in `backticks` are to be typed or read as they are. */
export interface Verdict {
  readonly state: State;
  readonly says: string;
  /** One way to mend it; never there when all is well. */
  readonly mend?: string;
}

/** A verdict with the name of its check. */
export interface Finding extends Verdict {
  readonly name: string;
}

/** One look at one thing. It reads only; undefined where it has nothing to look at. */
export interface Check {
  readonly name: string;
  look(): Promise<Verdict | undefined>;
}

export const ok = (says: string): Verdict => ({ state: "ok", says });
export const warn = (says: string, mend: string): Verdict => ({ state: "warn", says, mend });
export const bad = (says: string, mend: string): Verdict => ({ state: "bad", says, mend });
