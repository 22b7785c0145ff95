/**
 * Sessions whose changes others hear of. Promises that whoever listens is told
 * after the change is on the disk, and that what a start mends is no change. It
 * does not know what changed.
 */
import type { SessionManager } from "./session-manager.ts";

/** Gives the same sessions, and the way to listen to them: `listener` gets the id of each that is changed or made current. */
export function watchSessions(sessions: SessionManager): {
  readonly sessions: SessionManager;
  readonly watch: (listener: (id: string) => void) => void;
} {
  const listeners: ((id: string) => void)[] = [];
  async function told<T extends { readonly ok: boolean }>(id: string, changing: Promise<T>): Promise<T> {
    const changed = await changing;
    if (changed.ok) for (const listener of listeners) listener(id);
    return changed;
  }
  return {
    sessions: {
      ...sessions,
      update: (id, patch) => told(id, sessions.update(id, patch)),
      transition: (id, to) => told(id, sessions.transition(id, to)),
      makeCurrent: (place, id) => told(id, sessions.makeCurrent(place, id)),
    },
    watch: (listener) => void listeners.push(listener),
  };
}
