import * as fc from "fast-check";
import type { MessageEntity } from "grammy/types";
import { describe, expect, it } from "vitest";
import { linkUrl } from "../../bot/telegram/markdown/link-url.ts";
import { parseMarkdown } from "../../bot/parse-markdown.ts";
import { stablePrefix } from "../../bot/telegram/markdown/stable-prefix.ts";
import { renderMarkdown } from "../../bot/telegram/markdown.ts";
import { splitFormatted } from "../../bot/telegram/split.ts";
import type { Formatted } from "../../bot/telegram/formatted.ts";
import { assertFormatted, checkFormatted } from "../oracle/tdlib.ts";
import { longMarkdown, nastyMarkdown, realistic, runs } from "./documents.ts";

/** Entities as `type:covered text`, which reads better than offsets. */
function styles({ text, entities }: Formatted): string[] {
  return entities.map((entity) => {
    const detail = detailOf(entity);
    return `${entity.type}${detail}:${text.slice(entity.offset, entity.offset + entity.length)}`;
  });
}

function detailOf(entity: MessageEntity): string {
  if (entity.type === "text_link") return `(${entity.url})`;
  return entity.type === "pre" && entity.language !== undefined ? `(${entity.language})` : "";
}

/** The server cuts off a text past 35,000 bytes: a long one is judged in its parts. */
function assertRendered(markdown: string): void {
  const content = renderMarkdown(markdown);
  if (content.text === "") return;
  if (content.text.length <= 4096 && content.entities.length <= 100) assertFormatted(content, markdown);
  else for (const part of splitFormatted(content)) assertFormatted(part, markdown.slice(0, 2000));
}

