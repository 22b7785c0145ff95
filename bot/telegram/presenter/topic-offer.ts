/**
 * The button that offers a session a topic of its own. Pure.
 */
import { type Session, shortId } from "../../store/session.ts";
import type { Button } from "../delivery.ts";

/** For a session that has none yet, in a chat that can have topics. */
export const topicOffer = (session: Session): Button => ({
  text: "Open in a topic of its own",
  data: `topic:${shortId(session)}`,
});
