/**
 * What is said of topics. Pure.
 */
import type { Session } from "../../store/session.ts";
import type { Part } from "../delivery.ts";
import { bold, code, f } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { switchButton } from "./session-buttons.ts";
import { sessionName } from "./sessions.ts";

export const topicOpened = (session: Session): Part[] =>
  say(f`🧵 ${sessionName(session)} has a topic of its own now. What you write there goes to it.`);

/** The first words in the topic. */
export const topicWelcome = (session: Session): Part[] =>
  say(
    f`✨ This topic is the session ${sessionName(session)}, with the persona ${bold(session.persona)}, in ${code(session.cwd)}. Just write.`,
  );

export const topicRefused = (session: Session): Part[] =>
  messages(
    f`⚠️ Telegram opened no topic for ${sessionName(session)}. In a group the bot must be allowed to manage topics; in a private chat they are switched on at @BotFather. The session is there all the same.`,
    [[switchButton(session)]],
  );

/** Why a press does nothing, in a few words. */
export const hasTopic = "This session has a topic already.";
