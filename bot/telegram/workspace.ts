/**
 * Which folders of the machine a session may be pointed at: those inside the
 * roots that the owner named, links resolved.
 */
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { isWithin } from "../store/within.ts";

/** The real path of a folder that a person named, or undefined if it may not be used. */
export type FindFolder = (wish: string) => Promise<string | undefined>;

/** Looks below `roots` (real paths); `~` is `home`, and another relative wish is tried in each root in turn. */
export function folderFinder(roots: readonly string[], home: string): FindFolder {
  return async (typed) => {
    const wish = typed === "~" || typed.startsWith("~/") ? join(home, typed.slice(1)) : typed;
    const candidates = isAbsolute(wish) ? [wish] : roots.map((root) => resolve(root, wish));
    for (const candidate of candidates) {
      const real = await realpath(candidate).catch(() => undefined);
      if (real === undefined || !roots.some((root) => isWithin(real, root))) continue;
      const isFolder = await stat(real).then(
        (stats) => stats.isDirectory(),
        () => false,
      );
      if (isFolder) return real;
    }
    return undefined;
  };
}
