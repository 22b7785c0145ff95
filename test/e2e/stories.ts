/**
 * Short forms that many stories share.
 */
import type { Person } from "../fakes/bot-api/person.ts";
import { createWorld } from "../harness/create-world.ts";
import type { StartOptions, World } from "../harness/world.ts";

/** A world in which Anna is already in a session called Home. */
export async function annaAtHome(options: StartOptions = {}): Promise<{ world: World; anna: Person }> {
  const world = await createWorld();
  const anna = world.person();
  await world.start(options);
  anna.send("/new Home");
  await anna.sees(/You are in a new session: Home/);
  return { world, anna };
}

/** Sends `text` and waits until the bot's answer matches. */
export async function ask(person: Person, text: string, answer: RegExp) {
  person.send(text);
  return person.sees(answer);
}

/** Like `ask`, but waits until the turn is over, too: what grows in the chat may have all its words before that. */
export async function hear(person: Person, text: string, answer: RegExp) {
  person.send(text);
  return person.chat.waitFor(
    (message) =>
      message.isFromBot &&
      answer.test(message.text) &&
      !message.buttons.some(({ text: label }) => label === "⏹ Stop"),
    { since: person.mark, what: `the bot to end with ${answer}` },
  );
}
