/**
 * "… is typing" in a chat while something goes on. A courtesy: whether Telegram
 * takes it changes nothing. It does not know what goes on.
 */
import type { Api } from "grammy";
import type { Place } from "../turns/view.ts";

/** Telegram shows it for five seconds. */
const TYPING_MS = 4_500;

export interface TypingDeps {
  readonly api: Pick<Api, "sendChatAction">;
  /** Calls `tick` every `ms` until the function it gives is called. */
  readonly every: (ms: number, tick: () => void) => () => void;
}

/** Shows it from now on, until the function it gives is called; not while `isPaused` says so. */
export function showTyping(
  { api, every }: TypingDeps,
  { chatId, threadId }: Place,
  isPaused: () => boolean = () => false,
): () => void {
  const topic = threadId === undefined ? {} : { message_thread_id: threadId };
  const type = (): void => {
    if (!isPaused()) api.sendChatAction(chatId, "typing", topic).catch(() => {});
  };
  type();
  return every(TYPING_MS, type);
}
