/**
 * What a start tells the chats and the log unasked: what it found damaged, what
 * it finished, what it could not. It does not know how any of it came about.
 */
import type { Logger } from "../logger.ts";
import type { FinishReport } from "../store/archive/types.ts";
import type { LoadResult } from "../store/session-load.ts";
import type { SessionManager } from "../store/session-manager.ts";
import { homeOf, type Session } from "../store/session.ts";
import type { Journal } from "../turns/journal.ts";
import type { Outbox } from "./outbox.ts";
import { archiveFinished, chatsSetAside, needsLook, sessionSetAside } from "./presenter/notices.ts";
import { archiveFailed } from "./presenter/archiving.ts";

/** Sends the notices; none of them is waited for. */
export function tellOfStart(options: {
  outbox: Outbox;
  journal: Journal;
  sessions: SessionManager;
  logger: Logger;
  /** Who is told of what can say no more whose it is. */
  userIds: readonly number[];
  /** Groups in which sessions may live, beside the private chats of `userIds`. */
  chatIds: readonly number[];
  loaded: LoadResult & { ok: true };
  finished: FinishReport;
}): void {
  const { outbox, journal, sessions, logger, userIds, loaded, finished } = options;
  for (const fault of loaded.faults) {
    if (fault.kind !== "broken") continue;
    for (const chatId of userIds) void outbox.notice({ chatId }, sessionSetAside(fault.folder));
  }
  if (loaded.chatsMovedTo !== undefined) {
    logger.warn({ movedTo: loaded.chatsMovedTo }, "the list of chats was damaged and set aside");
    for (const chatId of userIds) void outbox.notice({ chatId }, chatsSetAside());
  }

  const live = [...userIds, ...options.chatIds].flatMap((chatId) => sessions.list(chatId));
  const liveIn = (folder: string): Session | undefined => live.find((session) => session.folder === folder);
  // Whoever asked for an archive by a command that is still open hears of it from that command.
  const asked = new Set(journal.unfinished().map(({ target }) => target));
  for (const { folder, session } of finished.archived) {
    if (!asked.has(folder)) void outbox.notice(homeOf(session), archiveFinished(session.name));
  }
  for (const { folder, failure } of finished.putBack) {
    if (failure === undefined) continue;
    logger.warn({ folder, failure }, "an archive that a crash had interrupted failed");
    const session = liveIn(folder);
    if (session && !asked.has(folder)) void outbox.notice(homeOf(session), archiveFailed(session, failure));
  }
  for (const folder of finished.stuck) {
    logger.warn({ folder }, "a session is both live and frozen for its archive; both are kept");
    const session = liveIn(folder);
    if (session) void outbox.notice(homeOf(session), needsLook(session));
  }
}