const cases: readonly [name: string, markdown: string, text: string, entities: readonly string[]][] = [
  ["plain text", "Hello, *world", "Hello, *world", []],
  [
    "bold, italic and struck text",
    "**a** *b* _c_ ~~d~~",
    "a b c d",
    ["bold:a", "italic:b", "italic:c", "strikethrough:d"],
  ],
  ["one tilde as itself", "about ~5 to ~6", "about ~5 to ~6", []],
  ["nested styles", "**a *b* c**", "a b c", ["bold:a b c", "italic:b"]],
  ["bold in bold as one", "# a **b** c", "a b c", ["bold:a b c", "underline:a b c"]],
  ["a second-level heading", "## a", "a", ["bold:a"]],
  ["code inside bold as code only", "**a `b` c**", "a b c", ["bold:a", "code:b", "bold:c"]],
  ["blanks at the ends of code outside of it", "x `` `a` `` y", "x `a` y", ["code:`a`"]],
  ["underscores inside a word", "a_1 and b_2_c", "a_1 and b_2_c", []],
  ["stars between numbers", "2*3*4 and 2**3**4 and a*b*c", "2*3*4 and 2**3**4 and a*b*c", []],
  [
    "emphasis between other letters",
    "这是*强调*的 and **bold**ly",
    "这是强调的 and boldly",
    ["italic:强调", "bold:bold"],
  ],
  ["escapes and character references", "\\*a\\* &amp; &lt;b&gt; &#42;", "*a* & <b> *", []],
  ["a hard break, a soft break and <br>", "a  \nb\nc<br>d<br/>e", "a\nb\nc\nd\ne", []],
  ["paragraphs apart", "a\n\n\n\nb", "a\n\nb", []],
  ["Windows line ends", "a\r\nb\r\n\r\nc", "a\nb\n\nc", []],
  [
    "a link",
    '[the *docs*](https://example.com/a_(b)?x=1 "title")',
    "the docs",
    ["text_link(https://example.com/a_(b)?x=1):the docs", "italic:docs"],
  ],
  [
    "code as a link's label as link only",
    "[`a.ts`](https://x.io/a.ts)",
    "a.ts",
    ["text_link(https://x.io/a.ts):a.ts"],
  ],
  [
    "a link that Telegram would refuse with its target",
    "[a](src/a.ts#L1) [b](https://exam)",
    "a (src/a.ts#L1) b (https://exam)",
    [],
  ],
  ["a link without a label as its target", "[](https://x.io) [](a.ts)", "https://x.io a.ts", []],
  ["a link to a person as text", "[boss](tg://user?id=12345)", "boss (tg://user?id=12345)", []],
  [
    "an address and a number as text",
    "[mail](mailto:a@b.co) [call](tel:+123)",
    "mail (mailto:a@b.co) call (tel:+123)",
    [],
  ],
  [
    "bare URLs and addresses as themselves",
    "https://example.com/a_(b)?x=1 <https://x.io> www.x.io a@b.co",
    "https://example.com/a_(b)?x=1 https://x.io www.x.io a@b.co",
    [],
  ],
  [
    "a reference",
    "[a][r] and [r]\n\n[r]: https://x.io/r",
    "a and r",
    ["text_link(https://x.io/r):a", "text_link(https://x.io/r):r"],
  ],
  ["a reference to nothing as written", "[a][r] [b]", "[a][r] [b]", []],
  [
    "images as links",
    "![alt](https://x.io/a.png) ![](b.png)",
    "🖼 alt 🖼 image (b.png)",
    ["text_link(https://x.io/a.png):🖼 alt"],
  ],
  [
    "an image in a link",
    "[![alt](https://x.io/a.png)](https://x.io)",
    "🖼 alt",
    ["text_link(https://x.io):🖼 alt"],
  ],
  [
    "a list with lists in it",
    "- a\n  - b\n    - c\n      - d\n- e",
    "• a\n  ◦ b\n    ▪ c\n      • d\n• e",
    [],
  ],
  ["a loose list loosely", "- a\n\n  b\n- c", "• a\n\n  b\n\n• c", []],
  ["numbers from where they start", "3. a\n4. b\n   - c", "3. a\n4. b\n  ◦ c", []],
  ["tasks", "- [x] a\n- [ ] b\n1. [x] c", "☑ a\n☐ b\n\n1. ☑ c", []],
  ["code in a list at the margin", "- a\n  ```js\n  b\n  ```\n  c", "• a\nb\n  c", ["pre(js):b"]],
  [
    "a code block with its language",
    "```ts title=x\nif (a) {\n\tb;\n}\n```",
    "if (a) {\n    b;\n}",
    ["pre(ts):if (a) {\n    b;\n}"],
  ],
  ["a code block that is not closed yet", "a\n\n```py\nx = 1", "a\n\nx = 1", ["pre(py):x = 1"]],
  [
    "Markdown in code as it is",
    "```\n**a** [b](c) <br>\n```",
    "**a** [b](c) <br>",
    ["pre:**a** [b](c) <br>"],
  ],
  ["code that is indented throughout, moved to the left", "```\n  a\n    b\n```", "a\n  b", ["pre:a\n  b"]],
  [
    "code whose first line is deepest, with its indentation",
    "```\n    a\n  b\n```",
    "\u00a0 a\nb",
    ["pre:\u00a0 a\nb"],
  ],
  ["a strange language as none", "```{.x y}\na\n```", "a", ["pre:a"]],
  ["a quote", "> a **b**\n>\n> c", "a b\n\nc", ["blockquote:a b\n\nc", "bold:b"]],
  [
    "a quote in a quote by its sign",
    "> a\n> > b\n> > c\n\nd",
    "a\n\n> b\n> c\n\nd",
    ["blockquote:a\n\n> b\n> c"],
  ],
  ["code in a quote", "> ```js\n> a\n> ```", "a", ["blockquote:a", "pre(js):a"]],
  ["a rule", "a\n\n---\n\nb", "a\n\n──────────\n\nb", []],
  [
    "HTML as it is written",
    "a <b>b</b> <!-- c -->\n\n<div>\n**d**\n</div>",
    "a <b>b</b> <!-- c -->\n\n<div>\n**d**\n</div>",
    [],
  ],
  ["footnotes", "a[^1] b[^n]\n\n[^1]: c\n[^n]: d", "a[1] b[n]\n\n[1] c\n\n[n] d", []],
  [
    "a table, aligned by what is seen",
    "| a | b | c |\n|:--|--:|:-:|\n| `x\\|y` | 1 | 漢 |\n| <b> | 22 | 👍👍👍 |",
    "a   │  b │   c\n────┼────┼───────\nx|y │  1 │   漢\n<b> │ 22 │ 👍👍👍",
    ["pre:a   │  b │   c\n────┼────┼───────\nx|y │  1 │   漢\n<b> │ 22 │ 👍👍👍"],
  ],
  [
    "a table's links below it, each once",
    "| a |\n|-|\n| **[x](https://x.io)** [y](y.md) |\n| [x](https://x.io) <br> https://z.io |",
    "a\n────────────────\nx y\nx   https://z.io\n• x\n• y (y.md)\n• https://z.io",
    ["pre:a\n────────────────\nx y\nx   https://z.io", "text_link(https://x.io):x"],
  ],
  [
    "a table whose first cell is empty",
    "| | b |\n|-|-|\n| x | y |",
    "\u00a0 │ b\n──┼──\nx │ y",
    ["pre:\u00a0 │ b\n──┼──\nx │ y"],
  ],
  [
    "a table too wide for a phone row by row, its links and styles kept",
    `| Name | What it is good for | |\n|-|-|-|\n| **a** | ${"word ".repeat(8)}[x](https://x.io) | z |\n| b | | |`,
    `▪ Name: a\n  What it is good for: ${"word ".repeat(8)}x\n  z\n▪ Name: b`,
    ["bold:a", "text_link(https://x.io):x", "bold:b"],
  ],
  ["what looks like a mention or command as text only", "@you /start #tag", "@you /start #tag", []],
  ["control characters as blanks", "a\u0001b\u001b[1m c&#x2028;d", "a b [1m c d", []],
  [
    "marks the server deletes without them",
    "A\u030a a\u202eb\u0333 x\u200f\u200fy",
    "Å ab x\u200c\u200fy",
    [],
  ],
  ["half a surrogate pair as a replacement sign", "a\ud83d", "a\ufffd", []],
];

