/**
 * A world for one vitest test: it ends with the test, and shows its chats and
 * its log when the test failed.
 */
import { onTestFailed, onTestFinished } from "vitest";
import type { BotApiOptions } from "../fakes/bot-api/bot-api.ts";
import { openWorld, type World } from "./world.ts";

/** Opens a world that ends with the test it is opened in. */
export async function createWorld(options: BotApiOptions = {}): Promise<World> {
  const world = await openWorld(options);
  onTestFinished(() => world.close());
  onTestFailed(() => {
    console.error(describeWorld(world));
  });
  return world;
}

/** Chats, calls and log in words. */
export function describeWorld(world: World): string {
  const chats = [...world.api.model.chats.values()].map((chat) => chat.describe());
  const logs = world.bots.slice(-2).map((bot) => bot.logTail());
  return [...chats, world.api.model.describeCalls(), ...logs].join("\n\n");
}
