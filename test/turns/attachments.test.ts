import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fetched, Heard } from "../../bot/turns/attachments.ts";
import type { Attachment, KeptOrder } from "../../bot/turns/order.ts";
import { type HouseOptions, makeHouse, orderOf } from "./kit.ts";

const PNG = Buffer.from("\x89PNG\r\n\x1a\nIEND", "latin1");
const document = (fileId: string, more: Partial<Attachment> = {}): Attachment => ({
  kind: "document",
  fileId,
  ...more,
});
const VOICE: Attachment = { kind: "voice", fileId: "v" };

/** A house in which Telegram has these files, by id, and this is heard. */
async function bench(files: Record<string, Buffer | Fetched> = {}, heard: Heard[] = []) {
  const asked: string[] = [];
  const options: HouseOptions = {
    async fetchFile(fileId) {
      asked.push(fileId);
      const file = files[fileId] ?? { ok: false, kind: "gone" };
      return Buffer.isBuffer(file) ? { ok: true, bytes: file } : file;
    },
    async transcribe(path) {
      asked.push(`hear ${path.replace(/^.*\//, "")}`);
      return heard.shift() ?? { ok: false, kind: "silence" };
    },
  };
  const house = await makeHouse(options);
  const life = await house.live();
  const { uploads } = house.paths.session(house.session.folder);
  return {
    house,
    life,
    asked,
    uploads,
    submit: (id: number, attachments: Attachment[], more: Partial<KeptOrder> = {}): Promise<void> =>
      life.turns.submit(id, house.session.id, { ...orderOf("look", id), attachments, ...more }),
  };
}

describe("files that came with a message", () => {
  it("lie in uploads/ under names of ours, are told by path, and their folder is Claude's to read", async () => {
    const { submit, life, uploads, house } = await bench({ a: PNG, b: Buffer.from("PK\0") });
    await submit(5, [
      document("a", { name: "../../x.png" }),
      document("b", { name: "b.zip", mimeType: "application/zip" }),
    ]);
    (await life.run(0)).answer("ok");
    await life.end(5);

    expect((await readdir(uploads)).sort()).toEqual(["5-1.png", "5-2.zip"]);
    expect(await readFile(join(uploads, "5-1.png"))).toEqual(PNG);
    expect((await stat(join(uploads, "5-1.png"))).mode & 0o777).toBe(0o600);
    const [start] = life.starts;
    expect(start?.arguments.addDirs).toEqual([uploads]);
    expect(start?.message.content).toMatchObject([
      { type: "image" },
      { type: "text" },
      { type: "text", text: "look" },
    ]);
    const { prompt } = house.paths.turn(house.session.folder, 5);
    expect(JSON.parse(await readFile(prompt, "utf8"))).toMatchObject({
      text: "look",
      attachments: [
        {
          file: "5-1.png",
          kind: "document",
          name: "../../x.png",
          mimeType: "image/png",
          bytes: 12,
          isShown: true,
        },
        {
          file: "5-2.zip",
          kind: "document",
          name: "b.zip",
          mimeType: "application/zip",
          bytes: 3,
          isShown: false,
        },
      ],
    });

    await life.turns.submit(6, house.session.id, orderOf("and now?", 6));
    (await life.run(1)).answer("ok");
    await life.end(6);
    expect(life.starts[1]?.arguments.addDirs).toEqual([uploads]);
  });

  it("are shown at once only as far as a line of the CLI's may be long; the rest is told by path", async () => {
    const big = Buffer.concat([PNG, Buffer.alloc(3_000_000)]);
    const long = Buffer.from("word ".repeat(20_000));
    const { submit, life } = await bench({ a: big, b: big, c: long });
    await submit(5, [document("a"), document("b"), document("c")]);
    (await life.run(0)).answer("ok");
    await life.end(5);
    const content = life.starts[0]?.message.content as { type: string; text?: string }[];
    expect(content.map(({ type }) => type)).toEqual(["image", "text", "text"]);
    expect(content[1]?.text?.match(/5-\d\.\w+( \(shown above\))?/g)).toEqual([
      "5-1.png (shown above)",
      "5-2.png",
      "5-3.txt",
    ]);
  });

  it("that are broken are told beside the answer", async () => {
    const { submit, life } = await bench({ a: PNG.subarray(0, 9) });
    await submit(5, [document("a", { name: "cut.png" })]);
    (await life.run(0)).answer("ok");
    expect((await life.end(5)).notes).toEqual([{ kind: "broken_file", as: "image", name: "cut.png" }]);
  });

  it.each(["too_big", "gone", "unreached"] as const)(
    "and are %s keep the turn from running: it would be another question",
    async (why) => {
      const { submit, life } = await bench({ a: PNG, b: { ok: false, kind: why } });
      await submit(5, [document("a"), document("b", { name: "b.png" })]);
      const refusal = { kind: "file_not_fetched", why, name: "b.png" };
      expect((await life.end(5)).outcome).toEqual({ kind: "refused", refusal });
      expect(life.starts).toEqual([]);
    },
  );
});

