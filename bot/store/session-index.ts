/**
 * All live sessions in memory, and the ways to look one up. It promises that a
 * chat finds only its own. It does not know the disk.
 */
import { foldName } from "./session-name.ts";
import { type Session, shortId } from "./session.ts";

/** What a word that should name a session names. */
export type Found =
  | { kind: "one"; session: Session }
  | { kind: "none" }
  | { kind: "many"; sessions: readonly Session[] };

const MIN_PREFIX = 4;

/** Makes an empty index. */
export function createSessionIndex() {
  const byId = new Map<string, Session>();
  /** Each chat's in order; one that changed is made anew when it is asked for. */
  const lists = new Map<number, readonly Session[]>();

  function list(chatId: number): readonly Session[] {
    const known = lists.get(chatId);
    if (known !== undefined) return known;
    const made = [...byId.values()]
      .filter((session) => session.chatId === chatId)
      .sort(
        (a, b) =>
          compare(b.updatedAt, a.updatedAt) || compare(b.createdAt, a.createdAt) || compare(a.id, b.id),
      );
    lists.set(chatId, made);
    return made;
  }

  /** Forgets the lists that this session is in, or comes into. */
  function change(id: string, session?: Session): void {
    const before = byId.get(id);
    if (before) lists.delete(before.chatId);
    if (session) lists.delete(session.chatId);
  }

  return {
    get: (id: string): Session | undefined => byId.get(id),
    put(session: Session): void {
      change(session.id, session);
      byId.set(session.id, session);
    },
    remove(id: string): boolean {
      change(id);
      return byId.delete(id);
    },
    size: (): number => byId.size,
    all: (): Session[] => [...byId.values()],
    list,
    byOrigin: (chatId: number, updateId: number): Session | undefined =>
      list(chatId).find((session) => session.originUpdateId === updateId),
    /** By id, short id or folder; then by name; then by the beginning of the id. The first that names any decides. */
    find(chatId: number, ref: string): Found {
      const mine = list(chatId);
      const word = ref.trim().toLowerCase();
      const name = foldName(ref);
      const ways: ((session: Session) => boolean)[] = [
        (session) => session.id === word || shortId(session) === word || session.folder === word,
        (session) => name !== "" && foldName(session.name) === name,
        (session) => word.length >= MIN_PREFIX && session.id.startsWith(word),
      ];
      for (const way of ways) {
        const [first, ...others] = mine.filter(way);
        if (first === undefined) continue;
        return others.length === 0
          ? { kind: "one", session: first }
          : { kind: "many", sessions: [first, ...others] };
      }
      return { kind: "none" };
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
