/**
 * What a start tells the chats unasked: what it found damaged, what it finished.
 * It does not know how either came about.
 */
import type { FinishReport } from "../store/archive-types.ts";
import type { LoadResult } from "../store/session-load.ts";
import type { Journal } from "../turns/journal.ts";
import type { Outbox } from "./outbox.ts";
import { archiveFinished, sessionSetAside } from "./presenter/notices.ts";

/** Sends the notices; none of them is waited for. */
export function tellOfStart(options: {
  outbox: Outbox;
  journal: Journal;
  /** Who is told of a session that can say no more whose it is. */
  userIds: readonly number[];
  loaded: LoadResult & { ok: true };
  finished: FinishReport;
}): void {
  const { outbox, journal, userIds, loaded, finished } = options;
  for (const fault of loaded.faults) {
    if (fault.kind !== "broken") continue;
    for (const chatId of userIds) void outbox.notice({ chatId }, sessionSetAside(fault.folder));
  }
  // Whoever asked for an archive by a command that is still open hears of it from that command.
  const asked = new Set(journal.unfinished().map(({ target }) => target));
  for (const { folder, session } of finished.archived) {
    if (!asked.has(folder)) void outbox.notice({ chatId: session.chatId }, archiveFinished(session.name));
  }
}
