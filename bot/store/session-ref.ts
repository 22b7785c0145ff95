/**
 * What a person's word names among sessions, live or archived: in one way for
 * both. Pure. It does not know which sessions there are, nor whose.
 */
import { foldName } from "./session-name.ts";
import { type Session, shortId } from "./session.ts";

/** What a session is named by. */
export type Nameable = Pick<Session, "id" | "name" | "folder">;

const MIN_PREFIX = 4;

/**
 * Those of `all` that `ref` names: by id, short id or folder; else by name, in any capitals; else by the beginning of the
 * id, 4 digits or more. The first way that names any decides.
 */
export function namedBy<T>(ref: string, all: readonly T[], nameableOf: (one: T) => Nameable): readonly T[] {
  const word = ref.trim().toLowerCase();
  const folded = foldName(ref);
  const ways: ((session: Nameable) => boolean)[] = [
    (session) => [session.id, shortId(session), session.folder].includes(word),
    ({ name }) => folded !== "" && foldName(name) === folded,
    ({ id }) => word.length >= MIN_PREFIX && id.startsWith(word),
  ];
  for (const way of ways) {
    const named = all.filter((one) => way(nameableOf(one)));
    if (named.length > 0) return named;
  }
  return [];
}
