/**
 * Findings as a terminal shows them. Pure. The chat has its own
 * (`telegram/presenter/doctor.ts`).
 */
import { clip } from "./words.ts";
import type { Finding, State } from "./finding.ts";

const SIGN: Readonly<Record<State, string>> = { ok: "✔", warn: "!", bad: "✖" };

/** A line for each finding and one for each way to mend it; the last line sums up. */
export function report(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, state, says, mend }) => [
    `${SIGN[state]} ${name.padEnd(width)}  ${clip(says)}`,
    ...(mend === undefined ? [] : [`  ${" ".repeat(width)}  → ${clip(mend)}`]),
  ]);
  return [...lines, "", summary(findings)].join("\n");
}

/** "All is well." or what is not, in one line. */
export function summary(findings: readonly Finding[]): string {
  const count = (state: State): number => findings.filter((finding) => finding.state === state).length;
  const broken = count("bad");
  const warnings = count("warn");
  if (broken === 0 && warnings === 0) return "All is well.";
  const words = warnings === 1 ? "1 warning" : `${warnings} warnings`;
  if (broken === 0) return `Nothing is broken; ${words}.`;
  return `${broken} broken${warnings === 0 ? "" : `, ${words}`}.`;
}
