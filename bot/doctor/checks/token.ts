/**
 * Does Telegram know the token, and can it be reached?
 */
import { bad, type Check, ok } from "../finding.ts";
import { readMe, type Telegram } from "../telegram.ts";

/** `apiRoot` is only named where it cannot be reached. */
export function tokenCheck({
  telegram,
  apiRoot,
}: {
  telegram: Telegram | undefined;
  apiRoot: string;
}): Check {
  return {
    name: "Token",
    async look() {
      // Its absence is a fault of the settings, and told there.
      if (telegram === undefined) return undefined;
      const answer = await telegram.hello();
      const me = readMe(answer);
      if (me !== undefined) return ok(`Telegram knows it: the bot is @${me.username}.`);
      if (answer.kind === "refused" && (answer.code === 401 || answer.code === 404))
        return bad(
          "Telegram does not know it: it was revoked or mistyped.",
          "Ask @BotFather with `/token`, then run `npm run setup`.",
        );
      const why =
        answer.kind === "unreachable"
          ? answer.code
          : answer.kind === "refused"
            ? String(answer.code)
            : "a strange answer";
      return bad(
        `${apiRoot} gives no good answer (${why}).`,
        "See whether this machine reaches it: a firewall, DNS or a blocked network stands between.",
      );
    },
  };
}
