import { describe, expect, it } from "vitest";
import { createLanes, mapBounded } from "../../bot/store/lanes.ts";

describe("lanes", () => {
  it("keep the order within a key, and let other keys pass", async () => {
    const lanes = createLanes();
    const order: string[] = [];
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const first = lanes("a", async () => {
      await gate;
      order.push("a1");
    });
    const second = lanes("a", async () => order.push("a2"));
    await lanes("b", async () => order.push("b1"));
    open();
    await Promise.all([first, second]);
    expect(order).toEqual(["b1", "a1", "a2"]);
  });

  it("go on after a failure, which only its own caller sees", async () => {
    const lanes = createLanes();
    const failing = lanes("a", async () => Promise.reject(new Error("mine")));
    const next = lanes("a", async () => "fine");
    await expect(failing).rejects.toThrow("mine");
    expect(await next).toBe("fine");
  });
});

describe("bounded work", () => {
  it("never runs more than its limit, and gives results in the order of the items", async () => {
    let running = 0;
    let most = 0;
    const results = await mapBounded([...Array(40).keys()], 5, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item * 2;
    });
    expect(most).toBe(5);
    expect(results).toEqual([...Array(40).keys()].map((item) => item * 2));
  });
});
