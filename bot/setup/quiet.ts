/**
 * Answers every question with what is already known, and ends the set-up at the
 * first that nobody but the person could answer. For scripts, and for `--yes`.
 */
import { Abandoned, type Asker } from "./asker.ts";

/** What a shell expects of a command that was called wrongly. */
const USAGE = 64;

/** `write` gets whole lines. */
export function quietAsker(write: (line: string) => void): Asker {
  const missing = (message: string, flag: string): never => {
    const asked = message.replace(/:$/, ".");
    throw new Abandoned(`Nobody is there to ask: ${asked} Give ${flag}. Nothing was changed.`, USAGE);
  };
  const known: Asker["text"] = async ({ message, flag, initial, check }) => {
    if (initial === undefined) return missing(message, flag);
    const fault = check(initial);
    if (fault !== undefined) throw new Abandoned(`${fault} Give ${flag}. Nothing was changed.`, USAGE);
    return initial;
  };
  return {
    canAsk: false,
    tell: write,
    warn: (words) => write(`! ${words}`),
    secret: known,
    text: known,
    confirm: async ({ message, flag, initial }) => initial ?? missing(message, flag),
    choose: async ({ initial }) => initial,
    busy: async (message, work) => {
      write(message);
      return work();
    },
  };
}
