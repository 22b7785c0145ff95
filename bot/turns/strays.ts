/**
 * Processes of turns that are long over: a crash came between the answer and the
 * end of what the turn had started. Another bot's processes are not ours to end.
 */
import { access } from "node:fs/promises";
import type { Claude } from "../claude/claude.ts";
import { listMarked } from "../claude/process-list.ts";
import { isFolderName, type Paths } from "../store/paths.ts";

/** The turns whose processes are not strays: by their update, or by the marker of a process that had waited. */
export interface KeptTurns {
  readonly updates: ReadonlySet<number>;
  readonly markers: ReadonlySet<string>;
}

/** Ends every process of a turn of our sessions, and every one that waits for a message, but for those `kept`; gives how many it ended. */
export async function endStrays(
  deps: { readonly claude: Claude; readonly paths: Paths },
  kept: KeptTurns,
): Promise<number> {
  const markers = new Set((await listMarked()).map(({ marker }) => marker));
  let ended = 0;
  for (const marker of markers) {
    const [folder = "", updateId = ""] = marker.split("/");
    if (kept.updates.has(Number(updateId)) || kept.markers.has(marker) || !(await isOurs(deps.paths, folder)))
      continue;
    ended += await deps.claude.sweep(marker);
  }
  return ended;
}

async function isOurs(paths: Paths, folder: string): Promise<boolean> {
  if (!isFolderName(folder)) return false;
  return access(paths.session(folder).file).then(
    () => true,
    () => false,
  );
}
