/**
 * The button that gives a session a topic of its own. What is said first in the
 * new topic is the one thing that a button says elsewhere than where it stood.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import type { Place } from "../../turns/view.ts";
import type { Request, WorkButton } from "../command.ts";
import type { Part } from "../delivery.ts";
import { pressExpired } from "../presenter/replies.ts";
import { notMoved } from "../presenter/session-replies.ts";
import { hasTopic, topicOpened, topicRefused, topicWelcome } from "../presenter/topics.ts";
import type { OpenTopic } from "../topics.ts";

export interface TopicDeps {
  readonly sessions: SessionManager;
  readonly openTopic: OpenTopic;
  /** Says something in a place that is not the button's. */
  readonly sayIn: (place: Place, parts: readonly Part[]) => void;
}

/** The button. Its data is `topic:<session>`; one press counts. */
export function topicButton(deps: TopicDeps): WorkButton {
  const opening = new Set<string>();
  return {
    kind: "topic",
    refuse(request) {
      const session = named(deps, request);
      if (session === undefined) return pressExpired;
      const isThere = deps.sessions.placesOf(session.id).some(({ threadId }) => threadId !== undefined);
      return isThere || opening.has(session.id) ? hasTopic : undefined;
    },
    async press(request) {
      const session = named(deps, request);
      if (session === undefined) return undefined;
      opening.add(session.id);
      return open(deps, request, session).finally(() => opening.delete(session.id));
    },
  };
}

async function open(deps: TopicDeps, { place }: Request, session: Session): Promise<Part[]> {
  const { chatId } = place;
  const opened = await deps.openTopic(chatId, session.name);
  if (!opened.ok) return topicRefused(session);
  const topic = { chatId, threadId: opened.threadId };
  const moved = await deps.sessions.makeCurrent(topic, session.id);
  // So that a new name of the session becomes the topic's. Without room for it the topic keeps its name.
  await deps.sessions.update(session.id, { ownTopic: opened.threadId });
  deps.sayIn(topic, moved.ok ? topicWelcome(moved.session) : notMoved(session, "was made"));
  return topicOpened(session);
}

function named({ sessions }: TopicDeps, { place, text }: Request): Session | undefined {
  const found = sessions.find(place.chatId, text);
  return found.kind === "one" ? found.session : undefined;
}
