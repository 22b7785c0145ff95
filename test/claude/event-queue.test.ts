import { expect, test } from "vitest";
import { createEventQueue } from "../../bot/claude/event-queue.ts";

test("values come in order, whether they were there before the reader or not", async () => {
  const queue = createEventQueue<number>();
  queue.push(1);
  queue.push(2);
  const seen: number[] = [];
  for await (const value of queue.values) {
    seen.push(value);
    if (value === 2) queue.push(3);
    if (value === 3) setImmediate(() => (queue.push(4), queue.end()));
  }
  expect(seen).toEqual([1, 2, 3, 4]);
});

test("a fault comes after what was said before it", async () => {
  const queue = createEventQueue<number>();
  queue.push(1);
  queue.fail(new Error("a bug"));
  const seen: number[] = [];
  const reading = (async () => {
    for await (const value of queue.values) seen.push(value);
  })();
  await expect(reading).rejects.toThrow("a bug");
  expect(seen).toEqual([1]);
});
