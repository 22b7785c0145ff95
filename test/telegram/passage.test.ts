import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInvisible } from "../../bot/telegram/clean.ts";
import { type Formatted, italic, join, plain } from "../../bot/telegram/formatted.ts";
import { renderMarkdown } from "../../bot/telegram/markdown.ts";
import { renderBlock } from "../../bot/telegram/markdown/blocks.ts";
import { codeBlocksIn } from "../../bot/telegram/markdown/code-blocks.ts";
import { Page } from "../../bot/telegram/markdown/page.ts";
import { parseMarkdown } from "../../bot/parse-markdown.ts";
import { findDefinitions } from "../../bot/telegram/markdown/scene.ts";
import { messages } from "../../bot/telegram/presenter/messages.ts";
import { createPassage } from "../../bot/telegram/presenter/passage.ts";
import { longMarkdown, nastyMarkdown, realistic, runs } from "./documents.ts";

/** All parsed and rendered at once, and then cut: what growing must come to, at every length. */
function atOnce(markdown: string, ending: Formatted) {
  const source = markdown.toWellFormed();
  const tree = parseMarkdown(source);
  if (tree === undefined) throw new Error("too tangled for this test");
  const definitions = findDefinitions(tree);
  const blocks = tree.children.map((node) => {
    const page = new Page();
    renderBlock(node, { page, source, definitions, depth: 0, isInLink: false, isInQuote: false });
    const content = page.finish();
    return isInvisible(content.text) ? plain("") : content;
  });
  return { parts: messages(join([...blocks, ending], "\n\n")), codes: codeBlocksIn(tree) };
}

/** Lets a passage grow to each of `ends`, and compares it each time. */
function expectSame(markdown: string, ends: readonly number[], ending = plain("")): void {
  const passage = createPassage();
  for (const end of [...ends.filter((each) => each < markdown.length), markdown.length]) {
    const shown = markdown.slice(0, end);
    const parts = passage.present(shown, ending);
    expect({ parts, codes: passage.codes }).toEqual(atOnce(shown, ending));
  }
}

const ends = fc.array(fc.nat(20_000), { maxLength: 8 }).map((all) => all.toSorted((a, b) => a - b));
const ending = fc.constantFrom(plain(""), italic("💭 Thinking…"));

describe("a passage that grows", () => {
  it.each([
    ["a list that turns loose", "- a\n- b\n\n- c\n\nx\n\n- d\n"],
    ["a heading by its underline", "a\n\nb\n==\n\nc\n--"],
    ["a table line by line", "Here:\n\n| a | b |\n|---|---|\n| c | d |\n| e |\n\nafter\n\nthat\n"],
    ["a fence that stays open over blank lines", "a\n\n```js\nb\n\n\nc\n\n``x\n\nd"],
    ["a fence that is closed", "a\n\n~~~\n\nb\n\n~~~\n\nc\n\n    code\n\nd\n\ne\n"],
    ["a comment that swallows blocks", "a\n\n<!-- b\n\nc\n\nd -->\n\ne\n\nf\n"],
    [
      "a link defined far behind it",
      "see [a]\n\nb\n\nc [a][x]\n\nd\n\n[a]: https://x.io\n\ne [a]\n\n[x]: /y\n",
    ],
    ["a footnote defined far behind it", "a[^1]\n\nb\n\nc\n\n[^1]: d\n\n    e\n\nf[^1]\n"],
    ["a definition in a list, over two lines", "a [b c]\n\nd\n\n- e\n\n  [b\n  c]: https://x.io\n\nf\n"],
    ["brackets that nothing defines", "a[0] and b[i]\n\nc[x]: d\n\n`e[1]:`\n\nf\n"],
    ["quotes and lazy lines", "> a\nb\n\n> c\n\nd\n\n> > e\nf\n\ng\n"],
    ["half a surrogate pair at each end", "👍\n\n👩‍👩‍👧 a\n\n🇩🇪\n"],
    ["Windows line ends", "a\r\n\r\nb\r\n\r\n- c\r\n\r\nd\r\n"],
    ["a byte order mark after a blank line", "a\n\n\ufeffb\n\n\ufeff# c\n"],
  ])("shows %s as if it had come at once, sign by sign", (_name, markdown) => {
    expectSame(
      markdown,
      Array.from(markdown, (_, at) => at),
    );
  });

  it.each([...realistic.entries()])("shows document %i as if it had come at once", (_index, markdown) => {
    expectSame(
      markdown.repeat(3),
      Array.from({ length: markdown.length * 3 }, (_, at) => at * 19),
    );
  });

  it("shows whatever is written as if it had come at once, however it grew", () => {
    fc.assert(fc.property(nastyMarkdown, ends, ending, expectSame), { numRuns: runs(500) });
  });

  it("shows long documents of many messages as if they had come at once", () => {
    const long = fc.array(longMarkdown, { minLength: 4, maxLength: 9 }).map((all) => all.join("\n\n"));
    // Without definitions, which are shown at once anyway.
    const free = long.map((markdown) => markdown.replaceAll("]:", "]；"));
    fc.assert(fc.property(fc.oneof(long, free), ends, ending, expectSame), { numRuns: runs(20) });
  });

  it("cuts long code where it is cut when it has come at once", () => {
    const lines = Array.from(
      { length: 600 },
      (_, at) => `${" ".repeat(at % 9)}line ${at}${at % 7 ? "" : "\n"}`,
    );
    const code = (from: number, to: number): string =>
      `\`\`\`ts\n${lines.slice(from, to).join("\n")}\n\`\`\``;
    const markdown = [
      code(1, 300),
      "between",
      `> ${"quoted **bold** ".repeat(300)}`,
      code(300, 600),
      "end",
    ].join("\n\n");
    expectSame(
      markdown,
      Array.from({ length: 24 }, (_, at) => at * 793),
    );
  });

  it("begins anew where the text is another than it was", () => {
    const passage = createPassage();
    for (const markdown of [
      "a\n\nb\n\nc\n",
      "a\n\nx\n\nc\n",
      "a\n",
      "",
      "[r]\n\nb\n\n[r]: https://x.io\n",
      "[r]\n\nb\n\nc, longer than it was",
    ])
      expect(passage.present(markdown, plain(""))).toEqual(atOnce(markdown, plain("")).parts);
  });

  it("does not depend on how it grew even where it is too long or too tangled to be parsed", () => {
    const block = "**a** b, and so on\n\n";
    const tangled = `${block.repeat(90)}${"*a ".repeat(20_000)}\n\n${block.repeat(90)}`;
    const long = `${block.repeat(90)}- ${"word ".repeat(14_000)}\n\nafter\n\n${block.repeat(10)}`;
    for (const markdown of [tangled, long]) {
      const passage = createPassage();
      for (let end = 5_000; end < markdown.length + 30_000; end += 45_000) {
        const shown = markdown.slice(0, end);
        expect(passage.present(shown, plain(""))).toEqual(messages(renderMarkdown(shown)));
      }
    }
  });

  it("gives the messages that are full as the very same objects", () => {
    const passage = createPassage();
    const text = "A paragraph with **bold** words and so on.\n\n".repeat(400);
    const first = passage.present(text, plain(""));
    const second = passage.present(`${text}More.`, plain(""));
    expect(first.length).toBeGreaterThan(3);
    for (const [at, part] of first.slice(0, -2).entries()) expect(second[at]).toBe(part);
  });
});
