/**
 * Carries the checks out. It promises a finding for each that had something to
 * look at, in their order, within a bounded time, whatever breaks in one of them.
 * It does not know what they look at.
 */
import { codeOf } from "../error-code.ts";
import { bad, type Check, type Finding, type Verdict } from "./finding.ts";

/** The slowest check asks the CLI which flags it knows. */
const LIMIT_MS = 45_000;

/** Looks at everything, side by side; takes as long as the slowest check, at most `limitMs`. */
export async function examine(checks: readonly Check[], limitMs = LIMIT_MS): Promise<Finding[]> {
  const findings = await Promise.all(
    checks.map(async (check) => {
      const verdict = await withinLimit(check, limitMs);
      return verdict === undefined ? [] : [{ name: check.name, ...verdict }];
    }),
  );
  return findings.flat();
}

/** 1 where something is broken, else 0: a warning is no reason for a script to stop. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ state }) => state === "bad") ? 1 : 0;
}

async function withinLimit(check: Check, limitMs: number): Promise<Verdict | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verdict>((resolve) => {
    const seconds = Math.round(limitMs / 1_000);
    const verdict = bad(
      `no result within ${seconds} s.`,
      "Look again; if it stays so, something hangs there.",
    );
    timer = setTimeout(() => resolve(verdict), limitMs);
  });
  const broken = (error: unknown): Verdict =>
    bad(
      `this could not be looked at (${codeOf(error) ?? nameOf(error)}).`,
      "See whether the file or folder can be read.",
    );
  return Promise.race([check.look().catch(broken), late]).finally(() => clearTimeout(timer));
}

/** Of a fault of ours only what cannot hold a secret. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");
