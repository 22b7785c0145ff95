/**
 * What is said of an archive that was sent in as a file. Pure.
 */
import type { Parcel } from "../../store/archive/parcels.ts";
import type { RestoreFailure } from "../../store/archive/types.ts";
import type { Session } from "../../store/session.ts";
import type { LeftBehind, Standing } from "../../turns/parcels.ts";
import type { Button, Part } from "../delivery.ts";
import { code, concat, f, type Formatted, join } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { restored, restoreFailed } from "./archiving.ts";
import { sessionName } from "./sessions.ts";
import { ago, clip, count, size } from "./words.ts";

/** What is to become of it; where it cannot be restored, why. */
export function askAboutParcel(parcel: Parcel, standing: Standing, now: Date): Part[] {
  const { updateId, session, turns, archiveBytes, archivedAt } = parcel;
  const facts = `${count(turns, "turn")}, ${size(archiveBytes)}, archived ${ago(archivedAt, now)}`;
  const what = f`📦 This is the archive of ${sessionName(session)} (${facts}).`;
  const others: Button[] = [
    { text: "Give the file to Claude", data: `hand-over:${updateId}` },
    { text: "Leave it", data: `leave:${updateId}` },
  ];
  if (standing !== "free") {
    const why =
      standing === "live"
        ? " That session is live already, so there is nothing to restore."
        : " An archive of that session is here already; /restore brings it back.";
    return messages(concat(what, why), [others]);
  }
  return messages(
    f`${what} Restore it here?\n\nOnly if you know who made it: its files, and what was said in it, come along.`,
    [[{ text: "Restore it", data: `unpack:${updateId}`, style: "primary" }], others],
  );
}

/** It is live in this chat now; what of it stayed behind is said. */
export function parcelUnpacked(session: Session, left: LeftBehind, options: { isCurrent: boolean }): Part[] {
  const notes: Formatted[] = [];
  if (left.permissions) notes.push(f`What it was allowed without asking did not come along: it asks again.`);
  if (left.cwd !== undefined)
    notes.push(
      f`It worked in ${code(clip(left.cwd, 200))}, which is no folder that sessions may work in here; it has one of its own now.`,
    );
  const [first, ...rest] = restored(session, options);
  if (first?.kind !== "text" || notes.length === 0) return restored(session, options);
  return [{ ...first, content: join([first.content, ...notes], "\n\n") }, ...rest];
}

/** The file is kept: its buttons stay. */
export function parcelNotUnpacked(parcel: Parcel, failure: RestoreFailure): Part[] {
  return restoreFailed(parcel.session.name, failure);
}

export const newerParcel = (): Part[] =>
  say(
    "📦 This is the archive of a session, made by a newer version of this bot. Nothing was done with it; update this bot, then send it again.",
  );

export const parcelHandedOver = (): Part[] => say("📎 Claude gets it as a file.");
export const parcelLeft = (): Part[] => say("🗑 Left as it is; nothing of it was unpacked.");
export const parcelUnreadable = (): Part[] =>
  say("⚠️ What you wrote with this file is not here any more. Send it again.");
