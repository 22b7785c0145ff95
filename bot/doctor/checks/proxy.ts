/**
 * Does a proxy stand between this machine and Telegram?
 */
import { bad, type Check, ok } from "../finding.ts";
import type { Telegram } from "../telegram.ts";
import { list } from "../words.ts";

const NAMES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/** Names the variables, never their values: a password may stand in them. */
export function proxyCheck(deps: {
  env: Readonly<Record<string, string | undefined>>;
  telegram: Telegram | undefined;
}): Check {
  return {
    name: "Proxy",
    async look() {
      const set = NAMES.filter((name) => deps.env[name] || deps.env[name.toLowerCase()]);
      if (set.length === 0) return ok("none is set.");
      const isReached = (await deps.telegram?.hello())?.kind !== "unreachable";
      if (isReached) return ok(`${list(set)}: Claude Code uses it; the bot reaches Telegram without.`);
      return bad(
        `${list(set)} is set, but the bot does not use it, and it reaches Telegram in no other way.`,
        "Let the machine's own network lead there (a VPN, a transparent proxy), or set TELEGRAM_API_ROOT to a Bot API server that it reaches.",
      );
    },
  };
}
