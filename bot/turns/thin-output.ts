/**
 * A turn's output when the turn was answered: the pieces that its words came in are
 * taken out, since each of them stands in a whole line too. It promises that a
 * turn which may still be taken up keeps all it said. It does not know the stream.
 */
import { PARTIAL_LINE } from "../claude/wire.ts";
import type { Logger } from "../logger.ts";
import { dropLines } from "../store/drop-lines.ts";
import { orDiskFull } from "../store/disk.ts";
import type { Paths } from "../store/paths.ts";
import type { Journal } from "./journal.ts";

/** What thinning works with. */
export interface ThinDeps {
  readonly journal: Pick<Journal, "get">;
  readonly logger: Logger;
  readonly paths: Paths;
}

/** Thins `out`, the output of the turn of `updateId`, if that turn is done. Never rejects: the output is only longer then. */
export async function thinOutput(
  { journal, logger, paths }: ThinDeps,
  updateId: number,
  out: string,
): Promise<void> {
  if (journal.get(updateId)?.state !== "done") return;
  try {
    const bytes = await orDiskFull(() => dropLines(out, PARTIAL_LINE, paths.folders.sessions));
    logger.debug({ updateId, bytes }, "the turn's output was thinned");
  } catch (error) {
    logger.warn({ err: error, updateId }, "the turn's output could not be thinned");
  }
}
