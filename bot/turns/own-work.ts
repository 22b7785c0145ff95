/**
 * What the bot itself does in a session's lane, between its turns: work that must
 * have the session alone, the end of what an earlier life left. It does not know
 * what the work is.
 */
import type { Claude } from "../claude/claude.ts";
import type { SessionManager } from "../store/session-manager.ts";
import type { Entry } from "./facts.ts";
import { markerOf } from "./prepare.ts";
import type { Queue } from "./queue.ts";
import type { Standbys } from "./standby/standbys.ts";
import type { Gate } from "./terminal/terminal.ts";
import { type ThinDeps, thinOutput } from "./thin-output.ts";

export interface OwnWorkDeps extends ThinDeps {
  readonly queue: Pick<Queue, "enqueue">;
  readonly standbys: Pick<Standbys, "hold" | "release" | "drop">;
  readonly sessions: Pick<SessionManager, "get">;
  readonly claude: Pick<Claude, "sweep">;
  readonly gate: Pick<Gate, "gone">;
  /** Whether a turn of the session runs or waits. */
  readonly isBusy: (sessionId: string) => boolean;
}

/** Makes it. */
export function createOwnWork(deps: OwnWorkDeps) {
  const { queue, standbys, sessions, claude, gate, isBusy } = deps;

  return {
    /** Runs `work` alone in the session's lane, with no process on its conversation; undefined if a turn of it runs or waits. */
    exclusive<T>(sessionId: string, work: () => Promise<T>): Promise<T> | undefined {
      if (isBusy(sessionId)) return undefined;
      return new Promise((resolve, reject) => {
        const run = async (): Promise<void> => {
          standbys.hold(sessionId);
          try {
            await standbys.drop(sessionId);
            resolve(await work());
          } catch (error) {
            reject(error);
          } finally {
            standbys.release(sessionId);
          }
        };
        queue.enqueue(sessionId, { isFree: true, run });
      });
    },

    /** Ends what a turn of an earlier life left running; the session's next turn waits for it. */
    endLeftovers({ id, sessionId, process, marker }: Entry): void {
      const session = sessionId === undefined ? undefined : sessions.get(sessionId);
      if (session === undefined) return;
      queue.enqueue(session.id, {
        isFree: true,
        async run() {
          await claude.sweep(marker ?? markerOf(session, id), process);
          await gate.gone(session.id);
        },
      });
    },

    /** Thins the output of a turn of an earlier life that is delivered by now; `entry` is as it was before. */
    thinOutput({ id, sessionId, answer }: Entry): void {
      // Of an answer that was broken off the pieces are all there is.
      if (sessionId === undefined || answer?.outcome !== "answered") return;
      queue.enqueue(sessionId, {
        isFree: true,
        async run() {
          const session = sessions.get(sessionId);
          if (session) await thinOutput(deps, id, deps.paths.turn(session.folder, id).out);
        },
      });
    },
  };
}
