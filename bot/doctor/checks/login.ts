/**
 * Is Claude Code logged in, and who pays for a turn?
 */
import type { AuthResult } from "../../claude/auth.ts";
import { bad, type Check, ok, warn } from "../finding.ts";

/**
 * `askAuth` gives what `claude auth status` says, in an environment without the variable it is given; undefined where
 * there is no CLI to ask. It tells that a credential is there, not that it works.
 */
export function loginCheck({
  askAuth,
}: {
  askAuth: (without?: string) => Promise<AuthResult | undefined>;
}): Check {
  return {
    name: "Login",
    async look() {
      const asked = await askAuth();
      if (asked === undefined) return undefined;
      if (!asked.ok)
        return warn(
          "Claude Code did not say whether it is logged in.",
          "Run `claude auth status` in a terminal.",
        );
      const { loggedIn, authMethod, apiProvider, apiKeySource, subscriptionType } = asked.status;
      if (!loggedIn)
        return bad(
          "Claude Code is not logged in: no turn gets an answer.",
          "Run `claude` in a terminal and type `/login`.",
        );
      if (apiProvider !== "firstParty") return ok(`turns are billed by ${apiProvider}.`);
      if (apiKeySource !== undefined) {
        const says = `${apiKeySource} is set: each turn is paid per use`;
        const without = await askAuth(apiKeySource);
        return without?.ok && without.status.loggedIn
          ? warn(
              `${says}, and the login that is there as well is not used.`,
              `Remove ${apiKeySource} from the environment and from .env to use that one.`,
            )
          : ok(`${says}.`);
      }
      if (authMethod === "claude.ai")
        return ok(
          `turns draw on the subscription${subscriptionType === undefined ? "" : ` (${subscriptionType})`}.`,
        );
      return ok(`logged in by ${authMethod}.`);
    },
  };
}
