import { expect, it } from "vitest";
import { createCheckpoint } from "../bot/checkpoint.ts";

function steps(killAt: string, names: readonly string[]): number[] {
  const killed: number[] = [];
  let at = 0;
  const checkpoint = createCheckpoint(killAt, () => killed.push(at));
  for (at = 0; at < names.length; at += 1) checkpoint(names[at] ?? "");
  return killed;
}

it.each([
  ["", ["taken", ""], []],
  ["taken", ["fetched", "taken", "taken"], [1]],
  ["taken:2", ["taken", "fetched", "taken", "taken"], [2]],
  ["archive:packed", ["archive", "packed", "archive:packed"], [2]],
  ["archive:packed:2", ["archive:packed", "archive:packed:2", "archive:packed"], [2]],
  ["never", ["taken"], []],
])("%j kills once, at its step", (killAt, names, killed) => {
  expect(steps(killAt, names)).toEqual(killed);
});
