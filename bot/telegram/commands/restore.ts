/**
 * /restore [NAME]: an archived session comes back and remembers.
 */
import type { Logger } from "../../logger.ts";
import { type ArchiveInfo, type ListEntry } from "../../store/archive/types.ts";
import type { Archives } from "../../store/archive/archive.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import { namedBy } from "../../store/session-ref.ts";
import type { Session } from "../../store/session.ts";
import type { Archiving } from "../../turns/archiving.ts";
import type { Journal } from "../../turns/journal.ts";
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Command, Request } from "../command.ts";
import type { Part } from "../delivery.ts";
import { noSuchArchive, restored, restoreFailed } from "../presenter/archiving.ts";
import { notMoved } from "../presenter/session-replies.ts";
import { archivedInstead, archiveList } from "../presenter/sessions.ts";
import { begunSession } from "./begun.ts";

export interface RestoreDeps {
  readonly sessions: SessionManager;
  readonly archives: Archives;
  readonly archiving: Archiving;
  readonly turns: Turns;
  readonly journal: Journal;
  readonly logger: Logger;
  readonly now: () => Date;
}

/** The command. */
export function restoreCommand(deps: RestoreDeps): Command {
  return {
    name: "restore",
    description: "bring an archived session back: /restore [name or id]",
    isSlow: true,
    leads: true,
    async run(request) {
      const earlier = begunSession(deps, request);
      if (earlier) return comeBack(deps, request, earlier);
      const entries = await ofChat(deps, request, await mended(deps));
      if (request.text === "") return archiveList(entries, deps.now());
      const [archive, ...others] = findArchives(entries, request.text);
      if (archive === undefined) return noSuchArchive(request.text);
      if (others.length === 0) return restore(deps, request, archive);
      return archivedInstead(request.text, [archive, ...others], deps.now());
    },
  };
}

/** The buttons of the list: one restores, one turns the page. */
export function restoreButtons(deps: RestoreDeps): ButtonKind[] {
  return [
    {
      kind: "restore",
      isSlow: true,
      leads: true,
      async press(request) {
        const archive = find(await ofChat(deps, request), request.text);
        return archive === undefined ? noSuchArchive(request.text) : restore(deps, request, archive);
      },
    },
    {
      kind: "archives",
      press: async (request) =>
        archiveList(await ofChat(deps, request), deps.now(), Number(request.text) || 0),
    },
  ];
}

async function restore(deps: RestoreDeps, request: Request, archive: ArchiveInfo): Promise<Part[]> {
  await deps.journal.note(request.updateId, { state: "acting", target: archive.folder });
  const outcome = await deps.archiving.restore(archive.folder);
  // Asked for twice: the first was at work when this one came.
  const back = outcome.ok || outcome.failure.kind !== "exists" ? undefined : begunSession(deps, request);
  if (back !== undefined && back.state !== "terminated") return comeBack(deps, request, back);
  if (!outcome.ok) return restoreFailed(archive.session.name, outcome.failure);
  return comeBack(deps, request, outcome.session);
}

const comeBack = (deps: RestoreDeps, request: Request, session: Session): Promise<Part[]> =>
  makeCurrent(deps, request, session, (isCurrent) => restored(session, { isCurrent }));

/** Makes a session that is live again current where none is; `tell` says what came of it. */
export async function makeCurrent(
  deps: Pick<RestoreDeps, "sessions" | "turns">,
  { place }: Request,
  session: Session,
  tell: (isCurrent: boolean) => Part[],
): Promise<Part[]> {
  const current = deps.sessions.current(place);
  if (current !== undefined && current.id !== session.id) return tell(false);
  const moved = await deps.sessions.makeCurrent(place, session.id);
  if (!moved.ok) return notMoved(session, "is back");
  await deps.turns.release(place, session.id);
  return tell(true);
}

/** Everything that is archived, with what was put into the folder by hand since the start. */
async function mended({ archives }: Pick<RestoreDeps, "archives">): Promise<ListEntry[]> {
  const entries = await archives.list();
  const odd = entries.flatMap((entry) =>
    entry.kind === "needs_look" && (entry.why === "no_side_file" || entry.why === "broken_side_file")
      ? [entry.folder]
      : [],
  );
  return odd.length > 0 && (await archives.mend(odd)) > 0 ? archives.list() : entries;
}

/** A chat sees its own archives, and counts those of which nothing is known. */
export async function ofChat(
  { archives, logger }: Pick<RestoreDeps, "archives" | "logger">,
  { place }: Request,
  known?: readonly ListEntry[],
): Promise<ListEntry[]> {
  const entries = known ?? (await archives.list());
  const odd = entries.flatMap((entry) => (entry.kind === "needs_look" ? [entry] : []));
  for (const { folder, why } of odd) logger.warn({ folder, why }, "an archive needs a look by hand");
  return entries.filter(
    (entry) => entry.kind === "needs_look" || entry.archive.session.chatId === place.chatId,
  );
}

/** The archives that a person's word names, as it would name live sessions; there may be several of one name. */
export function findArchives(entries: readonly ListEntry[], ref: string): readonly ArchiveInfo[] {
  const archives = entries.flatMap((entry) =>
    entry.kind === "archive" && !entry.isLive ? [entry.archive] : [],
  );
  return namedBy(ref, archives, ({ folder, session }) => ({ ...session, folder }));
}

/** The archive that a button names, which is one. */
export function find(entries: readonly ListEntry[], ref: string): ArchiveInfo | undefined {
  return findArchives(entries, ref)[0];
}
