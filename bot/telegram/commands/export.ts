/**
 * /export [md|html] [NAME]: a session's conversation as a file in the chat, live
 * or archived. The page is made beside the archives, and gone once it was sent.
 */
import { rm } from "node:fs/promises";
import type { Archives } from "../../store/archive/archive.ts";
import type { PageFormat } from "../../store/archive/page.ts";
import type { Paths } from "../../store/paths.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import { type Command, type Request, wordsOf } from "../command.ts";
import type { Part } from "../delivery.ts";
import { exported, exportFailed, nothingToExport } from "../presenter/export.ts";
import { noCurrentSession, noSuchSession, severalSessions } from "../presenter/session-replies.ts";
import { findArchives, ofChat, type RestoreDeps } from "./restore.ts";

export interface ExportDeps extends Pick<RestoreDeps, "logger"> {
  readonly archives: Archives;
  readonly sessions: SessionManager;
  readonly paths: Pick<Paths, "page">;
}

const FORMATS: Readonly<Record<string, PageFormat>> = { md: "md", markdown: "md", html: "html" };

/** The command. */
export function exportCommand(deps: ExportDeps): Command {
  return {
    name: "export",
    description: "a session's conversation as a file: /export [md|html] [name or id]",
    isSlow: true,
    async run(request) {
      const { format, ref } = read(request.text);
      const found = await look(deps, request, ref);
      if ("parts" in found) return found.parts;
      const page = await deps.archives.page({ updateId: request.updateId, format, ...found });
      if (!page.ok) {
        deps.logger.warn({ folder: found.folder, ...page.failure }, "a session was not exported");
        return exportFailed(found.session, page.failure);
      }
      return page.turns === 0 ? nothingToExport(found.session) : exported(found.session, format, page);
    },
    async sent({ updateId }) {
      for (const format of ["md", "html"] as const)
        await rm(deps.paths.page(updateId, format), { force: true });
    },
  };
}

/** A page opens with a tap on every phone; so that is what is made unless Markdown is asked for. */
function read(text: string): { format: PageFormat; ref: string } {
  const [first = "", ...rest] = wordsOf(text);
  const format = FORMATS[first.toLowerCase()];
  return format === undefined ? { format: "html", ref: text } : { format, ref: rest.join(" ") };
}

async function look(deps: ExportDeps, request: Request, ref: string) {
  const { sessions } = deps;
  const { place } = request;
  if (ref === "") {
    const session = sessions.current(place);
    return session === undefined
      ? { parts: noCurrentSession() as readonly Part[] }
      : { folder: session.folder, session, isArchived: false };
  }
  const found = sessions.find(place.chatId, ref);
  if (found.kind === "many") return { parts: severalSessions(ref, found.sessions) as readonly Part[] };
  if (found.kind === "one")
    return { folder: found.session.folder, session: found.session, isArchived: false };
  const archives = findArchives(await ofChat(deps, request), ref);
  const [archive] = archives;
  if (archive === undefined) return { parts: noSuchSession(ref) as readonly Part[] };
  if (archives.length > 1)
    return {
      parts: severalSessions(
        ref,
        archives.map(({ session }) => session),
      ) as readonly Part[],
    };
  return { folder: archive.folder, session: archive.session, isArchived: true };
}
