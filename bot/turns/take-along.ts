/**
 * What came with a message, on its way into the turn: files are fetched, speech is
 * heard, while the chat shows that. It promises that what was heard is on the disk,
 * so that no later life hears it otherwise. It does not know how the turn begins.
 */
import { orDiskFull } from "../store/disk.ts";
import type { Session } from "../store/session.ts";
import { bringIn, type Upload } from "./attachments.ts";
import type { KeptOrder } from "./order.ts";
import { ended, newProgress } from "./progress.ts";
import { refuse, type Turn, type TurnDeps } from "./turn.ts";
import type { Note } from "./view.ts";

/** Brings in what came with the message; undefined where the turn ended over it. */
export async function takeAlong(
  deps: TurnDeps,
  turn: Turn,
  session: Session,
): Promise<{ order: KeptOrder; uploads: readonly Upload[]; notes: readonly Note[] } | undefined> {
  const { order, updateId, sessionId, cutShort, callbacks } = turn;
  if (order.attachments === undefined) return { order, uploads: [], notes: [] };
  const isUnheard = order.heard === undefined && order.attachments.some(({ kind }) => kind === "voice");
  // It may take a while: the chat shows what goes on.
  callbacks.update({ ...newProgress(deps.nowMs()).view, phase: isUnheard ? "listening" : "fetching" });
  const brought = await orDiskFull(() => bringIn(deps, session, updateId, order, cutShort));
  if (brought.ok) {
    const { uploads, notes, heard } = brought;
    if (heard === undefined || heard === order.heard) return { order, uploads, notes };
    const whole = { ...order, heard };
    callbacks.update(newProgress(deps.nowMs(), heard).view);
    // A later life neither asks the transcriber again nor shows another transcript.
    await deps.journal.note(updateId, { state: "queued", sessionId, order: whole });
    deps.checkpoint("heard");
    return { order: whole, uploads, notes };
  }
  if (brought.kind === "stopped") await callbacks.finish(ended(newProgress(), { kind: "stopped" }));
  else await refuse(turn, brought.kind === "refused" ? brought.refusal : { kind: "disk_full" });
  return undefined;
}
