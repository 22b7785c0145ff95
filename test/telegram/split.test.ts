import * as fc from "fast-check";
import type { MessageEntity } from "grammy/types";
import { describe, expect, it } from "vitest";
import { bold, concat, plain, pre, type Formatted } from "../../bot/telegram/formatted.ts";
import { renderMarkdown } from "../../bot/telegram/markdown.ts";
import { splitFormatted } from "../../bot/telegram/split.ts";
import { assertFormatted, visibleLength } from "../oracle/tdlib.ts";
import { longMarkdown, nastyMarkdown, realistic, runs } from "./documents.ts";

const texts = (parts: readonly Formatted[]): string[] => parts.map((part) => part.text);
const inUnits = (maxUnits: number): { maxUnits: number; maxEntities: number } => ({
  maxUnits,
  maxEntities: 100,
});
const withoutBlanks = (text: string): string => text.replaceAll(/\s/g, "");
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Every visible unit with the styles it wears: what a reader sees, wherever the cuts are. */
function look({ text, entities }: Formatted): string[] {
  const worn: string[] = Array.from({ length: text.length }, () => "");
  for (const { offset, length, ...style } of entities)
    for (let index = offset; index < offset + length; index += 1) worn[index] += ` ${JSON.stringify(style)}`;
  return worn
    .map((style, index) => text.charAt(index) + style)
    .filter((unit) => unit.trim() === unit && visibleLength(unit.charAt(0)) > 0);
}

/** What stands in `content` and in none of `parts`, which come in their order; blanks aside. */
function lostIn(parts: readonly Formatted[], content: Formatted): string {
  const whole = withoutBlanks(content.text);
  let at = 0;
  let lost = "";
  for (const part of texts(parts).map(withoutBlanks)) {
    const from = whole.indexOf(part, at);
    expect(from).toBeGreaterThanOrEqual(at);
    lost += whole.slice(at, from);
    at = from + part.length;
  }
  return lost + whole.slice(at);
}

const sees = (parts: readonly Formatted[]): string[] => parts.flatMap(look);

/** The signs a reader sees; a space at a part's start is cut off even from under an accent. */
const signsOf = (text: string): string[] =>
  [...graphemes.segment(text)].map(({ segment }) => segment.trim()).filter((sign) => sign !== "");

