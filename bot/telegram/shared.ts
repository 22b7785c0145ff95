/**
 * What a person shares that is neither words nor a file, as words: a place, a
 * contact, a poll. All of it is data, marked as such. Pure.
 */
import type { Message } from "grammy/types";
import { disarm } from "../turns/content.ts";

/** The words for it; undefined if the message shares nothing of the kind. */
export function sharedWords(message: Message): string | undefined {
  const words = wordsOf(message);
  return words === undefined ? undefined : disarm(words.toWellFormed());
}

function wordsOf(message: Message): string | undefined {
  const { venue, location, contact, poll, dice, sticker, checklist } = message;
  if (venue) return `(place: ${venue.title}, ${venue.address}; ${coordinates(venue.location)})`;
  if (location) return `(location: ${coordinates(location)})`;
  if (contact) {
    const name = [contact.first_name, contact.last_name].filter((part) => part !== undefined).join(" ");
    return `(contact: ${name}, ${contact.phone_number})`;
  }
  if (poll) return `(poll: ${poll.question}\n${poll.options.map(({ text }) => `- ${text}`).join("\n")}\n)`;
  if (dice) return `(dice: ${dice.emoji} ${dice.value})`;
  if (sticker?.emoji !== undefined) return `(sticker: ${sticker.emoji})`;
  if (checklist) {
    const tasks = checklist.tasks.map((task) => `- [${task.completion_date ? "x" : " "}] ${task.text}`);
    return `(checklist: ${checklist.title}\n${tasks.join("\n")}\n)`;
  }
  return undefined;
}

function coordinates({ latitude, longitude }: { latitude: number; longitude: number }): string {
  return `latitude ${latitude}, longitude ${longitude}`;
}
