import { readFileSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AppendFile, openAppendFile } from "../../bot/store/append-file.ts";
import type { Fact } from "../../bot/turns/facts.ts";
import { openJournal } from "../../bot/turns/journal.ts";
import { openKnownJournal } from "./open-journal.ts";
import { tempFolder } from "../store/room.ts";

const PLACE = { chatId: 7 };
const ORDER = { place: PLACE, createdBy: 7, messageId: 3, text: "grüße\n\u2028" };
const START = Date.parse("2026-01-01T00:00:00.000Z");
const HOUR = 3_600_000;

type Options = Parameters<typeof openKnownJournal>[0];

async function house() {
  const folder = await tempFolder();
  const [path, badPath] = [join(folder, "journal.jsonl"), join(folder, "journal.bad")];
  const files: AppendFile[] = [];
  const close = async (): Promise<void> => {
    for (const file of files.splice(0)) await file.close();
  };
  onTestFinished(close);
  const open = (options: Partial<Options> = {}) =>
    openKnownJournal({
      path,
      badPath,
      now: () => new Date(START),
      pause: () => Promise.reject(new Error("nothing to wait for")),
      ...options,
      open: async (name) => {
        const file = await (options.open ?? openAppendFile)(name);
        files.push(file);
        return file;
      },
    });
  return { close, path, badPath, open, text: () => readFile(path, "utf8") };
}

const line = (id: number, fact: Fact, at = START): string =>
  `${JSON.stringify({ v: 1, id, at: new Date(at).toISOString(), ...fact })}\n`;
const received = (id: number): Fact => ({ state: "received", update: { update_id: id } });
const DONE: Fact = { state: "done", why: "answered" };

/** A file that refuses the first `times` appends for lack of room. */
function fullDisk(times: number, code = "ENOSPC") {
  const seen = { appends: 0 };
  const open = async (path: string): Promise<AppendFile> => {
    const file = await openAppendFile(path);
    return {
      ...file,
      append: async (lines) => {
        seen.appends += 1;
        if (seen.appends <= times) throw Object.assign(new Error("no room"), { code });
        await file.append(lines);
      },
    };
  };
  return { open, seen };
}

