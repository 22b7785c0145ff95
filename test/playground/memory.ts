/**
 * The chat survives the playground: messages, files, topics and counters are
 * written beside the sessions and read at the next start. Without it the bot
 * would remember conversations that the page has forgotten, and update numbers
 * would begin anew, which the bot takes for old ones.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Update, User } from "grammy/types";
import type { ChatRoom } from "../fakes/bot-api/chat.ts";
import type { StoredFile } from "../fakes/bot-api/files.ts";
import { ChatMessage, type Version } from "../fakes/bot-api/message.ts";
import type { BotApiModel } from "../fakes/bot-api/model.ts";

interface SavedMessage {
  readonly id: number;
  readonly from: User;
  readonly at: number;
  readonly threadId?: number;
  readonly replyTo?: number;
  readonly document?: string;
  readonly photo?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly isEdited: boolean;
  readonly reactions: readonly string[];
  readonly now: Version;
}

interface Saved {
  readonly version: 1;
  readonly firstUpdateId: number;
  readonly firstMessageId: number;
  readonly topics: readonly (readonly [number, string])[];
  readonly files: readonly Omit<StoredFile, "bytes">[];
  readonly messages: readonly SavedMessage[];
  /** What the bot had not yet confirmed, oldest first. */
  readonly pending: readonly Update[];
}

/** The most messages kept. */
const maxMessages = 2000;
const defaultFirstUpdateId = 531_000_001;

/** Reads what was saved in `folder`. Gives the options the double is to start with, and the two verbs. */
export async function openMemory(folder: string) {
  const file = join(folder, "chat.json");
  const files = join(folder, "files");
  await mkdir(files, { recursive: true, mode: 0o700 });
  const saved = existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Saved) : undefined;
  const written = new Set<string>();
  const pathOf = ({ uniqueId }: Pick<StoredFile, "uniqueId">): string => join(files, uniqueId);

  return {
    options: {
      firstUpdateId: saved?.pending[0]?.update_id ?? saved?.firstUpdateId ?? defaultFirstUpdateId,
      firstMessageId: saved?.firstMessageId ?? 101,
    },

    /** Puts everything back where it was. */
    async restore(model: BotApiModel, room: ChatRoom): Promise<void> {
      if (saved === undefined) return;
      for (const [id, name] of saved.topics) room.topics.set(id, name);
      const byId = new Map<string, StoredFile>();
      for (const one of saved.files) {
        const { name, mimeType, size, path } = one;
        const bytes = new Uint8Array(await readFile(pathOf(one)).catch(() => Buffer.alloc(0)));
        // In the old order, so that each gets its old id again: the bot may still ask for it.
        const kept = model.files.add(path.split("/")[0] ?? "documents", {
          name,
          bytes,
          size,
          mime: mimeType,
        });
        byId.set(one.fileId, kept);
        written.add(kept.uniqueId);
      }
      for (const one of saved.messages) room.all.push(revived(one, room, model, byId));
      for (const { update_id: _, ...content } of saved.pending) model.updates.push(content);
      model.changes.next();
      model.changes.tell();
    },

    /** Writes all of it down. */
    async save(model: BotApiModel, room: ChatRoom): Promise<void> {
      for (const one of model.files.all) {
        if (written.has(one.uniqueId)) continue;
        await writeFile(pathOf(one), one.bytes, { mode: 0o600 });
        written.add(one.uniqueId);
      }
      const content: Saved = {
        version: 1,
        firstUpdateId: model.updates.nextId,
        firstMessageId: Math.max(100, ...room.all.map(({ id }) => id), ...room.topics.keys()) + 1,
        topics: [...room.topics],
        files: model.files.all.map(saveFile),
        messages: room.messages.slice(-maxMessages).map(saveMessage),
        pending: [...model.updates.pending],
      };
      await writeFile(`${file}.tmp`, JSON.stringify(content), { mode: 0o600 });
      await rename(`${file}.tmp`, file);
    },
  };
}

function saveFile({ fileId, uniqueId, name, mimeType, size, path }: StoredFile): Omit<StoredFile, "bytes"> {
  return { fileId, uniqueId, name, mimeType, size, path };
}

function saveMessage(message: ChatMessage): SavedMessage {
  const { parts, now, reactions } = message;
  return {
    id: parts.id,
    from: parts.from,
    at: parts.at,
    isEdited: message.versions.length > 1,
    reactions,
    now,
    ...(parts.threadId === undefined ? {} : { threadId: parts.threadId }),
    ...(parts.replyTo === undefined ? {} : { replyTo: parts.replyTo.id }),
    ...(parts.document === undefined ? {} : { document: parts.document.fileId }),
    ...(parts.photo === undefined ? {} : { photo: parts.photo.fileId }),
    ...(parts.extra === undefined ? {} : { extra: parts.extra }),
  };
}

function revived(
  saved: SavedMessage,
  room: ChatRoom,
  model: BotApiModel,
  files: ReadonlyMap<string, StoredFile>,
): ChatMessage {
  const replyTo = saved.replyTo === undefined ? undefined : room.message(saved.replyTo);
  const document = files.get(saved.document ?? "");
  const photo = files.get(saved.photo ?? "");
  const message = new ChatMessage(
    {
      id: saved.id,
      chat: room.wire,
      from: saved.from,
      isFromBot: saved.from.id === model.bot.id,
      at: saved.at,
      ...(saved.threadId === undefined ? {} : { threadId: saved.threadId }),
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(document === undefined ? {} : { document }),
      ...(photo === undefined ? {} : { photo }),
      ...(saved.extra === undefined ? {} : { extra: saved.extra }),
    },
    { ...saved.now, seq: model.changes.next() },
  );
  if (saved.isEdited) message.edit({ ...saved.now, seq: model.changes.next() });
  message.reactions = [...saved.reactions];
  return message;
}
