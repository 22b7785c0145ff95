import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { identify, isAlive, parseStat, type Identity } from "../../bot/claude/identity.ts";
import { findMarked, listMarked, lookAround, readMarker } from "../../bot/claude/process-list.ts";
import { createProcessTree } from "../../bot/claude/process-tree.ts";

const LIMITS = { termMs: 2_000, leftoverMs: 500 };
const QUIET = () => 1_000;

/** A shell in a session of its own that prints a line when its children are there. */
async function startShell(
  script: string,
  marker: string,
): Promise<{ child: ChildProcess; identity: Identity }> {
  const child = spawn("sh", ["-c", `${script}\necho ready; exec sleep 300`], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: process.env["PATH"], PARLEY_TURN: marker },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout) await once(child.stdout, "data");
  const identity = await identify(child.pid ?? 0);
  if (!identity) throw new Error("it did not start");
  return { child, identity };
}

describe("a tree", () => {
  test.each([
    ["a child", "sleep 300 &"],
    ["a child in a session of its own", "setsid sleep 300 &"],
    ["a grandchild without its parent", "(sleep 300 &)"],
    ["a child without our marker", "env -i sleep 300 &"],
    ["a child without our marker in a session of its own", "env -i setsid sleep 300 &"],
  ])("is ended with %s", async (_, script) => {
    const marker = randomUUID();
    const { identity } = await startShell(script, marker);
    const tree = createProcessTree(identity, marker, LIMITS);
    await tree.note();
    expect(await tree.end(QUIET)).toBe(1);
    expect(await isAlive(identity)).toBe(false);
    expect(await findMarked(marker)).toEqual([]);
  });

  test("whose root is gone already is ended by what was noted before", async () => {
    const marker = randomUUID();
    const { child, identity } = await startShell(
      "env -i setsid sh -c 'sleep 300 & wait' & sleep 0.05",
      marker,
    );
    const tree = createProcessTree(identity, marker, LIMITS);
    await tree.note();
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await tree.end(QUIET)).toBe(2);
    expect(await tree.end(QUIET)).toBe(0);
  });

  test("whose root went by itself counts only what stays: what ends with it was not left behind", async () => {
    const marker = randomUUID();
    const { child, identity } = await startShell("tail --pid=$$ -s 0.02 -f /dev/null &", marker);
    const tree = createProcessTree(identity, marker, LIMITS);
    await tree.note();
    expect(await findMarked(marker)).toHaveLength(2);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await tree.end(QUIET)).toBe(0);
  });

  test("that ignores SIGTERM is ended all the same", async () => {
    const marker = randomUUID();
    const { identity } = await startShell(
      "trap '' TERM; sh -c \"trap '' TERM; while :; do sleep 0.1; done\" &",
      marker,
    );
    const tree = createProcessTree(identity, marker, { termMs: 50, leftoverMs: 50 });
    await tree.end(QUIET);
    expect(await isAlive(identity)).toBe(false);
    expect(await findMarked(marker)).toEqual([]);
  });

  test("of another turn is left alone", async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    const { identity } = await startShell("sleep 300 &", mine);
    const another = await startShell("sleep 300 &", other);
    await createProcessTree(identity, mine, LIMITS).end(QUIET);
    expect(await isAlive(another.identity)).toBe(true);
    await createProcessTree(another.identity, other, LIMITS).end(QUIET);
  });

  test("that never was has nothing to end", async () => {
    expect(await createProcessTree(undefined, randomUUID(), LIMITS).end(QUIET)).toBe(0);
  });
});

describe("a marker", () => {
  test("finds every process of a turn after a restart", async () => {
    const marker = randomUUID();
    const { identity } = await startShell("sleep 300 & setsid sleep 300 &", marker);
    await vi.waitFor(async () => expect(await findMarked(marker)).toHaveLength(3));
    expect((await findMarked(marker))[0]).toEqual(identity);
    const all = await listMarked();
    expect(all.filter((found) => found.marker === marker).map(({ identity }) => identity)).toContainEqual(
      identity,
    );
    await createProcessTree(identity, marker, LIMITS).end(QUIET);
  });

  test("must be the whole value", async () => {
    const marker = randomUUID();
    const { identity } = await startShell("sleep 300 &", `${marker}-longer`);
    expect(await findMarked(marker)).toEqual([]);
    expect(await readMarker(identity.pid)).toBe(`${marker}-longer`);
    await createProcessTree(identity, `${marker}-longer`, LIMITS).end(QUIET);
  });

  test("is none for a process that has none, and for one that is not there", async () => {
    expect(await readMarker(2 ** 22 + 1)).toBeUndefined();
  });
});

test.each([
  ["a plain name", "12 (sleep) S 1 12 12 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4567 8", 4567],
  [
    "a name with spaces and brackets",
    "12 (a ) b (c)) S 1 12 12 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4567 8",
    4567,
  ],
])("the state of a process with %s is understood", (_, line, startTicks) => {
  expect(parseStat(line)).toEqual({ pid: 12, state: "S", parent: 1, group: 12, session: 12, startTicks });
});

test("half a state is none", () => {
  expect(parseStat("12 (sle")).toBeUndefined();
});

describe("a look at the machine", () => {
  test("shows what was there when it was asked for, also while an earlier look is under way", async () => {
    const earlier = lookAround();
    const child = spawn("sleep", ["300"], { stdio: "ignore", env: { PARLEY_TURN: "looked/1" } });
    onTestFinished(() => void child.kill("SIGKILL"));
    const look = await lookAround();
    expect(look.processes.map(({ pid }) => pid)).toContain(child.pid);
    await earlier;
  });

  test("is shared by all who asked before it began", async () => {
    const earlier = lookAround();
    const looks = [lookAround(), lookAround()];
    expect(await looks[0]).toBe(await looks[1]);
    expect(await looks[0]).not.toBe(await earlier);
    expect((await earlier).processes.length).toBeGreaterThan(0);
  });
});
