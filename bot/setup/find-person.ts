/**
 * Waits until somebody writes to the bot, and says who. It reads only: no update
 * is confirmed, so the bot still gets each message when it starts.
 */
import { z } from "zod";
import type { CallTelegram } from "../doctor/bot-api.ts";
import { shownName } from "./shown-name.ts";

const updateSchema = z.object({
  message: z.object({
    date: z.number(),
    chat: z.object({ type: z.literal("private") }),
    from: z.object({
      id: z.number(),
      is_bot: z.literal(false),
      first_name: z.string(),
      last_name: z.string().optional(),
      username: z.string().optional(),
    }),
  }),
});

/** Somebody who wrote to the bot. Names are their own choice: shown, never trusted. */
export interface Writer {
  readonly id: number;
  readonly name: string;
  readonly username?: string;
}

/** `conflict`: another program or a webhook gets the messages. `crowded`: more wait than Telegram shows without confirming. */
export type Found =
  | { readonly kind: "found"; readonly writer: Writer }
  | { readonly kind: "conflict" | "crowded" | "unreachable" | "nobody" };

/** What a search needs. `isHim` asks the person about each writer once, but not about those who are `known`. */
export interface SearchDeps {
  readonly call: CallTelegram;
  readonly known?: readonly number[];
  readonly isHim: (writer: Writer) => Promise<boolean>;
  readonly wait: (ms: number) => Promise<void>;
  readonly now: () => Date;
  readonly limitMs?: number;
}

const LIMIT_MS = 5 * 60_000;
const POLL_SECONDS = 10;
/** What waits is given again at once, and a second poll within 0.5 s is shown one update only. */
const PAUSE_MS = 1_500;
/** Somebody may have written before they were told to. */
const RECENT_MS = 10 * 60_000;
/** All that Telegram shows of what waits. */
const MOST = 100;

/** Looks until the person says yes to a writer; at most `limitMs`, five minutes. */
export async function findPerson(deps: SearchDeps): Promise<Found> {
  const startedMs = deps.now().getTime();
  const refused = new Set<number>(deps.known);
  let failures = 0;
  while (deps.now().getTime() - startedMs < (deps.limitMs ?? LIMIT_MS)) {
    const answer = await deps.call("getUpdates", { limit: MOST }, { waitSeconds: POLL_SECONDS });
    if (answer.kind === "refused" && answer.code === 409) return { kind: "conflict" };
    const batch =
      answer.kind === "ok" && Array.isArray(answer.result) ? (answer.result as unknown[]) : undefined;
    failures = batch === undefined ? failures + 1 : 0;
    if (failures > 3) return { kind: "unreachable" };
    const writers = (batch ?? []).flatMap((update) => writerOf(update, startedMs - RECENT_MS)).toReversed();
    for (const writer of writers) {
      if (refused.has(writer.id)) continue;
      if (await deps.isHim(writer)) return { kind: "found", writer };
      refused.add(writer.id);
    }
    if ((batch?.length ?? 0) >= MOST) return { kind: "crowded" };
    await deps.wait(PAUSE_MS);
  }
  return { kind: "nobody" };
}

function writerOf(update: unknown, sinceMs: number): Writer[] {
  const parsed = updateSchema.safeParse(update);
  if (!parsed.success || parsed.data.message.date * 1_000 < sinceMs) return [];
  const { id, first_name: first, last_name: last, username } = parsed.data.message.from;
  const name = shownName(`${first} ${last ?? ""}`);
  return [{ id, name, ...(username !== undefined && { username }) }];
}
