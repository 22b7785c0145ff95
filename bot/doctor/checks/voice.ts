/**
 * Can the command run that hears voice messages?
 */
import { bad, type Check, ok } from "../finding.ts";

/** `command` is the program and its arguments, none if there is none; `find` gives where a program is, if it can be run. */
export function voiceCheck(deps: {
  command: readonly string[];
  find: (program: string) => Promise<string | undefined>;
}): Check {
  return {
    name: "Voice",
    async look() {
      const [program] = deps.command;
      if (program === undefined)
        return ok("no TRANSCRIBE_CMD is set: voice messages are not heard, and the bot says so.");
      const path = await deps.find(program);
      if (path !== undefined) return ok(`${path} hears voice messages.`);
      return bad(
        `TRANSCRIBE_CMD names \`${program}\`, which is not there or cannot be run.`,
        "Give its whole path, and `chmod +x` it.",
      );
    },
  };
}
