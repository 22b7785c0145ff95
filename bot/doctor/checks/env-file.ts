/**
 * May others on this machine read the token?
 */
import { stat } from "node:fs/promises";
import { codeOf } from "../../error-code.ts";
import { bad, type Check, ok, warn } from "../finding.ts";

/** Looks at the file's rights, never into it. */
export function envFileCheck({ envFile }: { envFile: string }): Check {
  return {
    name: ".env",
    async look() {
      const stats = await stat(envFile).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
      });
      // No fault of its own: settings may come from the environment, and what is missing has its own line.
      if (stats === undefined) return ok(`there is none at ${envFile}; settings come from the environment.`);
      if (!stats.isFile()) return bad(`${envFile} is not a file.`, "Move it away and run `npm run setup`.");
      const mode = stats.mode & 0o777;
      if ((mode & 0o077) === 0) return ok("only you can read it.");
      return warn(
        `others on this machine can read it (mode ${mode.toString(8).padStart(4, "0")}), and the token is in it.`,
        `\`chmod 600 ${envFile}\``,
      );
    },
  };
}
