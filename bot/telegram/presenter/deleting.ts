/**
 * What is said when a session, or its archive, is to be deleted. Pure.
 */
import type { ArchiveInfo, PackFailure } from "../../store/archive/types.ts";
import { type Session, shortId } from "../../store/session.ts";
import { MOST_SENT_BYTES } from "../../turns/most-sent.ts";
import type { Part } from "../delivery.ts";
import { code, f, plain } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { archiveFailed, archiveSent, busy, type BusyWith } from "./archiving.ts";
import { fetchOffer } from "./session-buttons.ts";
import { sessionName } from "./sessions.ts";
import { ago, clip, count, size } from "./words.ts";

const KEEP = { text: "Keep it", data: "spare" };

/** Names what goes and what stays. `hasOwnFolder`: it works in a folder that goes with it. */
export function askDelete(session: Session, options: { hasOwnFolder: boolean }): Part[] {
  const { turns } = session.totals;
  const said = count(turns, "turn");
  const goes = options.hasOwnFolder
    ? plain(`Its ${said}, what was sent in and the files in its workspace go.`)
    : f`Its ${said} and what was sent in go, but not the files in ${code(clip(session.cwd, 200))}, where it works.`;
  return messages(
    f`🗑 Delete ${sessionName(session)}? ${goes} It is packed into an archive first, and that is read back; the archive stays, and /restore brings all of it back.`,
    [[{ text: "Delete it", data: `delete:${shortId(session)}`, style: "danger" }, KEEP]],
  );
}

export function deleted({ folder, session, archiveBytes }: ArchiveInfo): Part[] {
  const erase = { text: "Delete the archive, too", data: `erase-ask:${folder}` };
  return messages(
    f`🗑 ${sessionName(session)} is deleted. Its archive stays (${size(archiveBytes)}, read back and compared): /restore brings it back.`,
    [archiveBytes > MOST_SENT_BYTES.file ? [erase] : [fetchOffer(session), erase]],
  );
}

export const deleteBusy = (session: Session, why: BusyWith): Part[] => busy(session, why, "delete");

/** Without an archive nothing is deleted. */
export const notDeleted = (session: Session, failure: PackFailure): Part[] => archiveFailed(session, failure);

/** The last word before something is gone for ever. */
export function askErase(archive: ArchiveInfo, now: Date): Part[] {
  const { session, turns, archiveBytes, archivedAt } = archive;
  const facts = `${count(turns, "turn")}, ${size(archiveBytes)}, archived ${ago(archivedAt, now)}`;
  return messages(
    f`🗑 Delete the archive of ${sessionName(session)} for ever (${facts})? Nothing here brings it back then.`,
    eraseButtons(archive),
  );
}

/** The same question again, and below it the tarball, which lies at `path`. */
export function askEraseWithFile(archive: ArchiveInfo, path: string): Part[] {
  const [, ...file] = archiveSent(archive, path);
  const question = messages(
    f`🗑 Here is the archive of ${sessionName(archive.session)}: sent to me again, it is restored. Delete it on the machine, for ever?`,
    eraseButtons(archive).map((row) => row.filter(({ data }) => !data.startsWith("erase-send:"))),
  );
  return [...question, ...file];
}

function eraseButtons({ folder, archiveBytes, sha256 }: ArchiveInfo) {
  const send = { text: "Send it here first", data: `erase-send:${folder}` };
  const erase = {
    text: "Delete it for ever",
    data: `erase:${folder}:${sha256.slice(0, 7)}`,
    style: "danger" as const,
  };
  return [...(archiveBytes > MOST_SENT_BYTES.file ? [] : [[send]]), [erase, KEEP]];
}

/** `name` is undefined where an earlier life had begun it, and nobody knows any more whose it was. */
export const erased = (session: Pick<Session, "id" | "name"> | undefined): Part[] =>
  say(
    session === undefined
      ? "🗑 The archive is deleted for ever."
      : f`🗑 The archive of ${sessionName(session)} is deleted for ever.`,
  );

export const anotherArchive = (): Part[] =>
  say("This was about an earlier archive of that session; it was archived anew since. Nothing was deleted.");

export const keptAsItIs = (): Part[] => say("Kept as it is.");
