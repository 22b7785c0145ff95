/** What must hold however many write at once; how fast it is, `npm run load` tells. */
import { expect, test } from "vitest";
import { runLoad } from "./load.ts";

test("many chats at once, some of them hasty: every answer comes, whole, once, and in order", async () => {
  const { rounds, faults } = await runLoad({ chats: 30, rounds: 5, words: 8, wordMs: 20, roundMs: 60_000 });
  expect(faults).toEqual([]);
  expect(rounds.reduce((sum, { messages }) => sum + messages, 0)).toBe(150);
}, 240_000);
