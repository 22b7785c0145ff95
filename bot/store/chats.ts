/**
 * `chats.json`: which session is current in each chat and topic. It promises that
 * what it says in memory is what is on the disk. It does not know what a session is.
 */
import { z } from "zod";
import { type ReadResult, readJson, writeJson } from "./json-file.ts";
import type { Place } from "./session.ts";

const schema = z.looseObject({
  version: z.literal(1),
  current: z.record(z.string().regex(/^-?\d+(?::\d+)?$/), z.string()),
});
type ChatsFile = z.infer<typeof schema>;

export type Chats = ReturnType<typeof createChats>;

/** A place as the key of the file: `<chatId>` or `<chatId>:<threadId>`. */
export function placeKey(place: Place): string {
  return place.threadId === undefined ? String(place.chatId) : `${place.chatId}:${place.threadId}`;
}

function placeOf(key: string): Place {
  const [chatId, threadId] = key.split(":").map(Number);
  return { chatId: chatId ?? 0, ...(threadId === undefined ? {} : { threadId }) };
}

/** Reads the file. */
export async function readChats(path: string): Promise<ReadResult<ChatsFile>> {
  return readJson(path, schema);
}

/** Holds what was read and saves each change. One change at a time: the caller's lane sees to that. */
export function createChats(path: string, start: ChatsFile | undefined) {
  let file: ChatsFile = start ?? { version: 1, current: {} };

  async function save(current: Record<string, string>): Promise<void> {
    const next = { ...file, current };
    await writeJson(path, next);
    file = next;
  }

  return {
    current: (place: Place): string | undefined => ownValue(file.current, placeKey(place)),
    /** Whether the session is current anywhere. */
    has: (id: string): boolean => Object.values(file.current).includes(id),
    /** Where the session is current. */
    placesOf: (id: string): Place[] =>
      Object.entries(file.current).flatMap(([key, current]) => (current === id ? [placeOf(key)] : [])),
    set: async (place: Place, id: string): Promise<void> => save({ ...file.current, [placeKey(place)]: id }),
    /** Empties every place that `goes` says; saves only if there was one. */
    async remove(goes: (key: string, id: string) => boolean): Promise<void> {
      const kept = Object.entries(file.current).filter(([key, id]) => !goes(key, id));
      if (kept.length < Object.keys(file.current).length) await save(Object.fromEntries(kept));
    },
    save,
  };
}

function ownValue(record: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
