/**
 * The asks of one run, for whoever runs the turn and whoever presses: the same
 * whether this life began the run (`live-desk.ts`) or an earlier one
 * (`past-desk.ts`). Types only.
 */
import type { Listener } from "../follow.ts";
import type { Ask, Decision, KeptAsk, Question } from "./ask.ts";
import type { GivenLate, LatePress } from "./late.ts";

export interface Desk {
  readonly listen: Listener;
  /** The ask number `n`, as it stands. */
  find(n: number): Ask | undefined;
  /** Those that wait for a decision now. */
  waiting(): Ask[];
  /**
   * Decides. False where it was decided before or does not fit: then nothing changed. The
   * promise resolves when the decision is on the disk and Claude has its answer.
   */
  decide(n: number, decision: Decision): { ok: true; done: Promise<void> } | { ok: false };
  /** Gives one that nobody answered: for another turn, and to one press only. */
  giveLate(n: number, press: LatePress): Promise<GivenLate>;
  /** The person decided about the turn, which was cut off: what could still be given of it ends with that. */
  leave(): Promise<void>;
  /** What the ask was about, as the CLI had it. */
  kept(n: number): KeptAsk | undefined;
  /**
   * Asks questions of our own, such as a tool of ours passes on; `onEnd` gets them as they ended,
   * once, unless the turn ends first. `key` is the request's own. To be called while an event is heard.
   */
  pose(key: string, questions: readonly Question[], onEnd: (asks: readonly KeptAsk[]) => void): void;
  /** Resolves when what an answer shows of the asks is on the disk, or cannot be. */
  settled(): Promise<void>;
  /** Ends all waits; resolves when the record is on the disk. Nothing is written after that. */
  close(): Promise<void>;
}
