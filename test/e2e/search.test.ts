/**
 * /search: what was said is found again, and a tap leads there.
 */
import { expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

it("finds what was said in live and archived sessions, and a tap brings it back", async () => {
  const { world, anna } = await annaAtHome();
  await ask(anna, "SAY the code word is Märmalade", /^the code word is Märmalade$/);
  await expectSound(world);
  const found = await ask(
    anna,
    "/search MARMALADE code",
    /is in 1 session:\n\n○ Home .*\n.*the code word is Märmalade/s,
  );
  expect(found.buttons.map(({ text }) => text)).toEqual(["Switch to Home"]);

  await ask(anna, "/archive", /is archived/);
  const archived = await ask(anna, "/search marmalade", /📦 Home [0-9a-f]{8} · archived/);
  anna.press(archived, "Restore Home");
  await anna.sees(/Home [0-9a-f]{8} is back/);
  await ask(anna, "/search unheard-of", /Nothing here has unheard-of/);
  await expectSound(world);
});
