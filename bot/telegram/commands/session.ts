/**
 * /session: lists the sessions of a chat and switches between them; with words,
 * does the same by name.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import type { Turns } from "../../turns/turns.ts";
import type { Place } from "../../turns/view.ts";
import { type ButtonKind, type Command, type Request, wordsOf } from "../command.ts";
import type { Part } from "../delivery.ts";
import type { Formatted } from "../formatted.ts";
import { pressExpired } from "../presenter/replies.ts";
import {
  noSuchSession,
  notSetAside,
  notSwitched,
  sessionHelp,
  setAside,
  severalSessions,
  switched,
} from "../presenter/session-replies.ts";
import { archivedInstead, sessionList } from "../presenter/sessions.ts";
import { makeSession, type NewDeps } from "./new.ts";
import { findArchives, ofChat, type RestoreDeps } from "./restore.ts";

export interface SessionDeps extends NewDeps, Pick<RestoreDeps, "archives" | "logger"> {
  readonly sessions: SessionManager;
  readonly turns: Turns;
  readonly now: () => Date;
}

/** The command. */
export function sessionCommand(deps: SessionDeps): Command {
  return {
    name: "session",
    description: "list the sessions, or switch: /session [name or id]",
    async run(request) {
      const [verb = "", ...rest] = request.text.split(/\s+/);
      const ref = rest.join(" ");
      const toSwitch = (name: string) =>
        withSession(
          deps,
          request,
          name,
          (session) => switchTo(deps, request, session),
          (id) => `switch:${id}`,
        );
      switch (verb.toLowerCase()) {
        case "":
        case "list":
          return list(deps, request);
        case "help":
          return sessionHelp();
        case "start":
          return ref === "" ? sessionHelp() : makeSession(deps, request, { dir: wordsOf(ref).join(" ") });
        case "resume":
          return ref === "" ? sessionHelp() : toSwitch(ref);
        case "stop":
          return ref === ""
            ? sessionHelp()
            : withSession(deps, request, ref, (session) => stop(deps, request, session));
        default:
          return toSwitch(request.text);
      }
    },
  };
}

/** The buttons of the list: one switches, one turns the page. */
export function sessionButtons(deps: SessionDeps): ButtonKind[] {
  return [
    {
      kind: "switch",
      refuse: ({ place, text }) =>
        deps.sessions.find(place.chatId, text).kind === "one" ? undefined : pressExpired,
      press: (request) =>
        withSession(deps, request, request.text, (session) => switchTo(deps, request, session)),
    },
    { kind: "sessions", press: async (request) => list(deps, request, { page: Number(request.text) || 0 }) },
  ];
}

/** What the sessions of a chat and their marks are, as `place` sees them. */
export function sessionsSeen(
  { sessions, turns, now }: { sessions: SessionManager; turns: Pick<Turns, "isRunning">; now: () => Date },
  place: Place,
) {
  return {
    // What is just being archived can be gone to no more.
    sessions: sessions.list(place.chatId).filter(({ state }) => state !== "terminated"),
    isRunning: turns.isRunning,
    isElsewhere: (id: string) => sessions.placesOf(id).some(({ threadId }) => threadId !== place.threadId),
    now: now(),
  };
}

function list(
  deps: SessionDeps,
  { place }: Request,
  options: { page?: number; lead?: Formatted } = {},
): Part[] {
  return sessionList({
    ...sessionsSeen(deps, place),
    currentId: deps.sessions.current(place)?.id,
    ...options,
  });
}

async function switchTo(deps: SessionDeps, request: Request, session: Session): Promise<Part[]> {
  const made = await deps.sessions.makeCurrent(request.place, session.id);
  if (!made.ok) return made.kind === "disk_full" ? notSwitched() : noSuchSession(session.name);
  const released = await deps.turns.release(request.place, session.id);
  return list(deps, request, { lead: switched(made.session, released) });
}

async function stop(deps: SessionDeps, { place }: Request, session: Session): Promise<Part[]> {
  const { wasRunning, waiting } = deps.turns.stop(session.id);
  if (deps.sessions.current(place)?.id === session.id) {
    const left = await deps.sessions.leave(place);
    if (!left.ok) return notSetAside(session, wasRunning);
  }
  return setAside(session, wasRunning, waiting);
}

/**
 * Runs `use` with the one session that `ref` names in this chat, or says why there is not one, and where
 * it is archived, that; `dataOf` as in `severalSessions`.
 */
export async function withSession(
  deps: Pick<RestoreDeps, "sessions" | "archives" | "logger" | "now">,
  request: Request,
  ref: string,
  use: (session: Session) => Promise<readonly Part[]>,
  dataOf?: (id: string) => string,
): Promise<readonly Part[]> {
  const found = deps.sessions.find(request.place.chatId, ref);
  switch (found.kind) {
    case "one":
      return use(found.session);
    case "none": {
      const archives = findArchives(await ofChat(deps, request), ref);
      return archives.length === 0 ? noSuchSession(ref) : archivedInstead(ref, archives, deps.now());
    }
    case "many":
      return severalSessions(ref, found.sessions, dataOf);
  }
}
