/**
 * Is Claude Code's own Telegram plugin switched on for this user?
 */
import { type Check, ok, warn } from "../finding.ts";
import type { UserSettingsRead } from "../user-settings.ts";

const PLUGIN = "telegram@claude-plugins-official";

/** Each turn would start the plugin's poller, which takes messages away from whatever bot it was set up with. */
export function pluginCheck({ settings }: { settings: () => Promise<UserSettingsRead | undefined> }): Check {
  return {
    name: "Telegram plugin",
    async look() {
      const read = await settings();
      if (read === undefined) return undefined;
      if (read.kind === "broken")
        return warn(
          `${read.path} is not JSON, so it cannot be seen which plugins are on.`,
          `Mend ${read.path}.`,
        );
      const isOn = read.kind === "read" && read.settings.enabledPlugins[PLUGIN] === true;
      if (!isOn) return ok("Claude Code's own is not switched on.");
      return warn(
        "Claude Code's own is switched on for every session: each turn starts its poller, and it takes messages away from the bot it was set up with.",
        `\`claude plugin disable ${PLUGIN}\``,
      );
    },
  };
}
