/**
 * What the bot's reaction under a person's message says: taken, read, or nothing
 * any more. A courtesy: where reactions are forbidden, all goes on the same.
 */
import type { Api } from "grammy";
import type { KeptOrder } from "../turns/order.ts";

export interface ReactionDeps {
  readonly api: Pick<Api, "setMessageReaction">;
}

/** Telegram lets bots choose from a few. */
const EMOJI = { taken: "👀", read: "👌" } as const;

/** Shows it under the message that an order came from; "none" takes it away. */
export function react(
  { api }: ReactionDeps,
  { place, messageId }: Pick<KeptOrder, "place" | "messageId">,
  what: keyof typeof EMOJI | "none",
): void {
  if (messageId === undefined) return;
  const reaction = what === "none" ? [] : [{ type: "emoji" as const, emoji: EMOJI[what] }];
  api.setMessageReaction(place.chatId, messageId, reaction).catch(() => {});
}
