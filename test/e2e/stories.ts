/**
 * Short forms that many stories share.
 */
import type { Person } from "../fakes/bot-api/person.ts";
import { readJournal, unsettled } from "../harness/journal-file.ts";
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

/** Like `ask`, but waits until all is done: what grows in the chat has all its words before its turn is over. */
export async function hear(world: World, person: Person, text: string, answer: RegExp) {
  const heard = await ask(person, text, answer);
  await allDone(world);
  return heard;
}

/** Waits until no turn is under way any more. */
export async function allDone(world: World): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (unsettled(await readJournal(world.folders.sessions)).length > 0) {
    if (performance.now() > deadline) throw new Error("a turn does not end");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
