/**
 * Which messages of a group are meant for the bot, and what they say to it: a
 * command, its name, an answer to a message of its own. What is meant for others
 * is nobody's business here. It does not know who may speak (`access.ts`).
 */
import type { Message, MessageEntity, User } from "grammy/types";
import { answeredBy } from "./place.ts";

/** The bot, as Telegram knows it. */
export type Self = Pick<User, "id" | "username">;

/** An album is one message to whoever sent it; only one of its pictures names the bot, and the last may come late. */
const REMEMBERED = 100;

/**
 * Makes the function that reads a message: as it is in a private chat, without the bot's
 * name in a group, undefined where it is not meant for the bot.
 */
export function createAddressing(): (message: Message, self: Self) => Message | undefined {
  const albums = new Set<string>();

  return (message, self) => {
    if (message.chat.type === "private") return message;
    const { media_group_id: album } = message;
    if (!isAddressed(message, self) && !(album !== undefined && albums.has(album))) return undefined;
    if (album !== undefined) remember(albums, album);
    return withoutName(message, self);
  };
}

/** Whether a message says nothing but the bot's name, and points at no other message. */
export function isOnlyName(message: Message, self: Self): boolean {
  if (message.chat.type === "private" || message.text === undefined) return false;
  return answeredBy(message) === undefined && isName(message.text.trim().replace(/^@/, ""), self);
}

/** The command that a message of a person's own is, without slash and name, in small letters; undefined if it is none. */
export function commandName(message: Message): string | undefined {
  return commandOf(message)?.name;
}

/** The command that a text of a person's own asks of this bot, and what stands behind it. Phones write the first letter large. */
export function commandTo(message: Message, self: Self): { name: string; text: string } | undefined {
  const command = message.text === undefined ? undefined : commandOf(message);
  if (command === undefined || (command.target !== undefined && !isName(command.target, self)))
    return undefined;
  return { name: command.name, text: command.text };
}

function commandOf(message: Message): { name: string; target?: string; text: string } | undefined {
  const { text, entities } = wordsOf(message);
  const command = entities.find(({ type, offset }) => type === "bot_command" && offset === 0);
  if (command === undefined || message.forward_origin !== undefined) return undefined;
  const [name = "", target] = text.slice(1, command.length).split("@");
  return {
    name: name.toLowerCase(),
    ...(target === undefined ? {} : { target }),
    text: text.slice(command.length).trim(),
  };
}

function isAddressed(message: Message, self: Self): boolean {
  // A name in what another wrote calls nobody.
  if (message.forward_origin !== undefined) return false;
  const command = commandOf(message);
  if (command !== undefined) return command.target === undefined || isName(command.target, self);
  const { text, entities } = wordsOf(message);
  if (entities.some((entity) => isMention(text, entity, self))) return true;
  return answeredBy(message)?.from?.id === self.id;
}

/** Takes the bot's name away where it only calls: behind a command, at the beginning, at the end. */
function withoutName(message: Message, self: Self): Message {
  const { text, entities } = wordsOf(message);
  for (const entity of entities) {
    const end = entity.offset + entity.length;
    if (entity.type === "bot_command" && entity.offset === 0) {
      const at = text.slice(0, end).indexOf("@");
      return at === -1 ? message : without(message, at, end);
    }
    if (!isMention(text, entity, self)) continue;
    const before = text.slice(0, entity.offset).trimEnd();
    const behind = /^[,:]?\s*/.exec(text.slice(end))?.[0].length ?? 0;
    if (before === "" && end + behind < text.length) return without(message, 0, end + behind);
    if (text.slice(end).trim() === "" && before !== "") return without(message, before.length, text.length);
  }
  return message;
}

function without(message: Message, from: number, to: number): Message {
  const { text, entities } = wordsOf(message);
  const words = text.slice(0, from) + text.slice(to);
  const moved = (at: number): number => (at <= from ? at : Math.max(from, at - (to - from)));
  const left = entities.flatMap((entity): MessageEntity[] => {
    const offset = moved(entity.offset);
    const length = moved(entity.offset + entity.length) - offset;
    return length > 0 ? [{ ...entity, offset, length }] : [];
  });
  return message.text === undefined
    ? { ...message, caption: words, caption_entities: left }
    : { ...message, text: words, entities: left };
}

function wordsOf(message: Message): { text: string; entities: readonly MessageEntity[] } {
  return message.text === undefined
    ? { text: message.caption ?? "", entities: message.caption_entities ?? [] }
    : { text: message.text, entities: message.entities ?? [] };
}

function isMention(text: string, entity: MessageEntity, self: Self): boolean {
  if (entity.type === "text_mention") return entity.user.id === self.id;
  return (
    entity.type === "mention" && isName(text.slice(entity.offset + 1, entity.offset + entity.length), self)
  );
}

function isName(name: string, { username }: Self): boolean {
  return username !== undefined && name.toLowerCase() === username.toLowerCase();
}

/** The oldest goes: an album comes within seconds. */
function remember(albums: Set<string>, album: string): void {
  albums.add(album);
  const [oldest] = albums;
  if (albums.size > REMEMBERED && oldest !== undefined) albums.delete(oldest);
}
