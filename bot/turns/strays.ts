/**
 * Processes of turns that are long over: a crash came between the answer and the
 * end of what the turn had started. Another bot's processes are not ours to end.
 */
import { access } from "node:fs/promises";
import type { Claude } from "../claude/claude.ts";
import { listMarked } from "../claude/process-list.ts";
import { isFolderName, type Paths } from "../store/paths.ts";

/** Ends every process of a turn of our sessions, but for the turns of the updates in `kept`; gives how many it ended. */
export async function endStrays(
  deps: { readonly claude: Claude; readonly paths: Paths },
  kept: ReadonlySet<number>,
): Promise<number> {
  const markers = new Set((await listMarked()).map(({ marker }) => marker));
  let ended = 0;
  for (const marker of markers) {
    const [folder = "", updateId = ""] = marker.split("/");
    if (kept.has(Number(updateId)) || !(await isOurs(deps.paths, folder))) continue;
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
