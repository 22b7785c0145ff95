/**
 * Is this Node new enough?
 */
import { bad, type Check, ok } from "../finding.ts";

/** What package.json asks for. */
export const OLDEST_NODE = [20, 12] as const;

/** `version` as `process.versions.node` has it. */
export function nodeCheck({ version }: { version: string }): Check {
  return {
    name: "Node",
    async look() {
      const [major = 0, minor = 0] = version.split(".").map(Number);
      const [oldMajor, oldMinor] = OLDEST_NODE;
      if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return ok(`${version}.`);
      return bad(
        `${version} is too old: the bot does not start with it.`,
        `Install Node ${OLDEST_NODE.join(".")} or newer, then run \`npm ci\` again.`,
      );
    },
  };
}
