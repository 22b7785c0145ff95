/**
 * The journal for tests that know it can be opened.
 */
import { type Journal, openJournal } from "../../bot/turns/journal.ts";

/** Opens it, or throws. */
export async function openKnownJournal(options: Parameters<typeof openJournal>[0]): Promise<Journal> {
  const opened = await openJournal(options);
  if (!opened.ok) throw new Error(`the journal is ${opened.kind}`);
  return opened.journal;
}
