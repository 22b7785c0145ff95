/**
 * /archive [NAME]: a session becomes a tarball. A crash on the way is finished by
 * the next start; this command, handled again then, finds its work done.
 */
import type { Archives } from "../../store/archive/archive.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import type { Archiving } from "../../turns/archiving.ts";
import type { Journal } from "../../turns/journal.ts";
import type { Command, Request } from "../command.ts";
import type { Part } from "../delivery.ts";
import { archiveBusy, archived, archiveFailed } from "../presenter/archiving.ts";
import { noCurrentSession } from "../presenter/session-replies.ts";
import { begunFolder, begunSession } from "./begun.ts";
import type { RestoreDeps } from "./restore.ts";
import { withSession } from "./session.ts";

export interface ArchiveDeps extends Pick<RestoreDeps, "logger" | "now"> {
  readonly sessions: SessionManager;
  readonly archives: Archives;
  readonly archiving: Archiving;
  readonly journal: Journal;
}

/** The command. */
export function archiveCommand(deps: ArchiveDeps): Command {
  return {
    name: "archive",
    description: "pack a session away: /archive [name or id]",
    isSlow: true,
    leads: true,
    async run(request) {
      const earlier = await beganBefore(deps, request);
      if (earlier) return earlier;
      if (request.text !== "")
        return withSession(deps, request, request.text, (session) => archive(deps, request, session));
      const session = deps.sessions.current(request.place);
      return session === undefined ? noCurrentSession() : archive(deps, request, session);
    },
  };
}

async function archive(deps: ArchiveDeps, { updateId, letNext }: Request, session: Session): Promise<Part[]> {
  await deps.journal.note(updateId, { state: "acting", target: session.folder });
  const outcome = await deps.archiving.archive(session, letNext);
  if (outcome.ok) return archived(session, outcome.archive.archiveBytes, outcome.skipped);
  // Asked for twice: the first was at work when this one came.
  const done = outcome.failure.kind === "absent" ? await isArchived(deps, session.folder) : undefined;
  if (done !== undefined) return done;
  return outcome.failure.kind === "busy"
    ? archiveBusy(session, outcome.failure)
    : archiveFailed(session, outcome.failure);
}

/** The start has finished what was begun, or undone it, and then it is done again. */
async function beganBefore(deps: ArchiveDeps, request: Request): Promise<Part[] | undefined> {
  const folder = begunFolder(deps, request);
  if (folder === undefined) return undefined;
  const done = await isArchived(deps, folder);
  if (done !== undefined) return done;
  const session = begunSession(deps, request);
  return session && archive(deps, request, session);
}

async function isArchived({ archives }: ArchiveDeps, folder: string): Promise<Part[] | undefined> {
  for (const entry of await archives.list()) {
    if (entry.kind === "archive" && !entry.isLive && entry.archive.folder === folder)
      return archived(entry.archive.session, entry.archive.archiveBytes, entry.archive.skippedCount);
  }
  return undefined;
}
