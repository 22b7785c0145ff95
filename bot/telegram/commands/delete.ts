/**
 * /delete [NAME]: a session goes, after an archive of it was made; an archive
 * goes for ever. Each is asked about first. A crash on the way is finished by the
 * next start, which handles the press again.
 */
import type { Archives } from "../../store/archive/archive.ts";
import type { ArchiveInfo } from "../../store/archive/types.ts";
import type { Paths } from "../../store/paths.ts";
import type { Session } from "../../store/session.ts";
import type { Turns } from "../../turns/turns.ts";
import type { Command, Request, WorkButton } from "../command.ts";
import type { Part } from "../delivery.ts";
import {
  anotherArchive,
  askDelete,
  askErase,
  askEraseWithFile,
  deleteBusy,
  deleted,
  erased,
  keptAsItIs,
  notDeleted,
} from "../presenter/deleting.ts";
import { noSuchArchive } from "../presenter/archiving.ts";
import { pressExpired } from "../presenter/replies.ts";
import { noCurrentSession, noSuchSession, severalSessions } from "../presenter/session-replies.ts";
import type { ArchiveDeps } from "./archive.ts";
import { begunFolder } from "./begun.ts";
import { find, findArchives, ofChat } from "./restore.ts";
import { withSession } from "./session.ts";

export interface DeleteDeps extends ArchiveDeps {
  readonly archives: Archives;
  readonly turns: Turns;
  readonly paths: Pick<Paths, "archive" | "session">;
}

/** The command. It only asks. */
export function deleteCommand(deps: DeleteDeps): Command {
  return {
    name: "delete",
    description: "delete a session, once it is archived: /delete [name or id]",
    async run(request) {
      const { place, text } = request;
      if (text === "") {
        const session = deps.sessions.current(place);
        return session === undefined ? noCurrentSession() : ask(deps, session);
      }
      if (deps.sessions.find(place.chatId, text).kind !== "none")
        return withSession(deps, request, text, async (session) => ask(deps, session));
      const [archive, ...others] = findArchives(await ofChat(deps, request), text);
      if (archive === undefined) return noSuchSession(text);
      return others.length === 0
        ? askErase(archive, deps.now())
        : severalSessions(
            text,
            [archive, ...others].map(({ session }) => session),
          );
    },
  };
}

function ask({ turns, paths }: DeleteDeps, session: Session): Part[] {
  const kept = turns.terminal.stalled(session.id);
  if (turns.isRunning(session.id) || turns.waiting(session.id) > 0 || kept > 0)
    return deleteBusy(session, { kept, openIn: [] });
  return askDelete(session, { hasOwnFolder: session.cwd === paths.session(session.folder).workspace });
}

/** The buttons of both questions. */
export function deleteButtons(deps: DeleteDeps): WorkButton[] {
  const onArchive = (work: (archive: ArchiveInfo) => readonly Part[]) => async (request: Request) => {
    const archive = await archiveOf(deps, request);
    return archive === undefined ? noSuchArchive(request.text) : work(archive);
  };
  return [
    {
      kind: "delete",
      isSlow: true,
      leads: true,
      refuse: (request) =>
        begunFolder(deps, request) === undefined && sessionOf(deps, request) === undefined
          ? pressExpired
          : undefined,
      press: (request) => remove(deps, request),
    },
    { kind: "spare", press: async () => keptAsItIs() },
    { kind: "erase-ask", press: onArchive((archive) => askErase(archive, deps.now())) },
    {
      kind: "erase-send",
      isSlow: true,
      press: onArchive((archive) => askEraseWithFile(archive, deps.paths.archive(archive.folder).tarball)),
    },
    { kind: "erase", press: (request) => erase(deps, request) },
  ];
}

async function remove(deps: DeleteDeps, request: Request): Promise<readonly Part[]> {
  const target = begunFolder(deps, request);
  // The start has finished it, or put it back.
  const before = target === undefined ? undefined : await archiveOf(deps, { ...request, text: target });
  if (before !== undefined) return deleted(before);
  const session = sessionOf(deps, request);
  if (session === undefined) return noSuchSession(request.text);
  await deps.journal.note(request.updateId, { state: "acting", target: session.folder });
  const outcome = await deps.archiving.archive(session, request.letNext);
  if (outcome.ok) return deleted(outcome.archive);
  // Pressed twice: the first was at work when this one came.
  const done =
    outcome.failure.kind === "absent"
      ? await archiveOf(deps, { ...request, text: session.folder })
      : undefined;
  if (done !== undefined) return deleted(done);
  return outcome.failure.kind === "busy"
    ? deleteBusy(session, outcome.failure)
    : notDeleted(session, outcome.failure);
}

async function erase(deps: DeleteDeps, request: Request): Promise<readonly Part[]> {
  const [asked = "", print = ""] = request.text.split(":");
  const archive = await archiveOf(deps, { ...request, text: asked });
  // What was asked about, and nothing that came in its place.
  if (archive !== undefined && !archive.sha256.startsWith(print)) return anotherArchive();
  const folder = archive?.folder ?? begunFolder(deps, request);
  if (folder === undefined) return noSuchArchive(asked);
  await deps.journal.note(request.updateId, { state: "acting", target: folder });
  await deps.archives.erase(folder);
  return erased(archive?.session);
}

async function archiveOf(deps: DeleteDeps, request: Request): Promise<ArchiveInfo | undefined> {
  return find(await ofChat(deps, request), request.text);
}

function sessionOf({ sessions }: DeleteDeps, { place, text }: Request): Session | undefined {
  const found = sessions.find(place.chatId, text);
  return found.kind === "one" ? found.session : undefined;
}
