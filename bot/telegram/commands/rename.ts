/**
 * /rename NAME: another name for the current session. Its folder, its id and every
 * button that is about it stay as they are; a topic that was opened for it takes
 * the name along.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import { cleanName, unquoted } from "../../store/session-name.ts";
import type { Command } from "../command.ts";
import type { Part } from "../delivery.ts";
import { notRenamed, renamed, renameHelp } from "../presenter/rename.ts";
import { noCurrentSession } from "../presenter/session-replies.ts";
import type { RenameTopic } from "../topics.ts";

export interface RenameDeps {
  readonly sessions: SessionManager;
  readonly renameTopic: RenameTopic;
}

/** The command. */
export function renameCommand(deps: RenameDeps): Command {
  return {
    name: "rename",
    description: "give the current session another name: /rename NAME",
    async run({ place, text }) {
      const session = deps.sessions.current(place);
      if (session === undefined) return noCurrentSession();
      const name = unquoted(text);
      return cleanName(name) === "" ? renameHelp(session) : rename(deps, session, name);
    },
  };
}

async function rename(deps: RenameDeps, before: Session, name: string): Promise<Part[]> {
  const changed = await deps.sessions.update(before.id, { name });
  if (!changed.ok) return notRenamed(before, changed.kind === "disk_full");
  const { session } = changed;
  if (session.ownTopic === undefined || session.name === before.name) return renamed(before, session);
  const isRenamed = await deps.renameTopic(session.chatId, session.ownTopic, session.name);
  return renamed(before, session, { isTopicRenamed: isRenamed });
}
