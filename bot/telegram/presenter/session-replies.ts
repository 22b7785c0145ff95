/**
 * What is said where sessions are made, chosen and set aside, or could not be. Pure;
 * each function is one sentence or two. The list itself is `sessions.ts`.
 */
import { type Session, shortId } from "../../store/session.ts";
import type { Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, join } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { switchButton, topicOffer } from "./session-buttons.ts";
import { sessionLabel, sessionName } from "./sessions.ts";
import { clip, count } from "./words.ts";

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

/** Of a second tap, right after the first. */
export const isMade = "Your new session is made already.";

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