describe("renderMarkdown", () => {
  it.each(cases)("shows %s", (_name, markdown, text, entities) => {
    const content = renderMarkdown(markdown);
    expect(content.text).toBe(text);
    expect(styles(content)).toEqual(entities);
    expect(checkFormatted(content)).toEqual({ ok: true });
  });

  it.each([[""], [" \n\t"], ["[a]: https://x.io"], ["```js\n"], ["&nbsp;"], ["\u200b\n\n\u2800"], ["> "]])(
    "gives empty text for %j, in which nothing can be seen",
    (markdown) => {
      expect(renderMarkdown(markdown)).toEqual({ text: "", entities: [] });
    },
  );

  it("folds a long quote and leaves a short one open", () => {
    expect(styles(renderMarkdown(`> ${"a".repeat(600)}`))).toEqual([`blockquote:${"a".repeat(600)}`]);
    expect(styles(renderMarkdown(`> ${"a".repeat(601)}`))).toEqual([
      `expandable_blockquote:${"a".repeat(601)}`,
    ]);
  });

  it("cuts a target that nobody reads", () => {
    const { text } = renderMarkdown(`![x](data:image/png;base64,${"A".repeat(5000)})`);
    expect(text).toMatch(/^🖼 x \(data:image\/png;base64,A+…\)$/);
    expect(text.length).toBeLessThan(320);
  });

  it("does not let one long cell or one long target swell the text", () => {
    const table = `|a|b|\n|-|-|\n|${"x".repeat(20_000)}|y|\n${"|x|y|\n".repeat(2000)}`;
    expect(renderMarkdown(table).text.length).toBeLessThan(20 * table.length);
    const references = `${"[a] ".repeat(1000)}\n\n[a]: ${"b".repeat(20_000)}`;
    expect(renderMarkdown(references).text.length).toBeLessThan(400_000);
  });

  it("never leaves the server anything to change, whatever is written", () => {
    fc.assert(fc.property(nastyMarkdown, assertRendered), { numRuns: runs(2000) });
  });

  it("never leaves the server anything to change in long documents", () => {
    fc.assert(fc.property(longMarkdown, assertRendered), { numRuns: runs(100) });
  });

  it.each([...realistic.entries()])(
    "is valid at every moment of streaming (document %i)",
    (_index, markdown) => {
      for (let end = 0; end <= markdown.length; end += 1) assertRendered(markdown.slice(0, end));
    },
  );

  it.each([
    ["1000 quotes in each other", "> ".repeat(1000) + "a"],
    ["1000 lists in each other", "- ".repeat(1000) + "a"],
    ["1000 lists line by line", Array.from({ length: 250 }, (_, i) => `${"  ".repeat(i)}- a`).join("\n")],
    ["1000 nested emphases", "**a ".repeat(1000) + "b** ".repeat(1000)],
    ["a lazy quote below many", `${"> ".repeat(50)}a\n${"b\n".repeat(500)}`],
    ...[
      "[",
      "*",
      "*a ",
      "a**b",
      "`",
      "> ",
      "<",
      "![",
      "[a](",
      "|",
      "- ",
      "<!--",
      "a<?",
      "~~a ",
      "\n",
      "a",
      "word ",
      "&",
      "\\",
    ].map((piece): [string, string] => [
      `1 MB of ${JSON.stringify(piece)}`,
      piece.repeat(1_000_000 / piece.length),
    ]),
    ...["[", "*a ", "a**b", "[a](", "a<?", "**a ", "> "].map((piece): [string, string] => [
      `60,000 units of ${JSON.stringify(piece)}`,
      piece.repeat(60_000 / piece.length),
    ]),
  ])("renders %s", (_name, markdown) => {
    const content = renderMarkdown(markdown);
    for (const part of splitFormatted(content)) assertFormatted(part);
  });

  it("renders a long text of many blocks, and shows what is too long or too tangled to parse as it is written", () => {
    const blocks = "**a** b, and so on\n\n".repeat(3_600);
    const list = "- **a** b, and so on\n".repeat(3_300);
    expect(renderMarkdown(blocks).entities).toHaveLength(3_600);
    expect(renderMarkdown(list)).toEqual({ text: list.trim(), entities: [] });
    for (const rest of [list, "*a ".repeat(20_000)]) {
      const { text, entities } = renderMarkdown(`${blocks}${rest}`);
      expect(text.endsWith(rest.trim())).toBe(true);
      // The last block may be one with what follows, as far as can be seen.
      expect(entities.length).toBeGreaterThanOrEqual(3_599);
    }
  });
});

