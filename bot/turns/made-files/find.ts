/**
 * Which files a turn made, as far as they are worth being offered: by what its
 * tools said, and by what lies where it worked. Promises to look at little, and
 * for a short time. It does not know the turn, nor how they are offered.
 */
import type { Dirent } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { isWithin } from "../../store/within.ts";
import { MOST_SENT_BYTES } from "../most-sent.ts";

/** A file below the working directory; `path` is relative to it. Times are ms since 1970. */
export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  readonly changedAtMs: number;
}

export interface FindRequest {
  readonly cwd: string;
  /** The session's own folder: whatever is new in it, Claude made. In a folder of the person's, much else is. */
  readonly isOwn: boolean;
  /** What tools said that they wrote, absolute; true if it was not there before. */
  readonly written: ReadonlyMap<string, boolean>;
  readonly sinceMs: number;
  readonly nowMs: () => number;
}

const MOST_FILES = 6;
const MOST_NAMED = 30;
const MOST_ENTRIES = 2_000;
const MOST_MS = 300;
/** The file system's clock is behind by up to a tick. */
const TICK_MS = 10;

/** What is made to be read by a person, and what by programs; the rest is between. */
const DOCUMENTS =
  /^\.(pdf|docx?|odt|rtf|epub|pptx?|odp|xlsx?|ods|csv|tsv|png|jpe?g|webp|gif|svg|bmp|tiff?|mp3|wav|ogg|m4a|mp4|mov|webm|zip|gz|tgz|tar|xz|7z|html?|ics|apk)$/i;
const TEXTS = /^\.(md|txt|json|ya?ml|xml|sql|log|tex|ipynb)$/i;
const MACHINERY = new Set(["node_modules", "__pycache__", "venv", "target", "dist", "build"]);

/** The files, the likeliest first. */
export async function findMade(request: FindRequest): Promise<FoundFile[]> {
  const root = await realpath(request.cwd).catch(() => undefined);
  if (root === undefined) return [];
  const found = new Map<string, FoundFile>();
  for (const [path, isNew] of request.written) {
    const file = await fileAt(await realpath(path).catch(() => path), root);
    if (file && (isNew || request.isOwn || rank(file) === 0)) found.set(file.path, file);
  }
  const recent = (await walk(root, request)).filter(
    ({ changedAtMs }) => changedAtMs >= request.sinceMs - TICK_MS,
  );
  // Many at once are a checkout or a build, not something made for a person.
  const isAny = request.isOwn && recent.length <= MOST_FILES * 2;
  for (const file of recent) if (isAny || rank(file) === 0) found.set(file.path, file);
  return [...found.values()]
    .filter(
      ({ path, bytes }) => bytes > 0 && bytes <= MOST_SENT_BYTES.file && !path.split(sep).some(isPassedOver),
    )
    .sort((one, other) => rank(one) - rank(other) || other.changedAtMs - one.changedAtMs)
    .slice(0, MOST_FILES);
}

/** Those of `files` that are there and can be sent, as they are now; the first ones. */
export async function findNamed(
  cwd: string,
  files: readonly { readonly path: string }[],
): Promise<FoundFile[]> {
  const root = await realpath(cwd).catch(() => undefined);
  if (root === undefined) return [];
  const found = await Promise.all(
    files.slice(0, MOST_NAMED).map(({ path }) => fileAt(join(root, path), root)),
  );
  return found
    .filter((file) => file !== undefined)
    .filter(({ bytes }) => bytes > 0 && bytes <= MOST_SENT_BYTES.file);
}

function rank({ path }: FoundFile): number {
  const ending = extname(path);
  if (DOCUMENTS.test(ending)) return 0;
  return TEXTS.test(ending) ? 1 : 2;
}

const isPassedOver = (name: string): boolean => name.startsWith(".") || MACHINERY.has(name);

async function fileAt(path: string, root: string): Promise<FoundFile | undefined> {
  if (!isWithin(path, root)) return undefined;
  const stats = await lstat(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  // What was moved here has only its place changed.
  const changedAtMs = Math.max(stats.mtimeMs, stats.ctimeMs);
  return { path: relative(root, path), bytes: stats.size, changedAtMs };
}

/** Breadth first: what is meant for a person lies near the top. */
async function walk(root: string, { nowMs }: FindRequest): Promise<FoundFile[]> {
  const end = nowMs() + MOST_MS;
  const files: FoundFile[] = [];
  const folders = [root];
  let seen = 0;
  for (const folder of folders) {
    const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      seen += 1;
      if (seen > MOST_ENTRIES || nowMs() > end) return files;
      if (isPassedOver(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      const file = entry.isFile() ? await fileAt(path, root) : undefined;
      if (file) files.push(file);
    }
  }
  return files;
}
