/**
 * Does Claude Code delete the conversations that sessions go on with?
 */
import { type Check, ok, warn } from "../finding.ts";
import type { UserSettingsRead } from "../user-settings.ts";

/** What Claude Code does where its settings say nothing. */
const DEFAULT_DAYS = 30;
const ENOUGH_DAYS = 365;

/** Turns carry a long period with them; a `claude` in a terminal follows the user's settings and tidies up for all. */
export function transcriptsCheck({
  settings,
}: {
  settings: () => Promise<UserSettingsRead | undefined>;
}): Check {
  return {
    name: "Transcripts",
    async look() {
      const read = await settings();
      if (read === undefined) return undefined;
      const days = (read.kind === "read" ? read.settings.cleanupPeriodDays : undefined) ?? DEFAULT_DAYS;
      if (days >= ENOUGH_DAYS) return ok(`Claude Code keeps them for ${days} days.`);
      return warn(
        `a \`claude\` in a terminal deletes every conversation that was idle for ${days} days; a session here would have forgotten.`,
        `Put \`"cleanupPeriodDays": 3650\` into ${read.path}.`,
      );
    },
  };
}