describe("splitFormatted", () => {
  it("leaves alone what fits", () => {
    const content = concat("a ", bold("b"), "\n\n", pre("c", "js"));
    expect(splitFormatted(content)).toEqual([content]);
  });

  it("makes no part of what cannot be seen", () => {
    expect(splitFormatted(plain(""))).toEqual([]);
    expect(splitFormatted(plain(" \n\u200b\u00a0"))).toEqual([]);
    expect(texts(splitFormatted(plain(`${"a".repeat(10)}\n\n${"\u200b".repeat(5)}`), inUnits(10)))).toEqual([
      "a".repeat(10),
    ]);
  });

  it.each([
    ["a blank line before a newline", "aaa\nbbb\n\nccc\nddd eee fff", 20, ["aaa\nbbb", "ccc\nddd eee fff"]],
    ["a newline before a space", "aaa bbb\nccc ddd eee", 16, ["aaa bbb", "ccc ddd eee"]],
    ["a space before the middle of a word", "aaa bbb ccc", 9, ["aaa bbb", "ccc"]],
    [
      "the middle of a word where there is nothing else",
      "a".repeat(25),
      10,
      ["a".repeat(10), "a".repeat(10), "aaaaa"],
    ],
    [
      "not so early that a part is nearly empty",
      `a\n\n${"b".repeat(10)} ${"c".repeat(10)}`,
      20,
      ["a\n\nbbbbbbbbbb", "cccccccccc"],
    ],
    ["between signs, not in them", "👩‍👩‍👧👩‍👩‍👧", 12, ["👩‍👩‍👧", "👩‍👩‍👧"]],
    ["between flags, not in them", "🇩🇪🇫🇷🇮🇹", 9, ["🇩🇪🇫🇷", "🇮🇹"]],
    ["not at a space that carries an accent", "aaaa bbb \u0301cc", 9, ["aaaa", "bbb \u0301cc"]],
    [
      "through a sign only where it is longer than a part",
      `e${"\u0301".repeat(9)}`,
      5,
      [`e${"\u0301".repeat(4)}`, "\u0301".repeat(5)],
    ],
  ] as const)("cuts at %s", (_name, text, maxUnits, expected) => {
    expect(texts(splitFormatted(plain(text), inUnits(maxUnits)))).toEqual(expected);
  });

  it("never cuts through a surrogate pair, however small the parts", () => {
    for (const { text } of splitFormatted(plain("👩‍👩‍👧".repeat(5)), inUnits(2)))
      expect(text.isWellFormed()).toBe(true);
  });

  it("moves code whole to the next part if that is possible", () => {
    const content = concat("Look at this:\n", pre("one\ntwo\nthree", "ts"));
    expect(splitFormatted(content, inUnits(20))).toEqual([
      plain("Look at this:"),
      pre("one\ntwo\nthree", "ts"),
    ]);
  });

  it("continues longer code with its language and its indentation", () => {
    const content = pre("if a:\n    bbbbbbbb\n    cccccccc", "py");
    expect(splitFormatted(content, inUnits(20))).toEqual([
      pre("if a:\n    bbbbbbbb", "py"),
      { text: "\u00a0   cccccccc", entities: [{ type: "pre", offset: 0, length: 12, language: "py" }] },
    ]);
  });

  it("cuts code rather where a line is not indented", () => {
    const content = pre(`a {\n  b\n}\nc {\n  d\n  e\n}`);
    expect(texts(splitFormatted(content, inUnits(18)))).toEqual(["a {\n  b\n}", "c {\n  d\n  e\n}"]);
  });

  it("continues every style on the other side", () => {
    const content = renderMarkdown("> **aaaa [bbbb cccc](https://x.io) dddd**");
    const parts = splitFormatted(content, inUnits(10));
    expect(texts(parts)).toEqual(["aaaa bbbb", "cccc dddd"]);
    expect(parts.map((part) => part.entities.map((entity) => entity.type))).toEqual([
      ["blockquote", "bold", "text_link"],
      ["blockquote", "bold", "text_link"],
    ]);
  });

  it("cuts before the hundred-and-first entity", () => {
    const content = renderMarkdown("`a` ".repeat(250));
    const parts = splitFormatted(content);
    expect(parts.map((part) => part.entities.length)).toEqual([100, 100, 50]);
    expect(sees(parts)).toEqual(look(content));
  });

  it("keeps the outer ones where more than a hundred begin at one sign", () => {
    const entities = Array.from({ length: 150 }, (): MessageEntity => ({
      type: "bold",
      offset: 0,
      length: 1,
    }));
    const parts = splitFormatted({ text: "ab", entities });
    expect(parts).toHaveLength(1);
    expect(parts[0]?.entities).toHaveLength(100);
  });

  it.each([64, 200, 4096])("keeps every promise for any document at %i units", (maxUnits) => {
    fc.assert(
      fc.property(
        fc.oneof(longMarkdown, nastyMarkdown),
        fc.constantFrom(3, 20, 100),
        (markdown, maxEntities) => {
          const content = renderMarkdown(markdown);
          const parts = splitFormatted(content, { maxUnits, maxEntities });
          for (const part of parts) {
            expect(part.text.length).toBeLessThanOrEqual(maxUnits);
            expect(part.entities.length).toBeLessThanOrEqual(maxEntities);
            assertFormatted(part, markdown);
          }
          // What shows nothing at all would be refused as a message of its own.
          expect(visibleLength(lostIn(parts, content))).toBe(0);
          if (maxEntities === 100) expect(sees(parts)).toEqual(look(content));
        },
      ),
      { numRuns: runs(150) },
    );
  });

  it("never cuts a sign in two", () => {
    const signs = fc.constantFrom("a", "👩‍👩‍👧", "🇩🇪", "👍🏽", "e\u0301", " ", " \u0301", "\n", "漢", "각", "क्षि");
    fc.assert(
      fc.property(
        fc.array(signs, { maxLength: 300 }),
        fc.integer({ min: 12, max: 80 }),
        (pieces, maxUnits) => {
          const { text } = plain(pieces.join(""));
          expect(texts(splitFormatted(plain(text), inUnits(maxUnits))).flatMap(signsOf)).toEqual(
            signsOf(text),
          );
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  it("leaves all parts but the last as they were when paragraphs are appended", () => {
    const paragraphs = fc.array(
      fc.oneof(fc.lorem({ maxCount: 40 }), fc.constantFrom("a\nb", "👍 ".repeat(20), "x".repeat(300))),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(paragraphs, fc.constantFrom(64, 200, 1000), (blocks, maxUnits) => {
        let before: Formatted[] = [];
        for (let count = 1; count <= blocks.length; count += 1) {
          const parts = splitFormatted(plain(blocks.slice(0, count).join("\n\n")), inUnits(maxUnits));
          expect(parts.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
          before = parts;
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it("leaves all parts but the last as they were while a block of code grows", () => {
    const lines = Array.from({ length: 200 }, (_, index) => `${"  ".repeat(index % 4)}line ${index}`);
    let before: Formatted[] = [];
    for (let count = 1; count <= lines.length; count += 1) {
      const content = renderMarkdown(`Here it is:\n\n\`\`\`ts\n${lines.slice(0, count).join("\n")}`);
      const parts = splitFormatted(content, inUnits(300));
      expect(parts.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
      before = parts;
    }
    expect(before.length).toBeGreaterThan(5);
  });

  it.each([
    ["words", "word ".repeat(200_000)],
    ["one word", "a".repeat(1_000_000)],
    ["lines", "a\n".repeat(500_000)],
    ["accents", "e" + "\u0301".repeat(1_000_000)],
    ["spaces with accents", " \u0301".repeat(500_000)],
  ])("splits 1 MB of %s", (_name, text) => {
    const parts = splitFormatted(plain(text));
    expect(parts.length).toBeGreaterThanOrEqual(Math.floor(text.length / 4096) / 4);
    for (const part of parts) expect(part.text.length).toBeLessThanOrEqual(4096);
  });

  it("splits 1 MB of code words and of one long block of code", () => {
    const words = concat(
      ...Array.from({ length: 100_000 }, () => bold("some word")),
      pre("line\n".repeat(200_000), "ts"),
    );
    for (const part of splitFormatted(words)) {
      expect(part.text.length).toBeLessThanOrEqual(4096);
      expect(part.entities.length).toBeLessThanOrEqual(100);
    }
  });

  it.each([...realistic.entries()])(
    "splits every prefix of what is written into valid parts (document %i)",
    (_index, markdown) => {
      for (let end = 0; end <= markdown.length; end += 3)
        for (const part of splitFormatted(renderMarkdown(markdown.slice(0, end)), inUnits(120)))
          assertFormatted(part);
    },
  );
});
