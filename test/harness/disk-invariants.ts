/**
 * What must hold on the disk after every fault: all JSON parses, nothing
 * half-written is left, modes are tight, the token is nowhere, every session is
 * live or in an archive.
 */
import { lstat, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import type { WorldFolders } from "./folders.ts";
import type { JournalFile } from "./journal-file.ts";

interface Entry {
  readonly path: string;
  readonly name: string;
  readonly isFolder: boolean;
  readonly mode: number;
  /** Below what is Claude's in a session: with any name and mode. */
  readonly isClaudes: boolean;
}

/** The broken rules on the disk, as sentences. `token` must be in no file. */
export async function checkDisk(
  folders: WorldFolders,
  token: string,
  journal: JournalFile,
): Promise<string[]> {
  const data = [...(await walk(folders.sessions)), ...(await walk(folders.archive))];
  const all = [...data, ...(await walk(folders.home)), ...(await walk(folders.personas))];
  const faults: string[] = [];
  const name = (entry: Entry): string => relative(folders.root, entry.path);
  for (const entry of data.filter(({ isClaudes }) => !isClaudes)) {
    const wanted = entry.isFolder ? 0o700 : 0o600;
    // Git gives its objects to nobody, not even to their owner, for writing.
    const isObject = !entry.isFolder && entry.path.includes("/snapshots.git/") && entry.mode === 0o400;
    if (entry.mode !== wanted && !isObject)
      faults.push(`I8 ${name(entry)} has mode ${entry.mode.toString(8)}`);
    if (/\.(tmp|part)$|^\.(archiving|restoring)-/.test(entry.name) && (await stays(entry.path)))
      faults.push(`I6 ${name(entry)} is left over`);
    if (!entry.isFolder) faults.push(...(await checkJson(entry, name(entry))));
  }
  for (const entry of all.filter(({ isFolder }) => !isFolder))
    if (await holdsToken(entry.path, token)) faults.push(`I7 the token is in ${name(entry)}`);
  faults.push(...(await checkSessions(folders, journal)));
  return faults;
}

/** Every session the journal names is a folder with its file, or in an archive with its side file. */
async function checkSessions(folders: WorldFolders, { lines }: JournalFile): Promise<string[]> {
  const faults: string[] = [];
  const known: string[] = [];
  for (const name of await names(folders.sessions)) {
    if (!/^[a-z0-9-]+-[0-9a-f]{8}$/.test(name)) continue;
    const text = await readText(join(folders.sessions, name, "session.json"));
    if (text === undefined) faults.push(`I10 the session folder ${name} has no session.json`);
    else known.push(text);
  }
  const archived = await names(folders.archive);
  for (const name of archived.filter((one) => one.endsWith(".tar.gz"))) {
    const sidecar = await readText(join(folders.archive, name.replace(/\.tar\.gz$/, ".json")));
    if (sidecar === undefined) faults.push(`I10 the archive ${name} has no side file`);
    else known.push(sidecar);
  }
  for (const name of archived.filter((one) => one.endsWith(".json")))
    if (!archived.includes(name.replace(/\.json$/, ".tar.gz")))
      faults.push(`I10 the side file ${name} has no archive`);
  const ids = new Set(lines.map((line) => line["sessionId"]).filter((id) => typeof id === "string"));
  for (const id of ids)
    if (!known.some((text) => text.includes(id)))
      faults.push(`I10 session ${id} is neither live nor archived`);
  return faults;
}

async function checkJson(entry: Entry, name: string): Promise<string[]> {
  const isLines = /\.(jsonl|ndjson)$/.test(entry.name);
  if (!isLines && !entry.name.endsWith(".json")) return [];
  const text = await readText(entry.path);
  // A bot that runs may have removed it since it was listed.
  if (text === undefined) return [];
  const pieces = isLines ? text.split("\n") : [text];
  // The CLI's own output may end in the middle of a line: it was killed, not we.
  const last = isLines && pieces.pop();
  if (last !== false && last !== "" && entry.name !== "out.ndjson") return [`I6 ${name} ends in a torn line`];
  return pieces
    .filter((piece) => !isJson(piece))
    .map((piece) => `I6 ${name}: not JSON: ${piece.slice(0, 80)}`);
}

async function holdsToken(path: string, token: string): Promise<boolean> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const plain = path.endsWith(".gz") ? unzipped(bytes) : bytes;
  return tokenForms(token).some((form) => plain.includes(form));
}

/** All the ways the token may be written. */
export function tokenForms(token: string): string[] {
  const secret = token.slice(token.indexOf(":") + 1);
  return [token, secret, encodeURIComponent(token), Buffer.from(token).toString("base64")];
}

function unzipped(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch {
    return bytes;
  }
}

async function walk(folder: string, isClaudes = false): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of await names(folder)) {
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || (!stats.isDirectory() && !stats.isFile())) continue;
    const isFolder = stats.isDirectory();
    // The folder of its notes Claude Code makes itself; where it works we do.
    const isNotes = isClaudes || name === "memory";
    entries.push({ path, name, isFolder, mode: stats.mode & 0o777, isClaudes: isNotes });
    if (isFolder) entries.push(...(await walk(path, isNotes || name === "workspace")));
  }
  return entries;
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** A running bot's save has such a file for some milliseconds; one that is left over is there for good. */
async function stays(path: string): Promise<boolean> {
  for (let tries = 0; tries < 40; tries += 1) {
    if ((await lstat(path).catch(() => undefined)) === undefined) return false;
    await delay(50);
  }
  return true;
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
