/**
 * Faults a test scripts: which call, how often, what goes wrong. Pure matching;
 * `http.ts` carries them out.
 */
import type { Changes, WaitOptions } from "./changes.ts";
import type { Payload } from "./parameters.ts";

/**
 * What goes wrong. `429 500 401 409 refuse`: answered, not carried out.
 * `html502`: a proxy's page. `cutJson`: carried out, the answer ends in the
 * middle. `nullInArray`, `malformedUpdate`: junk among the updates (getUpdates
 * only). `silent`: taken and never answered, not carried out; `silentAfter`:
 * carried out and never answered. `dropBefore`, `dropAfter`: the connection is
 * cut before or after it is carried out.
 */
type FaultKind =
  | "429"
  | "500"
  | "401"
  | "409"
  | "refuse"
  | "html502"
  | "cutJson"
  | "nullInArray"
  | "malformedUpdate"
  | "silent"
  | "silentAfter"
  | "dropBefore"
  | "dropAfter";

/** One scripted fault. */
export interface FaultPlan {
  readonly kind: FaultKind;
  /** Default: any method but getUpdates. `downloadFile` is the download of a file. */
  readonly method?: string;
  /** Only calls whose parameters pass. */
  readonly when?: (payload: Payload) => boolean;
  /** How many calls it hits; default 1. */
  readonly times?: number;
  /** How many matching calls pass unharmed before; default 0. */
  readonly after?: number;
  /** For 429; default 1. */
  readonly retryAfterS?: number;
  /** For `refuse`; default 400. */
  readonly code?: number;
  /** For `refuse`: the whole description. */
  readonly description?: string;
}

/** A fault in force. */
export interface Fault {
  readonly plan: FaultPlan;
  /** How many calls it has hit. */
  readonly hits: number;
  /** Resolves when it has hit `count` calls (default: all of `times`). */
  readonly happened: (count?: number, options?: WaitOptions) => Promise<void>;
  /** Ends it. */
  readonly stop: () => void;
}

interface Running extends Fault {
  hits: number;
  passed: number;
}

/** The faults in force, in the order they were given. */
export class Faults {
  readonly #faults = new Set<Running>();
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Puts `plan` in force. */
  add(plan: FaultPlan): Fault {
    const times = plan.times ?? 1;
    const fault: Running = {
      plan,
      hits: 0,
      passed: 0,
      happened: async (count = times, options = {}) => {
        const what = {
          what: `${plan.kind} on ${plan.method ?? "a call"} to happen ${count} times`,
          ...options,
        };
        await this.#changes.waitFor(
          () => fault.hits >= count || undefined,
          () => `It happened ${fault.hits} times.`,
          what,
        );
      },
      stop: () => this.#faults.delete(fault),
    };
    this.#faults.add(fault);
    return fault;
  }

  /** Takes the fault that hits this call, if one does, and counts it. */
  take(method: string, payload: Payload): FaultPlan | undefined {
    for (const fault of this.#faults) {
      const { plan } = fault;
      const isMethod = plan.method === undefined ? method !== "getUpdates" : plan.method === method;
      if (!isMethod || plan.when?.(payload) === false) continue;
      if (fault.passed < (plan.after ?? 0)) {
        fault.passed += 1;
        continue;
      }
      fault.hits += 1;
      if (fault.hits >= (plan.times ?? 1)) this.#faults.delete(fault);
      this.#changes.next();
      this.#changes.tell();
      return plan;
    }
    return undefined;
  }

  /** Ends all of them. */
  clear(): void {
    this.#faults.clear();
  }
}
