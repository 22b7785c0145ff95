/**
 * Is the bot in the groups it may be used in, and what does it see there?
 */
import { type Check, ok, warn } from "../finding.ts";
import type { Telegram } from "../telegram.ts";
import { list } from "../words.ts";

/** `chatIds` are the groups on the list. */
export function groupsCheck(deps: { telegram: Telegram | undefined; chatIds: readonly number[] }): Check {
  return {
    name: "Groups",
    async look() {
      const { telegram, chatIds } = deps;
      const me = await telegram?.me();
      if (chatIds.length === 0 || telegram === undefined || me === undefined) return undefined;
      const answers = await Promise.all(
        chatIds.map(async (id) => ({ id, answer: await telegram.call("getChat", { chat_id: id }) })),
      );
      const absent = answers.filter(({ answer }) => answer.kind === "refused").map(({ id }) => String(id));
      if (absent.length > 0)
        return warn(
          `the bot is not in ${list(absent)}, or the id is wrong.`,
          "Add it to the group, or take the id out of ALLOWED_CHAT_IDS. A group that became a supergroup has a new id.",
        );
      return ok(
        me.can_read_all_group_messages
          ? "it is in each, and Telegram shows it every message there."
          : "it is in each; Telegram shows it commands, mentions and replies only (privacy mode), which is what it answers.",
      );
    },
  };
}
