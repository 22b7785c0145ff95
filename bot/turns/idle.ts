/**
 * Sessions that nobody uses: after a while they are paused, and hold nothing. The
 * next message wakes them. It does not know how.
 */
import type { Logger } from "../logger.ts";
import type { SessionManager } from "../store/session-manager.ts";

export interface IdleDeps {
  readonly sessions: Pick<SessionManager, "unusedSince" | "rest">;
  readonly turns: { isRunning(sessionId: string): boolean; waiting(sessionId: string): number };
  readonly standbys: { drop(sessionId: string): Promise<void> };
  readonly logger: Pick<Logger, "warn">;
  readonly now: () => Date;
  readonly idleAfterMs: number;
}

/** Pauses what was unused for too long; gives how many. One that cannot be changed stays as it is. */
export async function pauseUnused(deps: IdleDeps): Promise<number> {
  const { sessions, turns, standbys } = deps;
  const before = new Date(deps.now().getTime() - deps.idleAfterMs);
  let paused = 0;
  for (const { id } of sessions.unusedSince(before)) {
    if (turns.isRunning(id) || turns.waiting(id) > 0) continue;
    const rested = await sessions.rest(id).catch((error: unknown) => {
      deps.logger.warn({ err: error, session: id }, "an unused session could not be paused");
    });
    if (!rested?.ok) continue;
    paused += 1;
    await standbys.drop(id);
  }
  return paused;
}
