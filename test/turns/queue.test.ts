import { describe, expect, it } from "vitest";
import { createQueue } from "../../bot/turns/queue.ts";

/** Lanes whose jobs end when the test says so. */
function bench(limit = 10) {
  const started: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();
  const bugs: unknown[] = [];
  const queue = createQueue({ limit, onBug: (error) => bugs.push(error) });
  const add = (lane: string, name: string, options: { isFree?: boolean } = {}): void =>
    queue.enqueue(lane, {
      ...options,
      run: () => {
        started.push(name);
        return new Promise((resolve, reject) => ends.set(name, { resolve, reject }));
      },
    });
  /** Lets everything that can happen without a job's end happen. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    queue,
    started,
    bugs,
    add,
    end: async (name: string, error?: unknown): Promise<void> => {
      const job = ends.get(name);
      if (job === undefined) throw new Error(`${name} was never started`);
      if (error === undefined) job.resolve();
      else job.reject(error);
      await settled();
    },
  };
}

describe("lanes", () => {
  it("run the jobs of one lane one after the other, in order", async () => {
    const { add, end, started, queue } = bench();
    for (const name of ["a1", "a2", "a3"]) add("a", name);
    expect(started).toEqual(["a1"]);
    expect(queue.size("a")).toBe(3);
    await end("a1");
    expect(started).toEqual(["a1", "a2"]);
    await end("a2");
    await end("a3");
    expect(started).toEqual(["a1", "a2", "a3"]);
    expect(queue.size("a")).toBe(0);
  });

  it("run side by side, up to the limit", async () => {
    const { add, end, started } = bench(2);
    for (const lane of ["a", "b", "c"]) add(lane, `${lane}1`);
    expect(started).toEqual(["a1", "b1"]);
    await end("b1");
    expect(started).toEqual(["a1", "b1", "c1"]);
  });

  it("take turns where there is too little room: a busy lane passes nobody over", async () => {
    const { add, end, started } = bench(1);
    for (const name of ["a1", "a2", "a3"]) add("a", name);
    add("b", "b1");
    add("c", "c1");
    for (const name of ["a1", "b1", "c1", "a2", "a3"]) await end(name);
    expect(started).toEqual(["a1", "b1", "c1", "a2", "a3"]);
  });

  it("run free work outside the limit, but in its lane's order", async () => {
    const { add, end, started } = bench(1);
    add("a", "a1");
    add("b", "free", { isFree: true });
    add("b", "b1");
    add("a", "waits", { isFree: true });
    expect(started).toEqual(["a1", "free"]);
    await end("free");
    expect(started).toEqual(["a1", "free"]);
    await end("a1");
    expect(started).toEqual(["a1", "free", "b1", "waits"]);
  });

  it("give the place of free work back to nobody: it had none", async () => {
    const { add, end, started } = bench(1);
    add("a", "free", { isFree: true });
    add("b", "b1");
    await end("free");
    add("c", "c1");
    expect(started).toEqual(["free", "b1"]);
  });

  it("go on after a job that rejects, and tell of it", async () => {
    const { add, end, started, bugs } = bench();
    add("a", "a1");
    add("a", "a2");
    const bug = new Error("a bug");
    await end("a1", bug);
    expect(bugs).toEqual([bug]);
    expect(started).toEqual(["a1", "a2"]);
  });

  it("start nothing any more once they are closed; what runs goes on", async () => {
    const { add, end, started, queue } = bench();
    add("a", "a1");
    add("a", "a2");
    queue.close();
    add("b", "b1");
    await end("a1");
    expect(started).toEqual(["a1"]);
    expect(queue.size("a")).toBe(1);
  });

  it("take jobs from a job that runs", async () => {
    const { queue, add, end, started } = bench();
    queue.enqueue("a", {
      async run() {
        started.push("outer");
        add("b", "inner");
        add("a", "next");
      },
    });
    expect(started).toEqual(["outer", "inner"]);
    await end("inner");
    expect(started).toEqual(["outer", "inner", "next"]);
  });

  it("give a released place to another lane, while the first keeps its own lane", async () => {
    const queue = createQueue({ limit: 1, onBug: () => {} });
    const started: string[] = [];
    let end = (): void => {};
    let release = (): void => {};
    queue.enqueue("a", {
      run: (releasePlace) => {
        started.push("a1");
        release = releasePlace;
        return new Promise((resolve) => (end = resolve));
      },
    });
    const next = (lane: string, name: string) =>
      queue.enqueue(lane, { run: async () => void started.push(name) });
    next("a", "a2");
    next("b", "b1");
    expect(started).toEqual(["a1"]);
    release();
    release();
    expect(started).toEqual(["a1", "b1"]);
    end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual(["a1", "b1", "a2"]);
  });
});

describe("lanes that may start nothing new", () => {
  it("start what is free or was begun before, and the rest when they are woken and may", async () => {
    let may = false;
    const started: string[] = [];
    const queue = createQueue({ limit: 10, mayStart: () => may, onBug: () => {} });
    const add = (name: string, options: { isFree?: boolean; hasBegun?: boolean } = {}) =>
      queue.enqueue(name, { ...options, run: async () => void started.push(name) });
    add("new");
    add("free", { isFree: true });
    add("begun", { hasBegun: true });
    expect(started).toEqual(["free", "begun"]);
    queue.wake();
    may = true;
    expect(started).toHaveLength(2);
    queue.wake();
    expect(started).toEqual(["free", "begun", "new"]);
  });
});
