/**
 * /restore [NAME]: an archived session comes back and remembers.
 */
import { type ArchiveInfo, type ListEntry } from "../../store/archive-types.ts";
import type { Archives } from "../../store/archive.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { Archiving } from "../../turns/archiving.ts";
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Command, Request } from "../command.ts";
import type { Part } from "../delivery.ts";
import { noSuchArchive, restored, restoreFailed } from "../presenter/replies.ts";
import { archiveList } from "../presenter/sessions.ts";

export interface RestoreDeps {
  readonly sessions: SessionManager;
  readonly archives: Archives;
  readonly archiving: Archiving;
  readonly turns: Turns;
  readonly now: () => Date;
}

/** The command. */
export function restoreCommand(deps: RestoreDeps): Command {
  return {
    name: "restore",
    description: "bring an archived session back: /restore [name or id]",
    async run(request) {
      const entries = await ofChat(deps, request);
      if (request.text === "") return archiveList(entries, deps.now());
      const archive = find(entries, request.text);
      return archive === undefined ? noSuchArchive(request.text) : restore(deps, request, archive);
    },
  };
}

/** The buttons of the list: one restores, one turns the page. */
export function restoreButtons(deps: RestoreDeps): ButtonKind[] {
  return [
    {
      kind: "restore",
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

async function restore(deps: RestoreDeps, { place }: Request, archive: ArchiveInfo): Promise<Part[]> {
  const outcome = await deps.archiving.restore(archive.folder);
  if (!outcome.ok) return restoreFailed(archive.session.name, outcome.failure);
  if (deps.sessions.current(place) !== undefined) return restored(outcome.session, { isCurrent: false });
  await deps.sessions.makeCurrent(place, outcome.session.id);
  await deps.turns.release(place, outcome.session.id);
  return restored(outcome.session, { isCurrent: true });
}

/** A chat sees its own archives, and those of which nothing is known. */
async function ofChat({ archives }: RestoreDeps, { place }: Request): Promise<ListEntry[]> {
  const entries = await archives.list();
  return entries.filter(
    (entry) => entry.kind === "needs_look" || entry.archive.session.chatId === place.chatId,
  );
}

function find(entries: readonly ListEntry[], ref: string): ArchiveInfo | undefined {
  const lower = ref.toLowerCase();
  return entries
    .flatMap((entry) => (entry.kind === "archive" && !entry.isLive ? [entry.archive] : []))
    .find(
      ({ folder, session }) =>
        folder === ref || session.id.startsWith(lower.padEnd(8, "?")) || session.name.toLowerCase() === lower,
    );
}