describe("a voice message", () => {
  it("is heard once, written down as heard, and stands above the answer", async () => {
    const { submit, life, asked, uploads } = await bench({ v: Buffer.from("OggS\0") }, [
      { ok: true, text: "buy milk" },
    ]);
    await submit(5, [{ ...VOICE, mimeType: "audio/ogg" }], { text: "" });
    (await life.run(0)).answer("ok");
    const view = await life.end(5);
    expect(view.interludes).toEqual([{ kind: "heard", id: "heard", at: 0, text: "buy milk" }]);
    const shown = life.told.get(5)?.updates.map(({ phase, interludes }) => `${phase} ${interludes.length}`);
    expect(shown?.slice(0, 2)).toEqual(["listening 0", "starting 1"]);
    expect(asked).toEqual(["v", "hear 5-1.oga"]);
    expect(life.starts[0]?.message.content).toEqual([
      { type: "text", text: "(voice message, transcribed by a program that may have misheard)\nbuy milk" },
    ]);
    expect(existsSync(join(uploads, "5-1.oga"))).toBe(true);
  });

  it("that an earlier life heard is not heard again", async () => {
    const { submit, life, asked } = await bench();
    await submit(5, [VOICE], { text: "", heard: "buy milk" });
    (await life.run(0)).answer("ok");
    expect((await life.end(5)).interludes).toMatchObject([{ text: "buy milk" }]);
    expect(asked).toEqual([]);
  });

  it.each<[Heard, object]>([
    [{ ok: false, kind: "silence" }, { why: "silence" }],
    [
      { ok: false, kind: "failed", detail: "no model" },
      { why: "failed", detail: "no model" },
    ],
  ])("that was not heard runs nothing: %j", async (heard, refusal) => {
    const { submit, life } = await bench({ v: Buffer.from("x") }, [heard]);
    await submit(5, [VOICE], { text: "" });
    expect((await life.end(5)).outcome).toEqual({
      kind: "refused",
      refusal: { kind: "not_heard", ...refusal },
    });
    expect(life.starts).toEqual([]);
  });
});

it("/stop ends what is still being fetched, at once, and nothing runs", async () => {
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const fetchFile: HouseOptions["fetchFile"] = (_, signal) => {
    begin();
    return new Promise((resolve) =>
      signal.addEventListener("abort", () => resolve({ ok: false, kind: "stopped" })),
    );
  };
  const house = await makeHouse({ fetchFile });
  const life = await house.live();
  await life.turns.submit(5, house.session.id, { ...orderOf("look", 5), attachments: [document("a")] });
  await begun;
  expect(life.turns.stop(house.session.id).wasRunning).toBe(true);
  expect((await life.end(5)).outcome).toEqual({ kind: "stopped" });
  expect(life.starts).toEqual([]);
});
