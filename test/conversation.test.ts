/**
 * The whole bot as its user meets it: the real process, the real CLI, a strict
 * Bot API and a scripted model around them.
 */
import { describe, expect, it } from "vitest";
import { checkInvariants } from "./harness/invariants.ts";
import { createWorld } from "./harness/create-world.ts";

describe("a conversation", () => {
  it("keeps a first message until a session is made, then answers it, and remembers it in the next turn", async () => {
    const world = await createWorld();
    const anna = world.person();
    await world.start();

    anna.send("SAY hello from the model");
    const offer = await anna.sees(/no session here yet/i);
    anna.press(offer, "＋ New session");
    await anna.sees(/hello from the model/);

    anna.send("RECALL");
    await anna.sees(/SAY hello from the model/);
    await checkInvariants(world);
  });
});