describe("linkUrl", () => {
  it.each([
    "https://example.com",
    "HTTP://Example.COM/a_(b)?x=1#y",
    "https://1.2.3.4:8080/x",
    "https://пример.рф/ж",
    "https://a_b.example.co.uk?x",
    "tg://resolve?domain=x",
  ])("takes %s, as Telegram does", (url) => {
    expect(linkUrl(url)).toBe(url);
    const entity: MessageEntity = { type: "text_link", offset: 0, length: 1, url };
    expect(checkFormatted({ text: "a", entities: [entity] })).toEqual({ ok: true });
  });

  it.each([
    "",
    "#top",
    "src/a.ts",
    "/etc/passwd",
    "example.com",
    "https://exam",
    "https://localhost:80/",
    "https://",
    "https://.",
    "https://a..b",
    "http://a b.com",
    "https://x.io:0/",
    "https://x.io:080/",
    "https://x.io:99999/",
    "https://user:password@x.io/",
    "mailto:a@b.co",
    "tel:+123",
    "tg://user?id=1",
    "TG://USER?id=1",
    "javascript:alert(1)",
    "ftp://x.io",
  ])("does not take %.40s", (url) => {
    expect(linkUrl(url)).toBeUndefined();
  });

  it("does not take a URL too long for Telegram", () => {
    expect(linkUrl(`https://x.io/${"a".repeat(3000)}`)).toBeUndefined();
  });

  it("makes blanks part of the URL", () => {
    expect(linkUrl("https://x.io/a b")).toBe("https://x.io/a%20b");
  });

  it("takes nothing that TDLib refuses", () => {
    const piece = fc.constantFrom(
      ...'https:// http:// tg:// x.io a . : / ? # @ % %2 %20 [ ] ::1 80 0 99999 - _ é 漢 ! $ ( ) \\ " < > user resolve ?id=1 domain= \u0301 \u202e \u200d'.split(
        " ",
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom("https://", "http://x", "tg://"),
        fc.array(piece, { maxLength: 8 }),
        (start, rest) => {
          const url = linkUrl(start + rest.join(""));
          if (url !== undefined)
            assertFormatted({ text: "a", entities: [{ type: "text_link", offset: 0, length: 1, url }] });
        },
      ),
      { numRuns: runs(5000) },
    );
  });
});

