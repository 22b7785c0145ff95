/**
 * What commands and buttons answer. Pure; each function is one sentence or two.
 */
import type { ArchiveInfo, PackFailure, RestoreFailure } from "../../store/archive/types.ts";
import { type Session, shortId } from "../../store/session.ts";
import type { Busy } from "../../turns/archiving.ts";
import type { Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, join, plain } from "../formatted.ts";
import { messages } from "./messages.ts";
import { fetchButton, switchButton, topicOffer } from "./session-buttons.ts";
import { sessionLabel, sessionName } from "./sessions.ts";
import { clip, count, size } from "./words.ts";

/** A text without buttons: one message, unless names in it are very long. */
export function say(content: Formatted | string): Part[] {
  return messages(typeof content === "string" ? plain(content) : content);
}

// === /new and /session

/** `hasTopics`: it is offered a topic of its own. */
export function created(
  session: Session,
  options: { isCurrent: boolean; released: number; hasTopics: boolean },
): Part[] {
  const topic = options.hasTopics ? [[topicOffer(session)]] : [];
  const where = f`${sessionName(session)} with the persona ${bold(session.persona)}, in ${code(session.cwd)}`;
  if (options.isCurrent) {
    const runs =
      options.released > 0 ? ` Running what you wrote before (${count(options.released, "message")}).` : "";
    return messages(
      f`✨ You are in a new session: ${where}. Just write.${runs}`,
      options.hasTopics ? topic : undefined,
    );
  }
  return messages(f`✨ Made a new session: ${where}. You are still in the one before.`, [
    [switchButton(session)],
    ...topic,
  ]);
}

export function switched(session: Session, released: number): Formatted {
  const runs = released > 0 ? ` Running what you wrote before (${count(released, "message")}).` : "";
  return f`You are in ${sessionName(session)} now.${runs}`;
}

export const noSuchSession = (ref: string): Part[] =>
  say(f`There is no session ${code(clip(ref, 60))} in this chat. /session lists what there is.`);

/** More are not named: who has so many takes `/session`. */
const MOST_NAMED = 10;

/** `dataOf`: of the button that does with one what was asked; without it, it has to be typed. */
export function severalSessions(
  ref: string,
  sessions: readonly Pick<Session, "id" | "name">[],
  dataOf?: (id: string) => string,
): Part[] {
  const named = sessions.slice(0, MOST_NAMED);
  const todo = dataOf === undefined ? "say which one by its 8 characters" : "tap the one that you mean";
  const lines = named.map((session) => concat("○ ", sessionName(session)));
  const content = join([f`${code(clip(ref, 60))} fits several sessions; ${todo}:`, ...lines], "\n");
  return messages(
    content,
    dataOf &&
      named.map((session) => [{ text: sessionLabel(session, named), data: dataOf(shortId(session)) }]),
  );
}

export const noCurrentSession = (): Part[] =>
  say("No session is current here. /session lists what there is, /new makes one.");

/** `roots`: the folders that sessions may work in. */
export const noSuchFolder = (roots: readonly string[]): Part[] =>
  say(
    roots.length === 0
      ? f`That folder cannot be used: ${code("WORKSPACE_ROOTS")} names none that sessions may work in. ${code("/new")} alone makes a session with a folder of its own.`
      : f`That folder cannot be used. It must exist and lie inside ${rootsWords(roots)}.`,
  );

export const newHelp = (roots: readonly string[]): Part[] =>
  say(
    join(
      [
        f`${code("/new [name] [persona]")} makes a session with a folder of its own.`,
        roots.length === 0
          ? f`${code("--dir PATH")} behind it needs folders to choose from: ${code("WORKSPACE_ROOTS")} names none.`
          : f`${code("--dir PATH")} behind it has it work in PATH, inside ${rootsWords(roots)}.`,
      ],
      "\n",
    ),
  );

/** More are not named. */
const MOST_ROOTS = 10;

