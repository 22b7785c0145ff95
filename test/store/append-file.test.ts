import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openAppendFile } from "../../bot/store/append-file.ts";
import { runProgram, tempFolder } from "./room.ts";

const RECORD = (number: number): string => JSON.stringify({ number, word: "grüße" });

async function tempFile(): Promise<string> {
  return join(await tempFolder(), "facts.jsonl");
}

describe("an append file", () => {
  it("is made with mode 0600 and gives back what was appended, also after opening it again", async () => {
    const path = await tempFile();
    const file = await openAppendFile(path);
    await file.append([RECORD(1), RECORD(2)]);
    await file.append([]);
    await file.append([RECORD(3)]);
    expect(await file.readLines()).toEqual([1, 2, 3].map(RECORD));
    await file.close();
    const again = await openAppendFile(path);
    expect(again.cutBytes).toBe(0);
    expect(await again.readLines()).toEqual([1, 2, 3].map(RECORD));
    await again.close();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("cuts the last record at whatever byte it was torn, and the next record stands alone", async () => {
    const path = await tempFile();
    const kept = `${RECORD(1)}\n${RECORD(2)}\n`;
    const last = Buffer.from(`${RECORD(3)}\n`);
    for (let cut = 0; cut < last.length; cut += 1) {
      await writeFile(path, Buffer.concat([Buffer.from(kept), last.subarray(0, cut)]));
      const file = await openAppendFile(path);
      expect(file.cutBytes).toBe(cut);
      await file.append(["4"]);
      await file.close();
      expect(await readFile(path, "utf8")).toBe(`${kept}4\n`);
    }
  });

  it("cuts a torn record that is longer than one read, and a file that is nothing else", async () => {
    const path = await tempFile();
    await writeFile(path, `${RECORD(1)}\n${"x".repeat(300_000)}`);
    const file = await openAppendFile(path);
    expect(file.cutBytes).toBe(300_000);
    expect(await file.readLines()).toEqual([RECORD(1)]);
    await file.close();
    await writeFile(path, "no line end at all");
    const other = await openAppendFile(path);
    expect(await other.readLines()).toEqual([]);
    await other.close();
  });

  it("hands a broken line in the middle to the caller, byte for byte, and gives the others", async () => {
    const path = await tempFile();
    const noText = Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]);
    await writeFile(
      path,
      Buffer.concat([Buffer.from(`${RECORD(1)}\n{"half":\n\n`), noText, Buffer.from(`${RECORD(2)}\n`)]),
    );
    const file = await openAppendFile(path);
    const broken: [number, Buffer][] = [];
    expect(await file.readLines((line, number) => broken.push([number, Buffer.from(line)]))).toEqual([
      RECORD(1),
      RECORD(2),
    ]);
    expect(broken).toEqual([
      [2, Buffer.from('{"half":')],
      [3, Buffer.from("")],
      [4, noText.subarray(0, -1)],
    ]);
    expect(await file.readLines()).toHaveLength(5);
    await file.close();
  });

  it("keeps the order of concurrent callers and shares one sync among those that wait", async () => {
    let syncs = 0;
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const file = await openAppendFile(await tempFile(), {
      sync: async (handle) => {
        syncs += 1;
        await gate;
        await handle.datasync();
      },
    });
    const appends = Array.from({ length: 50 }, (_, number) => file.append([RECORD(number)]));
    letGo();
    await Promise.all(appends);
    expect(syncs).toBe(2);
    expect(await file.readLines()).toEqual(appends.map((_, number) => RECORD(number)));
    await file.close();
  });

  it("does not resolve an append before its sync has ended", async () => {
    const order: string[] = [];
    const file = await openAppendFile(await tempFile(), {
      sync: async (handle) => {
        await handle.datasync();
        order.push("synced");
      },
    });
    await file.append([RECORD(1)]);
    order.push("resolved");
    expect(order).toEqual(["synced", "resolved"]);
    await file.close();
  });

  it("is unusable after one failed sync: it is never tried again, and all who wait are refused", async () => {
    let syncs = 0;
    const broken = new Error("EIO");
    const file = await openAppendFile(await tempFile(), {
      sync: async () => {
        syncs += 1;
        throw broken;
      },
    });
    const results = await Promise.allSettled([
      file.append([RECORD(1)]),
      file.append([RECORD(2)]),
      file.append([RECORD(3)]),
    ]);
    expect(results).toEqual(Array.from({ length: 3 }, () => ({ status: "rejected", reason: broken })));
    await expect(file.append([RECORD(4)])).rejects.toBe(broken);
    expect(syncs).toBe(1);
    await file.close();
  });

  it("refuses what is not one line, and writes nothing of it", async () => {
    const path = await tempFile();
    const file = await openAppendFile(path);
    await expect(file.append([RECORD(1), "two\nlines"])).rejects.toThrow(TypeError);
    await expect(file.append([""])).rejects.toThrow(TypeError);
    await file.close();
    await expect(file.append([RECORD(1)])).rejects.toThrow("closed");
    expect(await readFile(path, "utf8")).toBe("");
  });

  it("takes back what was written of a record that did not fit on the disk, so that the next one is whole", async () => {
    const path = await tempFile();
    const program = runProgram("full-append.ts", [path], { maxFileBlocks: 64 });
    const { count, code } = JSON.parse((await program.line()) ?? "") as { count: number; code: string };
    expect(code).toBe("EFBIG");
    expect(count).toBeGreaterThan(2);
    expect(JSON.parse((await program.line()) ?? "")).toEqual({ lines: count + 1 });
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object)[0])).toEqual([
      ...Array.from({ length: count }, () => "count"),
      "last",
    ]);
  });

  it("has every record that was promised before a SIGKILL, whole and in order", async () => {
    const path = await tempFile();
    let promised = -1;
    for (const rounds of [3, 40, 150]) {
      const program = runProgram("appender.ts", [path]);
      for (let seen = 0; seen < rounds; seen += 1) promised = Number(await program.line());
      await program.kill();
      await appendFile(path, '{"number":');
      const file = await openAppendFile(path);
      const lines = await file.readLines((line) => expect.fail(`broken: ${line.length} bytes`));
      expect(lines.length).toBeGreaterThan(promised);
      expect(lines.map((line) => (JSON.parse(line) as { number: number }).number)).toEqual(
        lines.map((_, number) => number),
      );
      await file.close();
    }
  });
});
