/**
 * What an earlier life had begun for the very update that is handled again: a
 * command writes down whose folder it is about before it changes anything there.
 * It does not know what was begun, nor how far that came.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import type { Journal } from "../../turns/journal.ts";
import type { Request } from "../command.ts";

/** The folder of that session; undefined where nothing was begun. */
export function begunFolder(
  { journal }: { readonly journal: Pick<Journal, "get"> },
  { updateId }: Pick<Request, "updateId">,
): string | undefined {
  return journal.get(updateId)?.target;
}

/** That session, where it is live in this chat. */
export function begunSession(
  deps: { readonly journal: Pick<Journal, "get">; readonly sessions: Pick<SessionManager, "list"> },
  request: Pick<Request, "updateId" | "place">,
): Session | undefined {
  const begun = begunFolder(deps, request);
  return begun === undefined
    ? undefined
    : deps.sessions.list(request.place.chatId).find(({ folder }) => folder === begun);
}