function rootsWords(roots: readonly string[]): Formatted {
  const named = roots.slice(0, MOST_ROOTS).map((root) => code(clip(root, 200)));
  return f`${join(named, ", ")}${roots.length > MOST_ROOTS ? ", …" : ""} (${code("WORKSPACE_ROOTS")})`;
}

/** No session was made: there was no room, or what was asked for cannot be one. */
export const notMade = (isDiskFull: boolean): Part[] =>
  say(isDiskFull ? "⚠️ The disk is full; no session was made." : "⚠️ That cannot be a session.");

export const sessionHelp = (): Part[] =>
  say(
    join(
      [
        f`${code("/session")}, or ${code("/session list")}, lists the sessions of this chat.`,
        f`${code("/session NAME")} or ${code("/session ID")} switches to one; ${code("/session resume NAME")} does, too.`,
        f`${code("/session start PATH")} makes one that works in PATH.`,
        f`${code("/session stop NAME")} ends its turn and sets it aside.`,
      ],
      "\n",
    ),
  );

export const setAside = (session: Session, wasRunning: boolean, waiting: number): Part[] => {
  const rest = waiting > 0 ? ` ${count(waiting, "message")} that waited in it will run all the same.` : "";
  return say(
    f`${sessionName(session)} is set aside${wasRunning ? ", its turn was ended" : ""}.${rest} /session brings it back.`,
  );
};

/** A session that is there, but could not be made current: `what` became of it. */
export const notMoved = (session: Session, what: "was made" | "is back"): Part[] =>
  messages(
    f`⚠️ ${sessionName(session)} ${what}, but the disk is full: you are not in it yet, and what waits still waits. Free some space, then switch to it.`,
    [[switchButton(session)]],
  );

export const notSwitched = (): Part[] => say("⚠️ The disk is full; nothing was changed.");

export const notSetAside = (session: Session, wasRunning: boolean): Part[] =>
  say(
    f`⚠️ The disk is full: ${sessionName(session)} is still current here${wasRunning ? ", though its turn was ended" : ""}. Free some space, then try again.`,
  );

// === /stop

export function stopped(options: { wasRunning: boolean; waiting: number }): Part[] {
  if (!options.wasRunning) return say("Nothing is running in this session.");
  const rest =
    options.waiting > 0
      ? ` ${count(options.waiting, "message")} that waited will run now; /stop again ends that too.`
      : "";
  return say(`⏹ Stopping. What was said so far stays.${rest}`);
}

// === /archive and /restore

/** What a bot can send, with room for what Telegram counts as 50 MB. */
export const MAX_SENT_BYTES = 50_000_000;

/** Never sent unasked: a session may hold what its owner would not give to Telegram. */
export const archived = (session: Pick<Session, "id" | "name">, bytes: number, skipped: number): Part[] =>
  messages(
    archivedWords(session, bytes, skipped),
    bytes > MAX_SENT_BYTES ? undefined : [[fetchButton(session)]],
  );

/** The same, with the tarball, which lies at `path`. */
export const archiveSent = (
  { folder, session, archiveBytes, skippedCount }: ArchiveInfo,
  path: string,
): Part[] => [
  ...say(archivedWords(session, archiveBytes, skippedCount)),
  { kind: "file", name: `${folder}.tar.gz`, path, isPhoto: false, caption: plain("") },
];

function archivedWords(session: Pick<Session, "id" | "name">, bytes: number, skipped: number): Formatted {
  return f`📦 ${sessionName(session)} is archived (${size(bytes)}, read back and compared).${
    skipped > 0
      ? ` ${count(skipped, "link or pipe", "links and pipes")} could not be packed; the manifest names them.`
      : ""
  } /restore brings it back.`;
}

/** Processes of the person's that work in its own folder, and messages that wait for their word. */
export type BusyWith = Pick<Busy, "kept" | "openIn">;

export const archiveBusy = (session: Session, why: BusyWith): Part[] => busy(session, why, "archive");

