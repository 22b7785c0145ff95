/**
 * Keep and Always keep, under the message that says which sessions will be
 * archived by themselves. A session is named by its id and looked up in the chat.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import type { AutoArchive } from "../../turns/auto-archive.ts";
import type { WorkButton } from "../command.ts";
import { archivedSoon, kept, notKept } from "../presenter/housekeeping.ts";
import { pressExpired } from "../presenter/replies.ts";

export interface KeepDeps {
  readonly sessions: SessionManager;
  readonly autoArchive: AutoArchive;
  readonly archiveAfterMs: number;
  readonly now: () => Date;
}

/** The button: `keep:<session>`, or `keep:<session>:always`. */
export function keepButton({ sessions, autoArchive, archiveAfterMs, now }: KeepDeps): WorkButton {
  const find = (chatId: number, text: string) => sessions.find(chatId, text.split(":")[0] ?? "");
  return {
    kind: "keep",
    refuse({ place, text }) {
      const found = find(place.chatId, text);
      // What is just being archived is kept no more.
      return found.kind === "one" && found.session.state !== "terminated" ? undefined : pressExpired;
    },
    async press({ place, text }) {
      const found = find(place.chatId, text);
      if (found.kind !== "one") return undefined;
      const isForGood = text.endsWith(":always");
      if (!(await autoArchive.keep(found.session, isForGood))) return notKept();
      const lead = kept(found.session, isForGood);
      return archivedSoon(autoArchive.announced(place), { afterMs: archiveAfterMs, now: now(), lead });
    },
  };
}
