/**
 * One JSON file: read and checked, saved whole or not at all.
 * A save survives a crash and a full disk: the old file stays until the new one
 * is complete and durable. It does not know what the files mean.
 */
import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { z } from "zod";
import { codeOf } from "../error-code.ts";

/** What reading gives: the value, or why there is none. `newer` is a version we do not know: touch nothing. */
export type ReadResult<T> =
  | { ok: true; value: T }
  | { ok: false; kind: "absent" | "broken" | "newer"; detail: string };

/** Reads and checks `path`. Only a broken machine (EIO, EACCES) throws. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<ReadResult<T>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { ok: false, kind: "absent", detail: "no such file" };
    throw error;
  }
  return parseJson(text, schema);
}

/** Checks `text` against `schema`; a `version` that is a number above 1 and does not fit is `newer`. */
export function parseJson<T>(text: string, schema: z.ZodType<T>): ReadResult<T> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, kind: "broken", detail: "not JSON" };
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, value: parsed.data };
  const version = typeof raw === "object" && raw !== null && "version" in raw ? raw.version : undefined;
  if (typeof version === "number" && version > 1) {
    return { ok: false, kind: "newer", detail: `version ${version}` };
  }
  const issue = parsed.error.issues[0];
  return {
    ok: false,
    kind: "broken",
    detail: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`,
  };
}

/** Saves `value` as indented JSON, mode 0600, atomically and durably; throws if the disk refuses, and then the old file is whole. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileDurably(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Writes `data` beside `path`, syncs it, renames it over `path`, syncs the folder.
 * Ours rather than write-file-atomic: that one ignores a short write, so a full
 * disk replaces the good file by half of the new one.
 */
export async function writeFileDurably(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

const TEMPORARY = /^\.(.+)\.[0-9a-f]{12}\.tmp$/;

/** A free name beside `path` for what is to become `path`; `sweepTemporary` knows it. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

/** Whether `name` is such a name for the file `base` of the same folder. */
export function isTemporaryOf(name: string, base: string): boolean {
  return TEMPORARY.exec(name)?.[1] === base;
}

/** Removes what a save left in `folder` when its process was killed. Only while nobody saves there. */
export async function sweepTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (TEMPORARY.test(name)) await unlink(join(folder, name));
  }
}

/** Removes what a save of `path` left when its process was killed; nothing happens where its folder is gone. Only while nobody saves it. */
export async function sweepTemporaryOf(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder).catch(() => []))
    if (isTemporaryOf(name, basename(path))) await unlink(join(folder, name)).catch(() => {});
}

/** Makes the names in a folder durable: a rename or a new file is lost with the power without it. */
export const syncFolder = (path: string): Promise<void> => syncFile(path);

/** Makes durable what is in a file; a folder is one, too. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
