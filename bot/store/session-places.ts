/**
 * Which session is current where, and what its state is for that. It promises
 * that `active` means current somewhere, whatever dies in between, and that
 * chats and states change one after the other. It does not know what else a
 * session has.
 */
import { type Chats, placeKey } from "./chats.ts";
import { type DiskFull, orDiskFull } from "./disk.ts";
import { createLanes } from "./lanes.ts";
import type { Absent, Changed, SessionRecords, TransitionResult } from "./session-records.ts";
import type { Forbidden, Place, Session } from "./session.ts";

/** `previous` is the session that was current there before, as it is now. */
export type CurrentResult = (Changed & { readonly previous?: Session }) | Absent | Forbidden | DiskFull;
export type LeaveResult = { readonly ok: true; readonly left?: Session } | DiskFull;

const ALL = "chats";

/** Makes the verbs over `chats`, which are read once the start has them. */
export function createSessionPlaces({ index, remove, setState }: SessionRecords, chats: () => Chats) {
  const lanes = createLanes();

  /** An active session that is current nowhere any more becomes paused. */
  async function settle(id: string): Promise<Session | DiskFull | undefined> {
    if (index.get(id)?.state !== "active" || chats().has(id)) return index.get(id);
    const paused = await setState(id, "paused");
    return paused.ok ? paused.session : paused.kind === "disk_full" ? paused : undefined;
  }

  return {
    settle,

    /** Moves a session to another state, by the table. One that is terminated is no longer current anywhere. */
    async transition(id: string, to: Session["state"]): Promise<TransitionResult> {
      return lanes(ALL, async () => {
        const changed = await setState(id, to);
        if (!changed.ok || to !== "terminated") return changed;
        const emptied = await orDiskFull(() => chats().remove((_, current) => current === id));
        return emptied ?? changed;
      });
    },

    /** The session that plain messages of this place go to. */
    current(place: Place): Session | undefined {
      const id = chats().current(place);
      return id === undefined ? undefined : index.get(id);
    },

    /** Everywhere that the session is current. */
    placesOf: (id: string): Place[] => chats().placesOf(id),

    /** Makes a session of the same chat current: it becomes active, the one before paused unless it is current elsewhere. */
    async makeCurrent(place: Place, id: string): Promise<CurrentResult> {
      return lanes(ALL, async (): Promise<CurrentResult> => {
        const session = index.get(id);
        if (session === undefined || session.chatId !== place.chatId) return { ok: false, kind: "absent" };
        // Active first, the chat second, the one before last: after a crash in between, the start sees an
        // active session that is current nowhere and pauses it.
        const active =
          session.state === "active" ? ({ ok: true, session } as const) : await setState(id, "active");
        if (!active.ok) return active;
        const before = chats().current(place);
        const full = await orDiskFull(() => chats().set(place, id));
        if (full !== undefined) {
          await settle(id);
          return full;
        }
        if (before === undefined || before === id) return active;
        const previous = await settle(before);
        if (previous === undefined) return active;
        return "ok" in previous ? previous : { ...active, previous };
      });
    },

    /** Leaves the place without a current session. */
    async leave(place: Place): Promise<LeaveResult> {
      return lanes(ALL, async (): Promise<LeaveResult> => {
        const id = chats().current(place);
        if (id === undefined) return { ok: true };
        const key = placeKey(place);
        const full = await orDiskFull(() => chats().remove((other) => other === key));
        if (full !== undefined) return full;
        const left = await settle(id);
        if (left === undefined) return { ok: true };
        return "ok" in left ? left : { ok: true, left };
      });
    },

    /** Takes a session out of memory and out of every place; its files are the caller's. Its short id stays taken. */
    async forget(id: string): Promise<void> {
      await lanes(ALL, async () => {
        await chats().remove((_, current) => current === id);
        await remove(id);
      });
    },
  };
}
