/**
 * All live sessions in memory, and the ways to look one up. It promises that a
 * chat finds only its own. It does not know the disk.
 */
import { namedBy } from "./session-ref.ts";
import type { Session } from "./session.ts";

/** What a word that should name a session names. */
export type Found =
  | { kind: "one"; session: Session }
  | { kind: "none" }
  | { kind: "many"; sessions: readonly Session[] };

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
    /** See `namedBy`. */
    find(chatId: number, ref: string): Found {
      const sessions = namedBy(ref, list(chatId), (session) => session);
      const [session, ...others] = sessions;
      if (session === undefined) return { kind: "none" };
      return others.length === 0 ? { kind: "one", session } : { kind: "many", sessions };
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