/** `kept` messages wait for the person's word: nothing would be left to ask about them. */
export function busy(session: Session, { kept, openIn }: BusyWith, verb: "archive" | "delete"): Part[] {
  if (kept > 0) {
    const [be, them] = kept === 1 ? ["is", "it"] : ["are", "them"];
    return say(
      f`${count(kept, "message")} to ${sessionName(session)} ${be} kept, because it went on at a terminal. /status, while it is current, says what can become of ${them}; then ${verb}.`,
    );
  }
  if (openIn.length > 0) {
    const open = openIn.map((pid) => `process ${pid}`).join(", ");
    return say(
      f`🖥 ${sessionName(session)} is open in a terminal (${open}), and its folder would go from under it. End it there (/exit), then ${verb}.`,
    );
  }
  return say(f`${sessionName(session)} has a turn running or waiting. /stop it first, then ${verb}.`);
}

export function archiveFailed(session: Pick<Session, "id" | "name">, failure: PackFailure): Part[] {
  return say(
    f`⚠️ ${sessionName(session)} was not archived: ${faultWords(failure, "packing")} Nothing of it is lost; the session is as it was.`,
  );
}

export const restored = (session: Session, options: { isCurrent: boolean }): Part[] => [
  {
    kind: "text",
    content: options.isCurrent
      ? f`📂 ${sessionName(session)} is back, and you are in it.`
      : f`📂 ${sessionName(session)} is back.`,
    ...(options.isCurrent ? {} : { buttons: [[switchButton(session)]] }),
  },
];

export function restoreFailed(name: string, failure: RestoreFailure): Part[] {
  return say(
    f`⚠️ ${bold(clip(name, 60))} was not restored: ${faultWords(failure, "unpacking")} Its archive is untouched.`,
  );
}

export const noSuchArchive = (ref: string): Part[] =>
  say(f`Nothing called ${code(clip(ref, 60))} is archived in this chat. /restore lists what there is.`);

function faultWords(failure: PackFailure | RestoreFailure, work: "packing" | "unpacking"): Formatted {
  switch (failure.kind) {
    case "disk_full":
      return plain("there is not enough room on the disk.");
    case "too_big":
      return plain("it is larger than an archive may be.");
    case "changed":
      return f`${code(clip(failure.path, 100))} kept changing while it was packed; is something still writing there?`;
    case "unreadable":
      return f`${code(clip(failure.path, 100))} cannot be read.`;
    case "damaged":
      return plain("the archive is damaged.");
    case "newer":
      return plain("it was made by a newer version of this bot.");
    case "worker_failed":
      return plain(`${work} broke down; the log says how.`);
    case "exists":
      return plain("something of that name is already there.");
    case "absent":
      return plain("it is not there any more.");
    case "reserved":
      return f`its folder holds ${code(clip(failure.name, 60))}, a name that the archive needs itself. Rename it, then try again.`;
    case "goes_on":
      return plain("its conversation goes on in another session here; archive or delete that one first.");
    case "place_failed":
      return plain("Claude Code's own record of it could not be put back.");
  }
}

// === turns that were cut off

export const continuing = (): Part[] => say("▶️ Continuing.");
export const discarded = (): Part[] => say("🗑 Left as it is. Claude will be told that it was cut off.");
export const cutOffArchived = "Its session is archived. /restore it, then press Continue again.";
export const alreadyDecided = "That was decided before.";
export const noLongerThere =
  "This answer's text is not here any more: its session was archived or set aside.";
export const pressExpired = "This button is from another time and does nothing any more.";

// === what was sent in

export const calledByName = (): Part[] =>
  say("I am here. Write what you want behind my name, or in an answer to one of my messages.");

export const waitsForRoom = (): Part[] =>
  say(
    "⚠️ The disk of the machine is full. Your message waits at Telegram and is answered when there is room.",
  );

export const brokeDown = (): Part[] =>
  say(
    "⚠️ Something broke on the bot's side, and this may not have been carried out. The log on the machine says what.",
  );
