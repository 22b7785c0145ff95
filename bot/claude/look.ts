/**
 * How files look from outside: one word for many that changes when one of them
 * does. Promises never to throw, to go in no circle and to take no more looks than
 * a bound. What a text imports (`@path`) is looked at with it. It does not know
 * which files matter.
 */
import type { Stats } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** One round of looks. */
export interface Look {
  /** Looks at a file, which need not be there. */
  file(path: string): Promise<void>;
  /** The same for a text, and all that it imports. */
  text(path: string): Promise<void>;
  /** At all files below a folder; `as` says how at each. */
  tree(folder: string, as: "file" | "text"): Promise<void>;
  /** The word for all that was looked at. */
  word(): string;
}

/** Enough for every real setup. With more, no two rounds need be the same. */
const MOST_LOOKS = 2_000;
/** As deep as the CLI follows imports. */
const IMPORT_DEPTH = 5;
const TREE_DEPTH = 5;
const MOST_TEXT_BYTES = 256 * 1_024;
/** A path behind an `@` at the start of a word. More than the CLI takes for one: to look once too often is no harm. */
const IMPORT = /(?:^|\s)@((?:\\ |[^\s\\])+)/g;
/** What ends a sentence may be none of the path. */
const PUNCTUATION = /[.,;:!?)]+$/;

/** Begins a round. */
export function createLook(): Look {
  /** By path: how it looked. */
  const seen = new Map<string, string>();

  /** Undefined: it is not there, was looked at already, or it is enough. */
  const lookAt = async (path: string): Promise<Stats | undefined> => {
    if (seen.has(path) || seen.size === MOST_LOOKS) return undefined;
    seen.set(path, "-");
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined) seen.set(path, `${stats.ino}:${stats.size}:${stats.mtimeMs}`);
    return stats;
  };

  const text = async (path: string, depth = 0): Promise<void> => {
    const stats = await lookAt(path);
    if (!stats?.isFile() || stats.size > MOST_TEXT_BYTES || depth === IMPORT_DEPTH) return;
    const content = await readFile(path, "utf8").catch(() => "");
    const names = [...content.matchAll(IMPORT)].flatMap(([, name = ""]) => [
      name,
      name.replace(PUNCTUATION, ""),
    ]);
    const paths = names.map((name) => resolveImport(path, name));
    await Promise.all(paths.map((each) => text(each, depth + 1)));
  };

  const tree = async (path: string, as: "file" | "text", depth = 0): Promise<void> => {
    const names = depth === TREE_DEPTH ? undefined : await readdir(path).catch(() => undefined);
    if (names === undefined) return void (await (as === "text" ? text(path) : lookAt(path)));
    await Promise.all(names.map((name) => tree(join(path, name), as, depth + 1)));
  };

  return {
    file: async (path) => void (await lookAt(path)),
    text: (path) => text(path),
    tree: (folder, as) => tree(folder, as),
    word: () =>
      [...seen]
        .map(([path, word]) => `${path}=${word}`)
        .sort()
        .join("\n"),
  };
}

function resolveImport(from: string, name: string): string {
  const path = name.replaceAll("\\ ", " ");
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(dirname(from), path);
}
