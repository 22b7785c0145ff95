/**
 * What is said of a session that is archived or brought back, or could not be. Pure;
 * each function is one sentence or two.
 */
import type { ArchiveInfo, PackFailure, RestoreFailure } from "../../store/archive/types.ts";
import type { Session } from "../../store/session.ts";
import type { Busy } from "../../turns/archiving.ts";
import { MOST_SENT_BYTES } from "../../turns/most-sent.ts";
import type { Part } from "../delivery.ts";
import { bold, code, f, type Formatted, plain } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { fetchOffer, switchButton } from "./session-buttons.ts";
import { sessionName } from "./sessions.ts";
import { clip, count, size } from "./words.ts";

/** Never sent unasked: a session may hold what its owner would not give to Telegram. */
export const archived = (session: Pick<Session, "id" | "name">, bytes: number, skipped: number): Part[] =>
  messages(
    archivedWords(session, bytes, skipped),
    bytes > MOST_SENT_BYTES.file ? undefined : [[fetchOffer(session)]],
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
