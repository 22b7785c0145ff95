/**
 * The folder of one session: made, read, cleaned. It promises that `session.json`
 * comes last and durably, so that a half-made folder is no session, and that it
 * never deletes anything a person or Claude wrote. It does not know other sessions.
 */
import { mkdir, rename, rmdir } from "node:fs/promises";
import { codeOf } from "../error-code.ts";
import { readJson, syncFolder, sweepTemporary, writeJson } from "./json-file.ts";
import type { Paths, SessionPaths } from "./paths.ts";
import { freeze, type Session, sessionSchema, shortId } from "./session.ts";

/** A folder that is not loaded as a session. Only a `broken` one was touched: its file was renamed to `movedTo`. */
export type FolderFault =
  | { folder: string; kind: "broken"; detail: string; movedTo: string }
  | { folder: string; kind: "newer"; detail: string }
  /** Its `session.json` says it is another folder's: a copy, or renamed by hand. */
  | { folder: string; kind: "misplaced"; detail: string }
  /** No `session.json`, yet there are files in it. */
  | { folder: string; kind: "no_file" }
  | { folder: string; kind: "unreadable"; detail: string };

/** What a folder is at the start. */
export type FolderRead = { kind: "session"; session: Session } | { kind: "removed" } | FolderFault;

/** Makes the folder, its workspace and, last, its file. Throws EEXIST if the folder is there, and then touches nothing. */
export async function makeSessionFolder(paths: Paths, session: Session): Promise<void> {
  const { root, workspace, file } = paths.session(session.folder);
  await mkdir(root, { mode: 0o700 });
  try {
    await mkdir(workspace, { mode: 0o700 });
    // The folder's own name must be durable before the file says that it is a session.
    await syncFolder(paths.folders.sessions);
    await writeJson(file, session);
  } catch (error) {
    await removeIfEmpty(paths.session(session.folder)).catch(() => {});
    throw error;
  }
}

/** Reads a folder at the start: sets a broken file aside, removes a half-made folder that holds nothing. Never throws. */
export async function readSessionFolder(paths: Paths, folder: string, now: Date): Promise<FolderRead> {
  const places = paths.session(folder);
  try {
    await sweepTemporary(places.root);
    const read = await readJson(places.file, sessionSchema);
    if (read.ok) return check(folder, read.value);
    if (read.kind === "absent") {
      return (await removeIfEmpty(places)) ? { kind: "removed" } : { folder, kind: "no_file" };
    }
    if (read.kind === "newer") return { folder, kind: "newer", detail: read.detail };
    const movedTo = `${places.file}.broken-${now.toISOString().replaceAll(":", "-")}`;
    await rename(places.file, movedTo);
    await syncFolder(places.root);
    return { folder, kind: "broken", detail: read.detail, movedTo };
  } catch (error) {
    return { folder, kind: "unreadable", detail: codeOf(error) ?? String(error) };
  }
}

function check(folder: string, session: Session): FolderRead {
  if (session.folder === folder && folder.endsWith(`-${shortId(session)}`)) {
    return { kind: "session", session: freeze(session) };
  }
  return { folder, kind: "misplaced", detail: session.folder };
}

/** Removes the folder only by `rmdir`, which refuses whatever is not empty. */
async function removeIfEmpty({ root, workspace, turns }: SessionPaths): Promise<boolean> {
  try {
    for (const part of [workspace, turns]) {
      await rmdir(part).catch((error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
      });
    }
    await rmdir(root);
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}
