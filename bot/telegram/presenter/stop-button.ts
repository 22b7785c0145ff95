/**
 * The Stop button under an answer that grows. Pure.
 */
import type { Part } from "../delivery.ts";

/** Puts it under the last message, if that is a text without buttons of its own. */
export function withStop(parts: readonly Part[], updateId: number): readonly Part[] {
  const last = parts.at(-1);
  if (last?.kind !== "text" || last.buttons !== undefined) return parts;
  return [...parts.slice(0, -1), { ...last, buttons: [[{ text: "⏹ Stop", data: `stop:${updateId}` }]] }];
}
