/**
 * What is said to any message or press, whatever it is about: that nothing runs, that
 * a button has expired, that something broke. Pure; each is one sentence or two.
 */
import type { Session } from "../../store/session.ts";
import type { Part } from "../delivery.ts";
import { f, plain } from "../formatted.ts";
import { say } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { count } from "./words.ts";

/** `elsewhere`: the session that was stopped, where it is not the current one. */
export function stopped(options: {
  wasRunning: boolean;
  waiting: number;
  elsewhere?: Session | undefined;
}): Part[] {
  const { elsewhere } = options;
  const where = elsewhere === undefined ? plain("this session") : sessionName(elsewhere);
  if (!options.wasRunning) return say(f`Nothing is running in ${where}.`);
  const rest =
    options.waiting > 0
      ? ` ${count(options.waiting, "message")} that waited will run now; /stop again ends that too.`
      : "";
  const what = elsewhere === undefined ? plain("") : f` ${where}`;
  return say(f`⏹ Stopping${what}. What was said so far stays.${rest}`);
}

export const continuing = (): Part[] => say("▶️ Continuing.");
export const discarded = (): Part[] => say("🗑 Left as it is. Claude will be told that it was cut off.");
export const cutOffArchived = "Its session is archived. /restore it, then press Continue again.";
export const alreadyDecided = "That was decided before.";
export const noLongerThere =
  "This answer's text is not here any more: its session was archived or set aside.";
export const pressExpired = "This button is from another time and does nothing any more.";

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