function stableIn(markdown: string): number {
  const tree = parseMarkdown(markdown.toWellFormed());
  return tree === undefined ? 0 : stablePrefix(tree, markdown);
}

describe("stablePrefix", () => {
  it.each([
    ["nothing", "", ""],
    ["a line that is being written", "a\n\nb", ""],
    ["everything before the last whole block", "a\n\nb\n\nc\n", "a\n\nb\n\n"],
    ["nothing of a list that may go on", "- a\n\n- b\n", ""],
    ["a list that another block has ended", "- a\n- b\n\n# c\n", "- a\n- b\n\n"],
    ["what is before a block that interrupts another", "a\n\nb\n# c\nd\n", "a\n\n"],
    ["what is before open code", "a\n\n```\nb\n\nc\n", "a\n\n"],
    ["what is before indented code, not what is right after it", "a\n\n    b\n\n*\n- c\n", "a\n\n"],
  ])("is %s", (_name, markdown, prefix) => {
    expect(markdown.slice(0, stableIn(markdown))).toBe(prefix);
  });

  it("cuts where both sides, rendered apart, make the same as the whole, however it goes on", () => {
    fc.assert(
      fc.property(longMarkdown, nastyMarkdown, (markdown, more) => {
        const whole = `${markdown}${more}`.replaceAll("]:", "]；");
        const cut = stableIn(whole.slice(0, markdown.length));
        expect(glue(renderMarkdown(whole.slice(0, cut)), renderMarkdown(whole.slice(cut)))).toEqual(
          renderMarkdown(whole),
        );
      }),
      { numRuns: runs(150) },
    );
  });

  it.each([...realistic.entries()])(
    "never takes back what it gave, as the text grows (document %i)",
    (_index, markdown) => {
      let before = 0;
      for (let end = 0; end <= markdown.length; end += 1) {
        const cut = stableIn(markdown.slice(0, end));
        expect(cut).toBeGreaterThanOrEqual(before);
        before = cut;
      }
      expect(before).toBeGreaterThan(0);
    },
  );
});

function glue(a: Formatted, b: Formatted): Formatted {
  if (a.text === "" || b.text === "") return a.text === "" ? b : a;
  const shift = a.text.length + 2;
  return {
    text: `${a.text}\n\n${b.text}`,
    entities: [...a.entities, ...b.entities.map((entity) => ({ ...entity, offset: entity.offset + shift }))],
  };
}
