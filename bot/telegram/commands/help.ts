/**
 * /help and /start: what can be done here, from the table of commands itself.
 */
import type { Command } from "../command.ts";
import { help } from "../presenter/notices.ts";

/** Both commands; `commands` gives the whole table, these two included. */
export function helpCommands(commands: () => readonly Command[]): Command[] {
  const run = async () => help(commands());
  return [
    { name: "help", description: "what can be done here", isHarmless: true, run },
    { name: "start", description: "begin", isHarmless: true, run },
  ];
}
