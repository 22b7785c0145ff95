/**
 * Asks in a terminal, with clack. It knows how a question looks, not what it is
 * about.
 */
import { confirm, isCancel, log, password, select, text } from "@clack/prompts";
import { Abandoned, type Asker } from "./asker.ts";

/** What a shell says of a program that was ended by Ctrl-C. */
const INTERRUPTED = 130;

/** Ctrl-C at any question ends the set-up. */
export const terminalAsker: Asker = {
  canAsk: true,
  tell: (words) => log.message(words),
  warn: (words) => log.warn(words),
  secret: async ({ message, check }) =>
    answered(await password({ message, validate: (answer) => check(answer ?? ""), clearOnError: true })),
  text: async ({ message, check, initial, placeholder }) =>
    answered(
      await text({
        message,
        validate: (answer) => check(answer ?? ""),
        ...(initial !== undefined && { initialValue: initial }),
        ...(placeholder !== undefined && { placeholder }),
      }),
    ) ?? "",
  confirm: async ({ message, initial = true }) => answered(await confirm({ message, initialValue: initial })),
  choose: async ({ message, options, initial }) => {
    const plain = options.map(({ value, label, hint }) => ({
      value: value as string,
      label,
      ...(hint !== undefined && { hint }),
    }));
    const chosen = answered(await select<string>({ message, options: plain, initialValue: initial }));
    return (options.find(({ value }) => value === chosen) ?? options[0])?.value ?? initial;
  },
  // Not clack's spinner: a Ctrl-C while it turns ends the process as if all were well.
  busy: (message, work) => {
    log.step(message);
    return work();
  },
};

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new Abandoned("Nothing was changed.", INTERRUPTED);
  return answer as Exclude<T, symbol>;
}
