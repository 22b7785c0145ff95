import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Latencies, openLatencies, type TurnTook } from "../../bot/turns/latencies.ts";

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "parley-latencies-")), "latencies.json");
});
afterEach(() => rm(join(path, ".."), { recursive: true, force: true }));

const untilAborted = (_: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true }),
  );
const open = (): Promise<Latencies> => openLatencies({ path, wait: untilAborted });
const took = (shownMs: number, doneMs: number, more: Partial<TurnTook> = {}): TurnTook => ({
  start: "warm",
  outcome: "answered",
  moments: { taken: 0, begun: 1, first_shown: shownMs, delivered: doneMs },
  ...more,
});

describe("how fast turns were", () => {
  it("is the median of the last fifty of a kind, and the other kind takes none of their places", async () => {
    const latencies = await open();
    expect(latencies.medians("warm")).toBeUndefined();
    for (let turn = 0; turn < 40; turn += 1) latencies.add(took(9_000, 9_000));
    for (let turn = 1; turn <= 50; turn += 1) latencies.add(took(turn, 100 + turn));
    latencies.add(took(700, 800, { start: "cold" }));
    expect(latencies.medians("warm")).toEqual({ turns: 50, firstShownMs: 25, doneMs: 125 });
    expect(latencies.medians("cold")).toEqual({ turns: 1, firstShownMs: 700, doneMs: 800 });
  });

  it("counts no turn that was not answered, nor one of which nothing was shown", async () => {
    const latencies = await open();
    latencies.add(took(1, 2, { outcome: "stopped" }));
    latencies.add({ start: "warm", outcome: "answered", moments: { taken: 0, delivered: 5 } });
    expect(latencies.medians("warm")).toBeUndefined();
  });

  it("is known after a restart, and turns that end close together are written once", async () => {
    const latencies = await open();
    for (let turn = 0; turn < 60; turn += 1) latencies.add(took(turn, turn));
    await latencies.settled();
    const { turns } = JSON.parse(await readFile(path, "utf8")) as { turns: unknown[] };
    expect(turns).toHaveLength(50);
    expect((await open()).medians("warm")).toEqual(latencies.medians("warm"));
    latencies.add(took(1_000, 1_000));
    await latencies.settled();
    expect((await open()).medians("warm")?.turns).toBe(50);
  });

  it.each(["{", '{"version":9,"turns":[]}', "[]"])("begins anew where the file is %s", async (text) => {
    await writeFile(path, text);
    const latencies = await open();
    expect(latencies.medians("warm")).toBeUndefined();
    latencies.add(took(3, 4));
    await latencies.settled();
    expect((await open()).medians("warm")).toEqual({ turns: 1, firstShownMs: 3, doneMs: 4 });
  });
});
