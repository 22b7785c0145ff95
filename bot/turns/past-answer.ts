/**
 * An answer that was given, found again by the update it answered, for as long
 * as its session is live. It does not know why it is asked for.
 */
import { z } from "zod";
import { readJson } from "../store/json-file.ts";
import type { Paths } from "../store/paths.ts";
import type { SessionManager } from "../store/session-manager.ts";
import { newProgress } from "./progress.ts";
import type { TurnView } from "./view.ts";

/** What `receipt.ts` writes, as far as it is shown again. */
const receipt = z.object({
  version: z.literal(1),
  text: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  tools: z.array(
    z.object({ name: z.string(), title: z.string(), durationMs: z.number(), isError: z.boolean() }),
  ),
  usage: z
    .object({
      costUsd: z.number(),
      inputTokens: z.number(),
      outputTokens: z.number(),
      contextTokens: z.number().exactOptional(),
      contextWindow: z.number().exactOptional(),
    })
    .exactOptional(),
});

/** The view of a turn of this chat as its end left it, without what stood between its words; undefined where it is not there any more. */
export async function findAnswer(
  { sessions, paths }: { readonly sessions: SessionManager; readonly paths: Paths },
  chatId: number,
  updateId: number,
): Promise<TurnView | undefined> {
  for (const { folder } of sessions.list(chatId)) {
    const read = await readJson(paths.turn(folder, updateId).receipt, receipt);
    if (read.ok) return viewOf(read.value);
  }
  return undefined;
}

function viewOf({ text, tools, usage, startedAt, endedAt }: z.infer<typeof receipt>): TurnView {
  return {
    ...newProgress().view,
    phase: "ended",
    outcome: { kind: "answered" },
    text,
    tools: tools.map(({ name, title, durationMs, isError }, at) => ({
      id: String(at),
      name,
      title,
      startedAt: 0,
      endedAt: durationMs,
      isError,
    })),
    durationMs: Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)),
    ...(usage === undefined ? {} : { usage }),
  };
}
