/**
 * Sessions that have a turn, or work that must have them for itself, and the
 * folders that their processes still read from. It promises that such a folder
 * goes when the last hold does. It does not know what runs.
 */
import { rm } from "node:fs/promises";

/** Makes it; nothing is held. */
export function createHolds() {
  /** How many each. */
  const held = new Map<string, number>();
  const folders = new Map<string, string>();

  /** From now on nothing is started for the session, until it is released as often. */
  const hold = (sessionId: string): void => void held.set(sessionId, (held.get(sessionId) ?? 0) + 1);

  const release = (sessionId: string): void => {
    const count = (held.get(sessionId) ?? 0) - 1;
    if (count > 0) return void held.set(sessionId, count);
    held.delete(sessionId);
    const folder = folders.get(sessionId);
    folders.delete(sessionId);
    if (folder !== undefined) void rm(folder, { recursive: true, force: true }).catch(() => {});
  };

  return {
    isHeld: (sessionId: string): boolean => held.has(sessionId),
    hold,
    release,
    /** The turn of the session reads from `folder`; it must be held. */
    readsFrom: (sessionId: string, folder: string): void => void folders.set(sessionId, folder),
  };
}
