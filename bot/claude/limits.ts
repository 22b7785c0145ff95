/**
 * Every limit of a run in one place, with its default. Values only.
 */
import { WATCHDOG_LIMITS, type WatchdogLimits } from "./watchdogs.ts";

/** Every wait of a run, in ms, and how long a line may be. */
export interface RunLimits extends WatchdogLimits {
  /** From asking to stop until it is made to. */
  readonly interruptMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly termMs: number;
  /** From SIGTERM to SIGKILL for what the process left behind. */
  readonly leftoverMs: number;
  /** How long a turn that is answered goes on for its background tasks; then they are stopped. */
  readonly backgroundMs: number;
  /** From the end of the last background task until it has begun to tell of it. */
  readonly followUpMs: number;
  readonly maxLineBytes: number;
}

/** The defaults. */
export const RUN_LIMITS: RunLimits = {
  ...WATCHDOG_LIMITS,
  interruptMs: 2_000,
  termMs: 5_000,
  leftoverMs: 1_000,
  backgroundMs: 10 * 60_000,
  followUpMs: 5_000,
  maxLineBytes: 8 * 1024 * 1024,
};
