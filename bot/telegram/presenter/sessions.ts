/**
 * Sessions and archives as lists with buttons. Pure.
 */
import type { ArchiveInfo, ListEntry } from "../../store/archive/types.ts";
import { type Session, shortId } from "../../store/session.ts";
import type { Button, Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, join, plain } from "../formatted.ts";
import { messages } from "./messages.ts";
import { ago, clip, count, size } from "./words.ts";

const PAGE = 8;

/** A session in one line, as it is named everywhere: its name and its 8 characters. */
export function sessionName(session: Pick<Session, "id" | "name">): Formatted {
  return f`${bold(clip(session.name, 60))} ${code(shortId(session))}`;
}

/** What a button calls a session: its name, and its 8 characters where another of the list is called so, too. */
export function sessionLabel(
  session: Pick<Session, "id" | "name">,
  list: readonly Pick<Session, "name">[],
): string {
  const name = clip(session.name, 40);
  const shown = name.toLowerCase();
  const isAlone = list.filter((other) => clip(other.name, 40).toLowerCase() === shown).length < 2;
  return isAlone ? name : `${name} ${shortId(session)}`;
}

/** The sessions of a chat, newest first, a button each. `lead` is a sentence above them. */
export function sessionList(options: {
  sessions: readonly Session[];
  currentId: string | undefined;
  isRunning: (id: string) => boolean;
  /** Whether it is current in another topic of the chat. */
  isElsewhere?: (id: string) => boolean;
  now: Date;
  page?: number;
  lead?: Formatted;
  /** Rows below the others. */
  more?: readonly Button[][];
}): Part[] {
  const { sessions, currentId, isRunning, now } = options;
  if (sessions.length === 0) {
    return messages(join([options.lead ?? "", "There are no sessions yet."], "\n\n"), [[NEW]]);
  }
  const page = pageWithin(options.page ?? 0, sessions.length);
  const shown = sessions.slice(page * PAGE, page * PAGE + PAGE);
  const lines = shown.map((session) => {
    const mark = session.id === currentId ? "● " : "○ ";
    const facts = [
      isRunning(session.id) ? "running" : undefined,
      session.terminal === undefined ? undefined : "at the desk",
      options.isElsewhere?.(session.id) ? "in another topic" : undefined,
      session.persona,
      session.lastTurn ? ago(session.lastTurn.endedAt, now) : "not used yet",
    ];
    return concat(
      mark,
      sessionName(session),
      `\n    ${facts.filter((fact) => fact !== undefined).join(" · ")}`,
    );
  });
  const buttons: Button[][] = shown.map((session) => [
    {
      text: `${session.id === currentId ? "● " : ""}${sessionLabel(session, shown)}`,
      data: `switch:${shortId(session)}`,
      ...(session.id === currentId ? { style: "primary" as const } : {}),
    },
  ]);
  return messages(join([options.lead ?? "", join(lines, "\n"), "Tap one to talk in it."], "\n\n"), [
    ...buttons,
    ...pager("sessions", page, sessions.length),
    [NEW],
    ...(options.more ?? []),
  ]);
}

const NEW: Button = { text: "＋ New session", data: "new" };
const DROP_HELD: Button = { text: "Drop what I wrote", data: "drop-held" };

/** What is offered to someone who writes while no session is current. `waiting` are the messages that are kept. */
export function offerSessions(
  options: Pick<Parameters<typeof sessionList>[0], "sessions" | "isRunning" | "isElsewhere" | "now"> & {
    readonly waiting: number;
  },
): Part[] {
  const kept =
    options.waiting === 1
      ? "Your message is kept and will run as soon as you have chosen where."
      : `Your ${options.waiting} messages are kept and will run as soon as you have chosen where.`;
  if (options.sessions.length === 0) {
    return messages(plain(`There is no session here yet. ${kept}`), [[NEW], [DROP_HELD]]);
  }
  return sessionList({
    ...options,
    currentId: undefined,
    lead: plain(`No session is current here. ${kept}`),
    more: [[DROP_HELD]],
  });
}

/** What was asked for by `ref` is there, but packed away. */
export function archivedInstead(ref: string, archives: readonly ArchiveInfo[], now: Date): Part[] {
  const entries = archives.map((archive) => ({ kind: "archive" as const, archive, isLive: false }));
  return archiveList(entries, now, 0, f`📦 ${code(clip(ref, 60))} is archived:`);
}

/** The archived sessions of a chat, a button each. `lead` is a sentence above them. */
export function archiveList(
  entries: readonly ListEntry[],
  now: Date,
  wanted = 0,
  lead: Formatted | string = "",
): Part[] {
  const archives = entries.flatMap((entry) =>
    entry.kind === "archive" && !entry.isLive ? [entry.archive] : [],
  );
  // Whose they are is not known: their names are the log's.
  const odd = entries.filter(({ kind }) => kind === "needs_look").length;
  const warning = plain(
    odd === 0
      ? ""
      : `⚠️ ${count(odd, "archive")} on this machine ${odd === 1 ? "needs" : "need"} a look by hand; the log names ${odd === 1 ? "it" : "them"}.`,
  );
  if (archives.length === 0) return messages(join(["Nothing is archived here.", warning], "\n\n"));
  const page = pageWithin(wanted, archives.length);
  const shown = archives.slice(page * PAGE, page * PAGE + PAGE);
  const names = shown.map(({ session }) => session);
  const lines = shown.map(({ session, archivedAt, archiveBytes, turns }) =>
    concat(
      "○ ",
      sessionName(session),
      `\n    ${count(turns, "turn")} · ${size(archiveBytes)} · archived ${ago(archivedAt, now)}`,
    ),
  );
  return messages(join([lead, join(lines, "\n"), warning, "Tap one to bring it back."], "\n\n"), [
    ...shown.map(({ folder, session }) => [
      { text: sessionLabel(session, names), data: `restore:${folder}` },
    ]),
    ...pager("archives", page, archives.length),
  ]);
}

/** The page that is shown: what a button asks for is the past's. */
function pageWithin(wanted: number, total: number): number {
  return Math.min(Math.max(0, Math.trunc(wanted)), Math.ceil(total / PAGE) - 1);
}

function pager(list: string, page: number, total: number): Button[][] {
  const row: Button[] = [];
  if (page > 0) row.push({ text: "◀ newer", data: `${list}:${page - 1}` });
  if ((page + 1) * PAGE < total) row.push({ text: "older ▶", data: `${list}:${page + 1}` });
  return row.length > 0 ? [row] : [];
}
