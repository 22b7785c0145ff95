/**
 * A message as it is by now: where an edit of it was taken along with it, because
 * nobody was here, the words before that edit are never read. It does not know
 * what is done with messages.
 */
import type { Update } from "grammy/types";
import type { Journal } from "../turns/journal.ts";

/** The update with its message as the last edit left it that waits to be handled. */
export function asEdited({ unfinished }: Pick<Journal, "unfinished">, update: Update): Update {
  const { message } = update;
  if (message === undefined) return update;
  const edit = unfinished()
    .filter(({ state }) => state === "received")
    .map((entry) => ((entry.update ?? {}) as Update).edited_message)
    .findLast((one) => one?.message_id === message.message_id && one.chat.id === message.chat.id);
  return edit === undefined ? update : { ...update, message: edit };
}
