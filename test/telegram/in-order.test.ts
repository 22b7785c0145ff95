import { describe, expect, it } from "vitest";
import { createInOrder } from "../../bot/telegram/in-order.ts";

/** A clock that stands until it is told to go. */
function bench() {
  const timers: (() => void)[] = [];
  const wait = (_: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      timers.push(resolve);
      signal.addEventListener("abort", () => resolve());
    });
  const inOrder = createInOrder({ wait, mostMs: 2_000 });
  const through: string[] = [];
  const enter = (name: string, chatId = 1): (() => void) => {
    const { open, pass } = inOrder(chatId);
    if (open === undefined) through.push(name);
    else void open.then(() => through.push(name));
    return pass;
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { enter, through, settle, timeUp: () => timers.splice(0).forEach((end) => end()) };
}

describe("what one chat says", () => {
  it("is dealt with one after the other", async () => {
    const { enter, through, settle } = bench();
    const [first, second] = [enter("first"), enter("second")];
    enter("third");
    await settle();
    expect(through).toEqual(["first"]);
    first();
    await settle();
    expect(through).toEqual(["first", "second"]);
    second();
    await settle();
    expect(through).toEqual(["first", "second", "third"]);
  });

  it("waits for no other chat, nor for what has passed", async () => {
    const { enter, through } = bench();
    enter("here", 1);
    enter("there", 2)();
    await Promise.resolve();
    expect(through).toEqual(["here", "there"]);
  });

  it("does not wait for ever for what takes long, and is not overtaken then", async () => {
    const { enter, through, settle, timeUp } = bench();
    enter("slow");
    enter("second");
    const last = enter("third");
    last();
    timeUp();
    await settle();
    expect(through.slice(0, 2)).toEqual(["slow", "second"]);
  });

  it("leaves nothing behind: who comes when all have passed goes through at once", async () => {
    const { enter, through, settle } = bench();
    enter("first")();
    await settle();
    enter("second");
    expect(through).toEqual(["first", "second"]);
  });
});
