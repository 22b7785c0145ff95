/**
 * The sessions in one file, so that a start with ten thousand of them need not
 * open ten thousand files. Only a cache: each session stands in it with what its
 * own file looked like, and counts only while that still looks so. It promises
 * that a cache which is damaged, or whose writing failed, costs only time.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { writeFileDurably } from "./json-file.ts";
import type { Paths } from "./paths.ts";
import { freeze, type Session } from "./session.ts";

/** A session, and the looks of its folder when that was last read or written. */
export interface Stamped {
  readonly session: Session;
  readonly stamp: string;
}

type Mutable = { -readonly [Key in keyof Session]: Session[Key] };

/** Raised whenever `session.json` is read in another way: what an older Parley made of it counts no more. */
const VERSION = 2;
const CHUNK_BYTES = 512 * 1024;
const LINES_AT_ONCE = 500;
const NEWLINE = 0x0a;

/**
 * The looks of a session's folder: changed by a save, by an editor, and by what a
 * save left that was killed. Undefined where there is no `session.json`. It blocks,
 * for some microseconds: ten thousand waits would cost more than they free.
 */
export function stampOf(paths: Paths, folder: string): string | undefined {
  const { root, file } = paths.session(folder);
  try {
    const { ino, size, mtimeMs } = statSync(file);
    return `${ino} ${size} ${mtimeMs} ${statSync(root).mtimeMs}`;
  } catch {
    return undefined;
  }
}

/** What the cache holds, by folder; empty where there is none, or it is damaged. */
export function readSessionCache(path: string): ReadonlyMap<string, Stamped> {
  const found = new Map<string, Stamped>();
  const shared = new Map<string, string>();
  const share = (text: string): string => shared.get(text) ?? (shared.set(text, text), text);
  let expected: number | undefined;
  try {
    forEachLine(path, (line) => {
      const raw = JSON.parse(line) as { version: number; sessions: number } & Stamped;
      if (expected === undefined) {
        if (raw.version !== VERSION) throw new TypeError("another version");
        expected = raw.sessions;
        return;
      }
      const { session } = raw as { session: Mutable };
      session.persona = share(session.persona);
      session.cwd = share(session.cwd);
      found.set(session.folder, { session: freeze(session), stamp: raw.stamp });
    });
  } catch {
    return new Map();
  }
  return found.size === expected ? found : new Map();
}

/** Writes the cache anew, in pieces that nobody has to wait for. Rejects if the disk refuses; the old one is whole then. */
export async function writeSessionCache(
  path: string,
  sessions: Iterable<Session>,
  stampFor: (session: Session) => string | undefined,
): Promise<void> {
  const lines: string[] = [];
  for (const session of sessions) {
    const stamp = stampFor(session);
    if (stamp === undefined) continue;
    lines.push(`${JSON.stringify({ stamp, session })}\n`);
    if (lines.length % LINES_AT_ONCE === 0) await setImmediate();
  }
  const head = `${JSON.stringify({ version: VERSION, sessions: lines.length })}\n`;
  await writeFileDurably(path, head + lines.join(""));
}

/** One piece at a time: the whole file at once would stay in memory long after it was read. */
function forEachLine(path: string, take: (line: string) => void): void {
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    for (;;) {
      const length = readSync(file, chunk, 0, CHUNK_BYTES, null);
      if (length === 0) break;
      const data = Buffer.concat([rest, chunk.subarray(0, length)]);
      let start = 0;
      for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE, start)) {
        take(data.toString("utf8", start, end));
        start = end + 1;
      }
      rest = data.subarray(start);
    }
    if (rest.length > 0) throw new TypeError("the last line has no end");
  } finally {
    closeSync(file);
  }
}