describe("taking updates", () => {
  it("gives the new ones once, also after it is opened again, and knows them by set: a lower id is new", async () => {
    const { open } = await house();
    const journal = await open();
    const [high, low] = [{ update_id: 900_000_000 }, { update_id: 17 }];
    expect(await journal.take([high, high])).toEqual([high]);
    expect(await journal.take([high, low])).toEqual([low]);
    expect(await journal.take([low, high])).toEqual([]);
    const again = await open();
    expect(await again.take([low, high, { update_id: 18 }])).toEqual([{ update_id: 18 }]);
    expect(again.unfinished().map(({ id }) => id)).toEqual([high.update_id, 17, 18]);
  });

  it("writes a whole batch with one append, and none for a batch that is known", async () => {
    const { open } = await house();
    const disk = fullDisk(0);
    const journal = await open({ open: disk.open });
    await journal.take(Array.from({ length: 100 }, (_, id) => ({ update_id: id, text: "x" })));
    expect(disk.seen.appends).toBe(1);
    await journal.take([{ update_id: 5 }]);
    expect(disk.seen.appends).toBe(1);
  });

  it("has what it gives back on the disk, with what Telegram sent", async () => {
    const { open, text, path } = await house();
    const journal = await open();
    const update = { update_id: 1, message: { text: "hello" } };
    await journal.take([update]);
    expect(JSON.parse(await text())).toEqual({
      v: 1,
      id: 1,
      at: new Date(START).toISOString(),
      state: "received",
      update,
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each(["ENOSPC", "EIO"])("refuses on %s and takes the same updates later", async (code) => {
    const { open } = await house();
    const disk = fullDisk(1, code);
    const journal = await open({ open: disk.open });
    await expect(journal.take([{ update_id: 1 }])).rejects.toMatchObject({ code });
    expect(journal.get(1)).toBeUndefined();
    expect(await journal.take([{ update_id: 1 }])).toEqual([{ update_id: 1 }]);
  });
});

describe("noting facts", () => {
  it("changes what is known at once, and the disk when it resolves", async () => {
    const { open, text } = await house();
    const journal = await open();
    await journal.take([{ update_id: 1 }]);
    const noted = journal.note(1, { state: "queued", sessionId: "s", order: ORDER });
    expect(journal.get(1)).toMatchObject({ state: "queued", sessionId: "s", order: ORDER });
    await noted;
    expect((await open()).get(1)).toEqual(journal.get(1));
    expect((await text()).split("\n")).toHaveLength(3);
  });

  it("waits while the disk is full, and then has every fact in the order it was noted", async () => {
    const { open } = await house();
    const disk = fullDisk(3);
    let pauses = 0;
    const journal = await open({ open: disk.open, pause: async () => void (pauses += 1) });
    await Promise.all([
      journal.note(1, { state: "starting" }),
      journal.note(2, { state: "held", order: ORDER }),
      journal.note(1, { state: "running", process: { pid: 1, startTime: "1", bootId: "" } }),
      journal.note(1, { state: "answered", outcome: "answered", place: PLACE, parts: [] }),
    ]);
    expect(pauses).toBe(3);
    const again = await open();
    expect(again.unfinished()).toEqual(journal.unfinished());
    expect(again.get(1)?.state).toBe("answered");
  });

  it("is not overtaken, where it waits for room, by a fact that is noted when there is some", async () => {
    const { open, text } = await house();
    const disk = fullDisk(1);
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    let isPaused = (): void => {};
    const paused = new Promise<void>((resolve) => (isPaused = resolve));
    const journal = await open({
      open: disk.open,
      pause: () => {
        isPaused();
        return gate;
      },
    });
    const first = journal.note(1, { state: "starting" });
    await paused;
    const second = journal.note(1, { state: "interrupted" });
    letGo();
    await Promise.all([first, second]);
    const states = (await text())
      .trim()
      .split("\n")
      .map((each) => (JSON.parse(each) as Fact).state);
    expect(states).toEqual(["starting", "interrupted"]);
  });

  it("rejects what a broken disk did not take, and tries what comes later", async () => {
    const { open } = await house();
    const journal = await open({ open: fullDisk(1, "EIO").open });
    await expect(journal.note(1, { state: "starting" })).rejects.toMatchObject({ code: "EIO" });
    await expect(journal.note(1, { state: "starting" })).resolves.toBeUndefined();
  });

  it("notes facts of an update that it never took", async () => {
    const { open } = await house();
    await (await open()).note(5, { state: "held", order: ORDER });
    expect((await open()).get(5)).toMatchObject({ state: "held", order: ORDER });
  });
});

describe("opening", () => {
  it("cuts the last record at whatever byte it was torn and knows all that stands before it", async () => {
    const { open, path, close } = await house();
    const whole = line(1, received(1)) + line(1, { state: "queued", sessionId: "s", order: ORDER });
    const last = Buffer.from(line(2, { state: "held", order: ORDER }));
    for (let cut = 0; cut < last.length; cut += 1) {
      await writeFile(path, Buffer.concat([Buffer.from(whole), last.subarray(0, cut)]));
      const journal = await open();
      expect(journal.unreadable).toBe(0);
      expect(journal.unfinished().map(({ id, state }) => [id, state])).toEqual([[1, "queued"]]);
      expect(await journal.take([{ update_id: 2 }])).toHaveLength(1);
      await close();
    }
  });

  it.each([
    ["no JSON", '{"v":1,"id":2,'],
    ["an unknown state", '{"v":1,"id":2,"at":"x","state":"dreaming"}'],
    ["an id that is no number", '{"v":1,"id":"2","at":"x","state":"starting"}'],
    ["a list", "[]"],
  ])("sets %s in the middle aside, tells of it once, and keeps the rest", async (_, broken) => {
    const { open, path, badPath } = await house();
    await writeFile(path, `${line(1, received(1))}${broken}\n${line(3, received(3))}`);
    const journal = await open();
    expect(journal.unreadable).toBe(1);
    expect(journal.unfinished().map(({ id }) => id)).toEqual([1, 3]);
    expect(await readFile(badPath, "utf8")).toBe(`${broken}\n`);
    expect((await stat(badPath)).mode & 0o777).toBe(0o600);
    const again = await open();
    expect(again.unreadable).toBe(0);
    expect(again.unfinished()).toEqual(journal.unfinished());
  });

  it("passes over empty lines: an editor leaves them behind", async () => {
    const { open, path } = await house();
    await writeFile(path, `${line(1, received(1))}\n \n${line(2, received(2))}\n`);
    const journal = await open();
    expect(journal.unreadable).toBe(0);
    expect(journal.unfinished().map(({ id }) => id)).toEqual([1, 2]);
  });
});

describe("compaction", () => {
  const done = (id: number, at: number): string => line(id, received(id), at) + line(id, DONE, at);

  it("keeps what is unfinished whole, and of what is done the ids of 48 hours, without their words", async () => {
    const { open, path, text } = await house();
    const queued = line(2, received(2)) + line(2, { state: "queued", sessionId: "s", order: ORDER });
    const old = line(4, received(4), START - 90 * HOUR);
    await writeFile(path, done(1, START - 49 * HOUR) + queued + done(3, START - 47 * HOUR) + old);
    const before = await open();
    const journal = await open({ compactBytes: 10 });
    expect(journal.unfinished()).toEqual(before.unfinished());
    expect(journal.get(3)).toEqual(before.get(3));
    expect(await text()).toBe(queued + line(3, { state: "done", why: "compacted" }, START - 47 * HOUR) + old);
    expect(await journal.take([{ update_id: 3 }, { update_id: 1 }])).toEqual([{ update_id: 1 }]);
    expect((await open()).unfinished()).toEqual(journal.unfinished());
  });

  it("measures the file in bytes, not in letters", async () => {
    const { open, path, text } = await house();
    await writeFile(path, line(1, { state: "done", why: "ä".repeat(400) }, START - 49 * HOUR));
    await open({ compactBytes: 800 });
    expect(await text()).toBe("");
  });

  it("leaves a short file as it is", async () => {
    const { open, path, text } = await house();
    const lines = done(1, START - 90 * HOUR);
    await writeFile(path, lines);
    const journal = await open();
    expect(await text()).toBe(lines);
    expect(await journal.take([{ update_id: 1 }])).toEqual([]);
  });

  it("is left for another start where the disk is full: nothing is lost, and this one takes updates", async () => {
    const { open, path, text } = await house();
    const lines = `${done(1, START - 90 * HOUR)}broken\n${line(2, received(2))}`;
    await writeFile(path, lines);
    const journal = await open({ compactBytes: 10, open: fullDisk(1).open });
    expect(await text()).toBe(lines);
    expect(journal.unreadable).toBe(1);
    expect(await journal.take([{ update_id: 1 }, { update_id: 3 }])).toEqual([{ update_id: 3 }]);
    expect((await open()).unfinished().map(({ id }) => id)).toEqual([2, 3]);
  });

  it("goes on writing to the new file", async () => {
    const { open, path } = await house();
    await writeFile(path, done(1, START - 90 * HOUR) + line(2, received(2)));
    const journal = await open({ compactBytes: 10 });
    await journal.note(2, DONE);
    expect((await open()).unfinished()).toEqual([]);
  });
});

describe("compaction of a journal that is written to", () => {
  const many = Array.from({ length: 60 }, (_, n) => n + 1);
  const words = "x".repeat(200);

  it("keeps the file short, forgets nothing that is unfinished, and takes nothing twice, wherever the process dies", async () => {
    const { open, path, text, close } = await house();
    const images: { name: string; data: Buffer; unfinished: string }[] = [];
    const journal = await open({
      compactBytes: 4_000,
      checkpoint(name) {
        images.push({ name, data: readFileSync(path), unfinished: JSON.stringify(journal.unfinished()) });
      },
    });
    let longest = 0;
    for (const id of many) {
      await journal.take([{ update_id: id, words }]);
      // Several at once, as turns do; every tenth is never finished.
      await Promise.all([
        journal.note(id, { state: "queued", sessionId: "s", order: ORDER }),
        journal.note(id, { state: "starting" }),
        ...(id % 10 === 0 ? [] : [journal.note(id, DONE)]),
      ]);
      longest = Math.max(longest, (await stat(path)).size);
    }
    expect(longest).toBeLessThan(4 * 4_000);
    expect(images.map(({ name }) => name).slice(0, 2)).toEqual(["journal:long", "journal:short"]);
    expect(images.length).toBeGreaterThan(6);
    expect(journal.unfinished().map(({ id, starts }) => [id, starts])).toEqual(
      [10, 20, 30, 40, 50, 60].map((id) => [id, 1]),
    );
    const whole = await text();
    const again = await open();
    expect(again.unfinished()).toEqual(journal.unfinished());
    expect(await again.take(many.map((id) => ({ update_id: id })))).toEqual([]);
    for (const image of images) {
      await close();
      await writeFile(path, image.data);
      const survivor = await open();
      // What was noted and not yet durable is all that may be missing.
      const known = new Map(survivor.unfinished().map((entry) => [entry.id, entry]));
      for (const entry of JSON.parse(image.unfinished) as { id: number }[])
        expect(known.has(entry.id) || entry.id === Math.max(...known.keys()) + 1).toBe(true);
    }
    expect(whole).not.toContain(`"id":1,"at":"2026-01-01T00:00:00.000Z","state":"received"`);
  });

  it("says in the new file what the old one said, to the last line", async () => {
    const { open, path, close } = await house();
    const images: Buffer[] = [];
    const checkpoint = (): void => void images.push(readFileSync(path));
    const journal = await open({ compactBytes: 500, checkpoint });
    for (const id of many) {
      await journal.take([{ update_id: id, words }]);
      if (id % 2 === 0) await journal.note(id, DONE);
    }
    await journal.note(1, DONE);
    expect((await open()).unfinished()).toEqual(journal.unfinished());
    const read = async (image: Buffer) => {
      await close();
      await writeFile(path, image);
      return (await open()).unfinished();
    };
    expect(images.length).toBeGreaterThan(6);
    for (let at = 0; at + 1 < images.length; at += 2) {
      const [before = Buffer.alloc(0), after = Buffer.alloc(0)] = images.slice(at);
      expect(await read(after)).toEqual(await read(before));
    }
  });
});

describe("whatever the facts", () => {
  const ids = fc.integer({ min: 1, max: 4 });
  const part = fc.nat({ max: 3 });
  const facts = fc.oneof(
    ids.map(received),
    fc.constant<Fact>({ state: "acting", target: "t" }),
    fc.constant<Fact>({ state: "held", order: ORDER }),
    fc.constant<Fact>({
      state: "queued",
      sessionId: "s",
      order: { ...ORDER, place: { chatId: -7, threadId: 2 } },
    }),
    fc.constant<Fact>({ state: "starting" }),
    fc.constant<Fact>({ state: "running", process: { pid: 1, startTime: "2", bootId: "3" } }),
    fc.constant<Fact>({ state: "answered", outcome: "stopped", place: PLACE, parts: [{ kind: "text" }] }),
    fc.record({ state: fc.constant("sending" as const), part, isRepeat: fc.boolean() }),
    fc.record({ state: fc.constant("sent" as const), part, messageId: fc.nat() }),
    fc.constant<Fact>({ state: "interrupted" }),
    fc.constant<Fact>(DONE),
  );

  it("a life that ends after any of them is followed by one that knows the same", async () => {
    const { path, open, close } = await house();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(ids, facts), { maxLength: 15 }), async (noted) => {
        await writeFile(path, "");
        const journal = await open();
        const known = [];
        for (const [id, fact] of noted) {
          await journal.note(id, fact);
          known.push({ unfinished: journal.unfinished(), bytes: (await stat(path)).size });
        }
        const whole = await readFile(path);
        for (const { unfinished, bytes } of known) {
          await writeFile(path, whole.subarray(0, bytes));
          // Sparse or not, what JSON says of them is what counts.
          expect(JSON.stringify((await open()).unfinished())).toBe(JSON.stringify(unfinished));
          expect(JSON.stringify((await open({ compactBytes: 0 })).unfinished())).toBe(
            JSON.stringify(unfinished),
          );
          await close();
        }
      }),
      { numRuns: 25 },
    );
  });

  it("of a newer Parley is refused, and nothing in it is touched", async () => {
    const { path, badPath, text } = await house();
    await writeFile(
      path,
      '{"v":1,"id":1,"at":"x","state":"starting"}\n{"v":2,"id":2,"at":"x","state":"flying"}\nrubbish\n',
    );
    const before = await text();
    const options = { path, badPath, now: () => new Date(START), pause: async () => {} };
    expect(await openJournal(options)).toEqual({ ok: false, kind: "newer" });
    expect(await text()).toBe(before);
  });
});
