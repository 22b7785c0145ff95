/**
 * A process for a message that is there, started while that is still being written
 * down. It promises to keep nobody waiting who finds out by himself what is wrong,
 * and that one which comes too late is ended. It does not know those that wait:
 * their bounds are none for a turn.
 */
import { rm } from "node:fs/promises";
import type { Logger } from "../../logger.ts";
import type { Session } from "../../store/session.ts";
import type { TurnPlan } from "../prepare.ts";
import { type Standby, type StandbyDeps, startNow } from "./standby.ts";

export interface StartDeps extends StandbyDeps {
  readonly logger: Logger;
  /** Resolves after that many ms, or at once when `signal` is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A start takes some ms. Where the system or the CLI hangs, the turn goes on without this one, and says so in its own time. */
const START_MS = 2_000;

type Begun = Pick<Standby, "waiting" | "files">;

/** Gives it; undefined where none came in time, or before `unwanted` was aborted. The folder of its files is the caller's to remove. */
export async function startForMessage(
  deps: StartDeps,
  session: Session,
  plan: TurnPlan,
  unwanted: AbortSignal,
): Promise<Begun | undefined> {
  const starting = startNow(deps, session, plan).then(
    (started) => (started.ok ? started : undefined),
    (error: unknown) => {
      // A full disk, for one. The turn finds the same, and says so.
      deps.logger.warn(
        { err: error, session: session.id },
        "no process could be started ahead of its message",
      );
    },
  );
  const over = new AbortController();
  const timeIsUp = deps.wait(START_MS, AbortSignal.any([unwanted, over.signal])).then(() => undefined);
  const begun = (await Promise.race([starting, timeIsUp])) ?? undefined;
  over.abort();
  if (begun === undefined) void starting.then((late) => late && end(late)).catch(() => {});
  return begun;
}

async function end({ waiting, files }: Begun): Promise<void> {
  await waiting.end();
  await rm(files.root, { recursive: true, force: true });
}
