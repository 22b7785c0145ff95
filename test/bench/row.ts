/** What a measurement gives: the lines of the table that `npm run bench` prints. Values only. */

/** One line. All numbers are in `unit`, one for each round, and were taken in turn: ours, theirs, the limit, ours … */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  /** The same done by what we compare with. */
  readonly theirs?: readonly number[];
  /** What nobody can do better. */
  readonly limit?: readonly number[];
  /** What we want, in words and numbers: "≤ 0.15 ×", "< 50 ms". */
  readonly goal?: string;
}

/** The middle one; of an even number the lower of the two. NaN of none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
