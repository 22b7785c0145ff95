/**
 * What a chat is told of sessions that nobody uses. It does not know when, nor
 * which.
 */
import type { AutoArchiveCallbacks } from "../turns/auto-archive.ts";
import type { Outbox } from "./outbox.ts";
import { archivedSoon, archivedUnused } from "./presenter/housekeeping.ts";
import { archiveFailed } from "./presenter/archiving.ts";

/** Makes the callbacks; `afterMs` is how long a session must be unused. */
export function housekeepingNotices(deps: {
  readonly outbox: Pick<Outbox, "notice">;
  readonly now: () => Date;
  readonly afterMs: number;
}): AutoArchiveCallbacks {
  const { outbox, now, afterMs } = deps;
  return {
    async announce(place, sessions) {
      const parts = archivedSoon(sessions, { afterMs, now: now() });
      return (await outbox.notice(place, parts)) !== undefined;
    },
    archived: (place, sessions) => void outbox.notice(place, archivedUnused(sessions, afterMs)),
    failed: (place, session, failure) => void outbox.notice(place, archiveFailed(session, failure)),
  };
}
