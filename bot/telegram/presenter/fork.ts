/**
 * What is said of copies of sessions. Pure.
 */
import { type Session, shortId } from "../../store/session.ts";
import type { ForkFailure, ForkOutcome } from "../../turns/forking.ts";
import type { Part } from "../delivery.ts";
import { code, f, type Formatted, plain } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { count } from "./words.ts";

/** A copy is there, and current. `isFromAnswer`: it begins after the answer that was replied to. */
export function forked(
  from: Session,
  made: ForkOutcome & { ok: true },
  { isFromAnswer, released }: { isFromAnswer: boolean; released: number },
): Part[] {
  const { session, files, isBeforeRunning, isEarlier = false } = made;
  const where = isEarlier
    ? " that this button has made before"
    : isFromAnswer
      ? " from that answer on"
      : isBeforeRunning
        ? ", as it was before the turn that runs there"
        : "";
  const about = isEarlier ? plain("") : f` ${filesWords(from, session, files)}`;
  const runs = released > 0 ? ` Running what you wrote (${count(released, "message")}).` : "";
  return messages(
    f`🍴 You are in ${sessionName(session)}, a copy of ${sessionName(from)}${where}.${about}${runs}`,
    [[{ text: "Back to the first", data: `switch:${shortId(from)}` }]],
  );
}

/** Files are as they are now, whatever the conversation knows: a folder has no memory of each answer. */
function filesWords(from: Session, session: Session, files: number | undefined): Formatted {
  if (session.cwd === from.cwd)
    return f`Both work in ${code(session.cwd)}: what one changes there, the other sees.`;
  if (files === undefined || files === 0) return plain("It has a folder of its own.");
  return plain(`It has its own copy of the folder (${count(files, "file")}, as they are now).`);
}

export function notForked(session: Session, failure: ForkFailure): Part[] {
  return say(f`⚠️ ${sessionName(session)} was not forked: ${faultWords(failure)} Nothing was changed.`);
}

function faultWords(failure: ForkFailure): string {
  switch (failure.kind) {
    case "disk_full":
      return "there is not enough room on the disk.";
    case "no_history":
      return "nothing was said in it yet that Claude Code has a record of.";
    case "first_runs":
      return "its first turn still runs. Send /fork when it has answered.";
    case "answer_gone":
      return "that answer is in no record any more. Reply to a later one, or send /fork alone.";
    case "history_too_big":
      return "its conversation is larger than 256 MB.";
    case "files_too_big":
      return "its folder is too large to copy (more than 1 GB, or 50,000 files). Work in a folder of your own (/new --dir), which both can share.";
    case "cli_cannot":
      return "this version of Claude Code cannot do it. Update it.";
  }
}

export const noSuchAnswer = (): Part[] =>
  say("That message is no answer that I know of any more. Reply to another, or send /fork alone.");
