/**
 * Buttons that are about one session, wherever they stand. Pure.
 */
import { type Session, shortId } from "../../store/session.ts";
import type { Button } from "../delivery.ts";

/** Makes it current in the place where the button stands. */
export const switchButton = (session: Pick<Session, "id">): Button => ({
  text: "Switch to it",
  data: `switch:${shortId(session)}`,
  style: "primary",
});

/** Sends its archive into the chat. */
export const fetchOffer = (session: Pick<Session, "id">): Button => ({
  text: "Send it here",
  data: `fetch:${shortId(session)}`,
});

/** For a session that has no topic yet, in a chat that can have topics. */
export const topicOffer = (session: Session): Button => ({
  text: "Open in a topic of its own",
  data: `topic:${shortId(session)}`,
});
