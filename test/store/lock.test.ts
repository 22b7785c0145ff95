import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { takeLock } from "../../bot/store/lock.ts";
import { runProgram, tempFolder } from "./room.ts";

/** A program that cannot be there: then a socket is the lock. */
const NONE = "parley-has-no-such-program";

describe.each([
  ["by flock", "flock"],
  ["by a socket, where there is no flock program", NONE],
])("the lock %s", (_, flockProgram) => {
  it("is held by one process; a second one is told so within a second, and who has it", async () => {
    const path = join(await tempFolder(), ".lock");
    const other = runProgram("contender.ts", [path, flockProgram]);
    await other.line();
    other.say("try");
    expect(await other.line()).toBe("locked");
    const before = performance.now();
    expect(await takeLock(path, { flockProgram })).toEqual({
      ok: false,
      kind: "held",
      holderPid: other.child.pid,
    });
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it("is free at once after a SIGKILL, and after a release, which may be repeated", async () => {
    const path = join(await tempFolder(), ".lock");
    const other = runProgram("contender.ts", [path, flockProgram]);
    await other.line();
    other.say("try");
    expect(await other.line()).toBe("locked");
    await other.kill();
    for (let round = 0; round < 3; round += 1) {
      const lock = await takeLock(path, { flockProgram });
      expect(lock.ok).toBe(true);
      expect(await readFile(path, "utf8")).toBe(`${process.pid}\n`);
      expect(await takeLock(path, { flockProgram })).toMatchObject({ ok: false });
      if (lock.ok) await lock.release();
      if (lock.ok) await lock.release();
    }
  });

  it(
    "never has two holders: six contenders, twelve rounds, the holder killed in each",
    { timeout: 120_000 },
    async () => {
      const path = join(await tempFolder(), ".lock");
      const start = async () => {
        const contender = runProgram("contender.ts", [path, flockProgram]);
        expect(await contender.line()).toBe("ready");
        return contender;
      };
      let contenders = await Promise.all(Array.from({ length: 6 }, start));
      for (let round = 0; round < 12; round += 1) {
        for (const contender of contenders) contender.say("try");
        const said = await Promise.all(contenders.map(async (contender) => contender.line()));
        expect(said.filter((word) => word === "locked")).toHaveLength(1);
        const holder = contenders[said.indexOf("locked")];
        await holder?.kill();
        contenders = [...contenders.filter((contender) => contender !== holder), await start()];
      }
    },
  );

  it("of another folder is another lock", async () => {
    const locks = await Promise.all(
      [await tempFolder(), await tempFolder()].map(async (folder) =>
        takeLock(join(folder, ".lock"), { flockProgram }),
      ),
    );
    expect(locks.map(({ ok }) => ok)).toEqual([true, true]);
    for (const lock of locks) if (lock.ok) await lock.release();
  });
});

it("a lock by a socket works in a folder whose path is too long for a socket", async () => {
  const { mkdir } = await import("node:fs/promises");
  const folder = join(await tempFolder(), "a-long-name-".repeat(10), "another-long-name-".repeat(8));
  await mkdir(folder, { recursive: true });
  const path = join(folder, ".lock");
  const lock = await takeLock(path, { flockProgram: NONE });
  expect(lock.ok).toBe(true);
  expect((await takeLock(path, { flockProgram: NONE })).ok).toBe(false);
  if (lock.ok) await lock.release();
});
