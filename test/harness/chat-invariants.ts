/**
 * What must hold between the chats and the journal after every fault: what was
 * confirmed is written down, what was asked is answered or explained, nothing
 * is said twice without a word about it, and nobody else hears anything.
 */
import type { Update } from "grammy/types";
import type { BotApi } from "../fakes/bot-api/bot-api.ts";
import { isMeantFor, isService } from "../fakes/bot-api/groups.ts";
import { lastStates, type JournalFile, unsettled } from "./journal-file.ts";

/** Who may speak. */
export interface Allowed {
  readonly userIds: readonly number[];
  readonly chatIds: readonly number[];
}

/** What a repeat must say. */
const repeatMark = /may be a repeat/i;

/** The broken rules, as sentences. A text that matches one of `repeatable` may stand twice. */
export function checkChats(
  api: BotApi,
  journal: JournalFile,
  allowed: Allowed,
  repeatable: readonly RegExp[] = [],
): string[] {
  const { model } = api;
  const states = lastStates(journal);
  const faults = journal.broken.map((line) => `I6 journal.jsonl: ${line.slice(0, 80)}`);
  for (const update of model.updates.confirmed)
    if (isAllowed(update, allowed) && !states.has(update.update_id))
      faults.push(`I1 update ${update.update_id} was confirmed and is not in the journal`);
  for (const update of model.updates.pending)
    if (isAllowed(update, allowed)) faults.push(`I1 update ${update.update_id} was never confirmed`);
  for (const { id, state } of unsettled(journal)) faults.push(`I3 update ${id} is still ${state}`);
  for (const update of model.updates.confirmed)
    if (isAllowed(update, allowed) && isAsked(api, update) && !hasEcho(api, update))
      faults.push(`I3 update ${update.update_id} has neither answer nor notice`);
  for (const room of model.chats.values()) {
    const seen = new Set<string>();
    for (const { text, threadId } of room.answers) {
      const key = `${threadId ?? ""}\n${text}`;
      const isFine =
        text === "" || repeatMark.test(text) || repeatable.some((one) => text.search(one) !== -1);
      if (seen.has(key) && !isFine) faults.push(`I4 chat ${room.id} holds this twice: ${text.slice(0, 80)}`);
      seen.add(key);
    }
    for (const { draftId, text } of room.seenDrafts)
      faults.push(`chat ${room.id} shows draft ${draftId} beside what was answered: ${text.slice(0, 80)}`);
    const isSpoken = [...allowed.userIds, ...allowed.chatIds].includes(room.id);
    if (!isSpoken && (room.answers.length > 0 || room.actions.length > 0))
      faults.push(`the bot spoke in chat ${room.id}, which is not allowed`);
  }
  for (const { method, what } of api.violations) faults.push(`${method}: ${what}`);
  return faults;
}

/** Whether the bot has to do something about an update: a message, an edit or a press by a person on the list, in a chat on the list. */
function isAllowed(update: Update, { userIds, chatIds }: Allowed): boolean {
  const written = update.message ?? update.edited_message;
  const message = written ?? update.callback_query?.message;
  const from = (written ?? update.callback_query)?.from;
  if (message === undefined || from === undefined || written?.sender_chat !== undefined) return false;
  // Junk of a fault has no such fields.
  if (typeof message.message_id !== "number" || typeof message.chat !== "object") return false;
  const isPlace = message.chat.type === "private" || chatIds.includes(message.chat.id);
  return userIds.includes(from.id) && isPlace;
}

/** Whether anyone waits for an answer: not to what a group says among itself, nor to what nobody said. */
function isAsked({ model }: BotApi, { message }: Update): boolean {
  if (message === undefined || typeof message.chat !== "object") return true;
  return !isService(message) && isMeantFor(model.bot, message);
}

/** Whether something of the bot stands or changed in the chat after the update came. */
function hasEcho({ model }: BotApi, update: Update): boolean {
  const query = update.callback_query;
  if (query !== undefined && model.callbacks.get(query.id)?.answer !== undefined) return true;
  const message = update.message ?? query?.message;
  const room = message === undefined ? undefined : model.chats.get(message.chat.id);
  if (message === undefined || room === undefined || room.isBlocked) return true;
  const asked = room.all.find(({ id }) => id === message.message_id);
  const since = asked?.versions[0]?.seq ?? 0;
  return room.all.some((one) => one.isFromBot && one.changedAt > since);
}
