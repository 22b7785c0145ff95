/**
 * Do messages go to a webhook instead of waiting to be polled?
 */
import { bad, type Check, ok } from "../finding.ts";
import type { Telegram } from "../telegram.ts";

/** The bot polls; with a webhook set Telegram refuses every poll. */
export function webhookCheck({ telegram }: { telegram: Telegram | undefined }): Check {
  return {
    name: "Webhook",
    async look() {
      const inbox = await telegram?.inbox();
      if (inbox === undefined) return undefined;
      if (inbox.host === undefined) return ok("none is set.");
      return bad(
        `one is set: Telegram gives every message to ${inbox.host}, and none to this bot.`,
        "`npm run setup` removes it; or make another bot with @BotFather and use its token.",
      );
    },
  };
}
