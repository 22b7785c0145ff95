import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLineReader, type Line } from "../../bot/claude/lines.ts";

function readAll(chunks: readonly Uint8Array[], maxLineBytes?: number): Line[] {
  const reader = createLineReader(maxLineBytes);
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

function texts(lines: readonly Line[]): string[] {
  return lines.map((line) => (line.kind === "text" ? line.text : `too long: ${line.bytes}`));
}

/** Cuts `bytes` at the places that `cuts` name, in any order and number. */
function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((start, at) => bytes.subarray(start, places[at] ?? bytes.length));
}

describe("lines", () => {
  test.each([
    ["nothing gives nothing", "", []],
    ["a last line without newline is given", "a\nb", ["a", "b"]],
    ["a last newline begins no line", "a\nb\n", ["a", "b"]],
    ["empty lines are lines", "\n\na\n", ["", "", "a"]],
    ["a carriage return is no end of line", "a\rb\r\nc", ["a\rb\r", "c"]],
    ["a line separator of Unicode is no end of line", "a\u2028b\u0085c", ["a\u2028b\u0085c"]],
  ])("%s", (_, given, expected) => {
    expect(texts(readAll([Buffer.from(given)]))).toEqual(expected);
  });

  test("any chunking of any bytes gives the same lines", () => {
    const bytes = fc
      .uint8Array({ maxLength: 200 })
      .map((given) => given.map((byte) => (byte % 5 === 0 ? 0x0a : byte)));
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 60 }),
        (given, cuts, max) => {
          expect(readAll(cut(given, cuts), max)).toEqual(readAll([given], max));
        },
      ),
    );
  });

  test("the lines joined are the text, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", ""))),
        (lines) => {
          const text = lines.map((line) => `${line}\n`).join("");
          expect(texts(readAll([Buffer.from(text)]))).toEqual(
            lines.map((line) => Buffer.from(line).toString("utf8")),
          );
        },
      ),
    );
  });

  test("a code point that is cut in two arrives whole", () => {
    const bytes = Buffer.from("price: 5 €, 👍\n");
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(texts(readAll(chunks))).toEqual(["price: 5 €, 👍"]);
  });

  test("invalid UTF-8 becomes U+FFFD and harms no other line", () => {
    const chunks = [Buffer.from([0x61, 0xff, 0xc3, 0x0a]), Buffer.from("fine\n")];
    expect(texts(readAll(chunks))).toEqual(["a\uFFFD\uFFFD", "fine"]);
  });

  test("a line that is too long is dropped and reported, the next ones are read", () => {
    const chunks = [Buffer.from("short\n12345"), Buffer.from("678901\nnext\n")];
    expect(texts(readAll(chunks, 10))).toEqual(["short", "too long: 11", "next"]);
  });

  test("a line of just the limit is kept", () => {
    expect(texts(readAll([Buffer.from("12345"), Buffer.from("67890\nx")], 10))).toEqual(["1234567890", "x"]);
  });

  test("a last line that is too long is reported too", () => {
    expect(texts(readAll([Buffer.from("12345"), Buffer.from("678901")], 10))).toEqual(["too long: 11"]);
  });

  test("a line of 100 MB stays within 100 MB of memory", async () => {
    const code = `
      import { createLineReader } from "./bot/claude/lines.ts";
      const reader = createLineReader();
      const chunk = Buffer.alloc(64 * 1024, 0x61);
      const before = process.memoryUsage().rss;
      let highest = 0;
      for (let pushed = 0; pushed < 100 * 1024 * 1024; pushed += chunk.length) {
        reader.push(chunk);
        highest = Math.max(highest, process.memoryUsage().rss - before);
      }
      const lines = [...reader.push(Buffer.from("\\nnext\\n")), ...reader.end()];
      console.log(JSON.stringify({ highest, kinds: lines.map((line) => line.kind) }));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", code],
      {
        cwd: new URL("../..", import.meta.url),
      },
    );
    const { highest, kinds } = JSON.parse(stdout);
    expect(kinds).toEqual(["too_long", "text"]);
    expect(highest).toBeLessThan(100 * 1024 * 1024);
  });
});
