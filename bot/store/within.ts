/**
 * Whether one path lies below another. Pure, and about names alone: whoever asks
 * about files asks with real paths.
 */
import { sep } from "node:path";

/** Whether the absolute `path` is `root` or lies below it. */
export function isWithin(path: string, root: string): boolean {
  // Only "/" itself ends so.
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
