/**
 * Are the settings such that the bot would start with them?
 */
import { bad, type Check, ok } from "../finding.ts";

/** `faults` are the sentences of every setting that is wrong; `envFile` is where most of them stand. */
export function settingsCheck({ faults, envFile }: { faults: readonly string[]; envFile: string }): Check {
  return {
    name: "Settings",
    async look() {
      if (faults.length === 0) return ok("every setting can be used.");
      return bad(
        `the bot does not start: ${faults.join(" ")}`,
        `\`npm run setup\` asks for what it needs; or edit ${envFile}: .env.example explains each setting.`,
      );
    },
  };
}
