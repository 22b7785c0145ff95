/**
 * What a process is asked while it waits for its message, so that it has done
 * already what the first message would make it do. Pure builders. None of it may
 * call a model or write to the transcript, and nobody waits for the answers.
 */
import { contextUsageLine } from "./control.ts";

/** The lines to send once its handshake is done. */
export function warmUpLines(newId: () => string): string[] {
  return [contextUsageLine(newId())];
}
