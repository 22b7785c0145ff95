/**
 * What is said of a session's new name. Pure.
 */
import type { Session } from "../../store/session.ts";
import type { Part } from "../delivery.ts";
import { bold, code, concat, f, plain } from "../formatted.ts";
import { say } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { clip } from "./words.ts";

/** `isTopicRenamed`: what became of the topic that was opened for it, where there is one. */
export function renamed(before: Session, now: Session, topic?: { isTopicRenamed: boolean }): Part[] {
  const tail =
    topic === undefined
      ? ""
      : topic.isTopicRenamed
        ? " Its topic is called so, too."
        : " Telegram would not rename its topic; do that by hand if you like.";
  return say(concat(f`✏️ ${bold(clip(before.name, 60))} is called ${sessionName(now)} now.`, plain(tail)));
}

export const renameHelp = (session: Session): Part[] =>
  say(
    f`You are in ${sessionName(session)}. ${code("/rename NAME")} gives it another name; its folder stays.`,
  );

export const notRenamed = (session: Session, isDiskFull: boolean): Part[] =>
  say(
    isDiskFull
      ? f`⚠️ The disk is full: ${sessionName(session)} keeps its name.`
      : f`⚠️ That cannot be a name: ${sessionName(session)} keeps its own.`,
  );
