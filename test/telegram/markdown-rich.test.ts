import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { richBlocks } from "../../bot/telegram/markdown/rich-blocks.ts";
import { fitsRichMessage, type RichBlock } from "../../bot/telegram/rich.ts";
import { readRich } from "../fakes/bot-api/rich.ts";
import { nastyMarkdown, realistic, runs } from "./documents.ts";

const TABLE = "| a | b |\n|:-:|--:|\n| **x** | `y` |";

describe("a rich message", () => {
  it.each(["plain words", "- a\n- b", "1. a\n2. b", "# head\n\n> quote", "```\n| a |\n|---|\n```", ""])(
    "is not made of %j, which plain text says as well",
    (markdown) => {
      expect(richBlocks(markdown)).toBeUndefined();
    },
  );

  it("has a table with its head, alignment and styles, also where cells are missing", () => {
    expect(richBlocks(`${TABLE}\n| only |`)).toEqual([
      {
        type: "table",
        is_bordered: true,
        is_compact: true,
        cells: [
          [
            { text: "a", is_header: true, align: "center", valign: "top" },
            { text: "b", is_header: true, align: "right", valign: "top" },
          ],
          [
            { text: { type: "bold", text: "x" }, align: "center", valign: "top" },
            { text: { type: "code", text: "y" }, align: "right", valign: "top" },
          ],
          [
            { text: "only", align: "center", valign: "top" },
            { text: "", align: "right", valign: "top" },
          ],
        ],
      },
    ]);
  });

  it("has a list of tasks with boxes, in the numbers that were given", () => {
    expect(richBlocks("3. [x] done\n4. [ ] open\n   - below")).toEqual([
      {
        type: "list",
        items: [
          {
            blocks: [{ type: "paragraph", text: "done" }],
            has_checkbox: true,
            is_checked: true,
            value: 3,
            type: "1",
          },
          {
            blocks: [
              { type: "paragraph", text: "open" },
              { type: "list", items: [{ blocks: [{ type: "paragraph", text: "below" }] }] },
            ],
            has_checkbox: true,
            value: 4,
            type: "1",
          },
        ],
      },
    ]);
  });

  it("has everything else beside them, and links only to what Telegram takes", () => {
    const markdown = `# Head\n\nA *b* ~~c~~ 2*3*4 [d](https://x.io) [e](src/e.ts#L1) https://y.io\n\n> quote\n\n---\n\n\`\`\`ts\nlet x;\n\`\`\`\n\n<br>\n\n${TABLE}`;
    const blocks = richBlocks(markdown) ?? [];
    expect(blocks.slice(0, -1)).toEqual([
      { type: "heading", text: "Head", size: 1 },
      {
        type: "paragraph",
        text: [
          "A ",
          { type: "italic", text: "b" },
          " ",
          { type: "strikethrough", text: "c" },
          " 2",
          ["*", "3", "*"],
          "4 ",
          { type: "url", text: "d", url: "https://x.io" },
          " ",
          ["e", " (src/e.ts#L1)"],
          " ",
          { type: "url", text: "https://y.io", url: "https://y.io" },
        ],
      },
      { type: "blockquote", blocks: [{ type: "paragraph", text: "quote" }] },
      { type: "divider" },
      { type: "pre", text: "let x;", language: "ts" },
    ]);
  });

  it.each([
    ["too long", `${TABLE}\n\n${"word ".repeat(7_000)}`],
    ["of too many rows", `${TABLE}\n${"| a | b |\n".repeat(500)}`],
    ["of too many columns", `|${"a|".repeat(21)}\n|${"-|".repeat(21)}\n|${"b|".repeat(21)}`],
    ["too deep", `${TABLE}\n\n${Array.from({ length: 12 }, (_, at) => `${"  ".repeat(at)}- a`).join("\n")}`],
    ["endlessly deep", `${TABLE}\n\n${"> ".repeat(50)}a`],
  ])("is not made of what is %s", (_, markdown) => {
    expect(richBlocks(markdown)).toBeUndefined();
  });

  it("is what Telegram takes, whatever was written", () => {
    const check = (markdown: string): void => {
      const blocks = richBlocks(`${markdown}\n\n${TABLE}`);
      if (blocks !== undefined) readRich({ blocks });
    };
    for (const markdown of realistic) check(markdown);
    expect(richBlocks(realistic[0] ?? "")).toBeDefined();
    fc.assert(fc.property(nastyMarkdown, check), { numRuns: runs(500) });
  });

  it("is never deeper than Telegram takes", () => {
    const nested = (levels: number): RichBlock =>
      levels === 1 ? { type: "paragraph", text: "a" } : { type: "blockquote", blocks: [nested(levels - 1)] };
    for (let levels = 1; levels < 20; levels += 1) {
      const blocks = [nested(levels)];
      if (fitsRichMessage(blocks)) readRich({ blocks });
      expect(fitsRichMessage(blocks)).toBe(levels < 15);
    }
  });
});
