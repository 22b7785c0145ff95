import { expect, it } from "vitest";
import { startTiming } from "../../bot/turns/timing.ts";

it("a turn's moments are counted from taken; the first time of each counts, those that never came are not there", () => {
  let at = 1_000.4;
  const timing = startTiming(() => at);
  at = 1_010;
  timing.mark("spawned");
  at = 1_020.9;
  timing.mark("first_text");
  at = 5_000;
  timing.mark("first_text");
  timing.mark("taken");
  expect(timing.sinceTaken()).toEqual({ taken: 0, spawned: 10, first_text: 21 });
});
