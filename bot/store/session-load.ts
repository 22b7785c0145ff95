/**
 * The start: what the data folders hold becomes sessions in memory. It promises
 * that one bad folder harms no other, that nothing of a newer version is touched,
 * and that chats and sessions agree afterwards. It does not know later changes.
 */
import { chmod, mkdir, readdir, rename } from "node:fs/promises";
import { type Chats, createChats, placeKey, readChats } from "./chats.ts";
import { syncFolder, sweepTemporary } from "./json-file.ts";
import { mapBounded } from "./lanes.ts";
import { isFolderName, type Paths } from "./paths.ts";
import { readSessionCache, stampOf, type Stamped } from "./session-cache.ts";
import { type FolderFault, readSessionFolder } from "./session-folder.ts";
import type { Session } from "./session.ts";

/** What the start found. With `ok: false` a newer Parley wrote `chats.json`: nothing was touched, and the bot must not go on. */
export type LoadResult =
  | {
      readonly ok: true;
      readonly sessions: number;
      readonly faults: readonly FolderFault[];
      /** Half-made folders that held nothing. */
      readonly removed: readonly string[];
      /** Where a broken `chats.json` was put; what was current was taken from the sessions instead. */
      readonly chatsMovedTo?: string;
    }
  | { readonly ok: false; readonly kind: "newer"; readonly path: string; readonly detail: string };

type Loaded =
  | {
      ok: true;
      sessions: Session[];
      /** By folder: how each looked before it was read. */
      stamps: ReadonlyMap<string, string>;
      /** How many had to be read from their own files. */
      read: number;
      chats: Chats;
      shortIds: Set<string>;
      result: LoadResult;
    }
  | { ok: false; result: LoadResult };

const AT_ONCE = 16;

/** Reads everything. Only a broken machine throws. */
export async function loadSessions(paths: Paths, now: Date): Promise<Loaded> {
  const { sessions: live, archive } = paths.folders;
  for (const folder of [live, archive]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  }
  const read = await readChats(paths.chats);
  if (!read.ok && read.kind === "newer") {
    return { ok: false, result: { ok: false, kind: "newer", path: paths.chats, detail: read.detail } };
  }
  await sweepTemporary(live);
  const entries = await readdir(live, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && isFolderName(entry.name));
  const stamps = new Map<string, string>();
  const sessions: Session[] = [];
  const cached: ReadonlyMap<string, Stamped> = readSessionCache(paths.sessionCache);
  const others = folders.filter(({ name }) => {
    // Before it is read: what changes from here on makes the stamp an old one.
    const stamp = stampOf(paths, name);
    if (stamp !== undefined) stamps.set(name, stamp);
    const known = cached.get(name);
    if (known === undefined || known.stamp !== stamp) return true;
    sessions.push(known.session);
    return false;
  });
  const reads = await mapBounded(others, AT_ONCE, async ({ name }) => ({
    name,
    is: await readSessionFolder(paths, name, now),
  }));

  const faults: FolderFault[] = [];
  const removed: string[] = [];
  for (const { name, is } of reads) {
    if (is.kind === "session") sessions.push(is.session);
    else if (is.kind === "removed") removed.push(name);
    else faults.push(is);
  }

  const chats = createChats(paths.chats, read.ok ? read.value : undefined);
  let chatsMovedTo: string | undefined;
  if (!read.ok && read.kind === "broken") {
    chatsMovedTo = `${paths.chats}.broken-${now.toISOString().replaceAll(":", "-")}`;
    await rename(paths.chats, chatsMovedTo);
    await syncFolder(live);
  }
  if (read.ok) {
    const known = new Map(sessions.map((session) => [session.id, session]));
    await chats.remove((key, id) => !belongs(key, known.get(id)));
  } else {
    const current = currentOf(sessions);
    if (Object.keys(current).length > 0) await chats.save(current);
  }

  const names = [...entries.map(({ name }) => name), ...(await readdir(archive))];
  return {
    ok: true,
    sessions,
    stamps,
    read: others.length,
    chats,
    shortIds: new Set(names.flatMap((name) => /-([0-9a-f]{8})(?:\.|$)/.exec(name)?.[1] ?? [])),
    result: {
      ok: true,
      sessions: sessions.length,
      faults,
      removed,
      ...(chatsMovedTo !== undefined && { chatsMovedTo }),
    },
  };
}

/** Whether a session may be current at the place `key` of the file. */
function belongs(key: string, session: Session | undefined): boolean {
  return (
    session !== undefined && session.state !== "terminated" && key.split(":")[0] === String(session.chatId)
  );
}

/** What was current, told from the sessions alone: the last changed of the active ones of each place. */
function currentOf(sessions: readonly Session[]): Record<string, string> {
  const active = sessions.filter(({ state }) => state === "active");
  active.sort((a, b) => (a.updatedAt < b.updatedAt ? -1 : 1));
  return Object.fromEntries(active.map((session) => [placeKey(session), session.id]));
}
