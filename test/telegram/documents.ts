/**
 * Documents for the tests of Markdown and splitting: realistic ones, fragments
 * that broke other converters, and a generator that mixes them.
 */
import * as fc from "fast-check";

/** How many documents a property is tried on; FUZZ=50 in the environment means fifty times as many. */
export const runs = (usual: number): number => usual * Number(process.env["FUZZ"] ?? 1);

/** Answers as Claude writes them. */
export const realistic: readonly string[] = [
  `# Result

I fixed the bug in [\`src/queue.ts\`](src/queue.ts). Two things were wrong:

1. **The lock** was released *before* the write, see [the docs](https://example.com/a_(b)?x=1).
2. The retry used \`setTimeout\` without a bound:
   \`\`\`ts
   setTimeout(() => retry(n + 1), 2 ** n * 100);
   \`\`\`
   - it never stopped
   - and \`n\` was **\`undefined\`** at first

| file | lines | state |
|:-----|------:|:-----:|
| \`a.ts\` | 12 | ✅ |
| [b.ts](https://example.com/b) | 1300 | <b> |

> Note: \`a_1\` and 2*3*4 stay as they are.
> > Really?

- [x] tests
- [ ] docs

Done[^1]. ~~Not yet~~ 👩‍👩‍👧 🇩🇪

[^1]: Nearly.
`,
  `Überblick\n=========\n\nErst \`\`a \` b\`\`, dann:\n\n\`\`\`go\nfunc main() {\n\tfmt.Println("hi")\n}\n\`\`\`\n\n---\n\n* eins\n\n  zwei\n* drei <br> vier\n    1) fünf\n\n![Bild](https://example.com/b.png "t") and <https://x.io/?a=b&c=d> &amp; &copy; \\*no\\*\n\n<details>\n<summary>More</summary>\n\n**x**\n\n</details>\n\nSee [ref] and [other][ref].\n\n[ref]: https://example.org/ref\n`,
];

const fragments: readonly string[] = [
  ..."* ** _ __ ~ ~~ ` `` ``` ~~~ [ ] ( ) ![ ]( < > <b> </b> <br> <!-- --> | \\ & # ## > - + 1. 2) --- === : ! @ / .".split(
    " ",
  ),
  ..."a_1|2*3*4|https://example.com/a_(b)?x=1|https://exam|www.x.io|me@x.io|@someone|/start|#tag|tg://user?id=1|src/a.ts#L10".split(
    "|",
  ),
  "[a](https://example.com/x)",
  "[a](src/a.ts)",
  "[`c`](https://x.io)",
  "[](https://x.io)",
  "[![i](https://x.io/i.png)](https://x.io)",
  "[x][r]",
  "[r]",
  "[^1]",
  "\n[r]: https://x.io/r\n",
  "\n[r]: nowhere\n",
  "\n[^1]: note\n",
  "**a `b` c**",
  "***x** y*",
  "~~d~~",
  "`a|b`",
  "`` ` ``",
  "\n\n",
  "\n",
  "\n\n",
  " ",
  "    ",
  "\t",
  "\r\n",
  "\r",
  "\n- ",
  "\n  - ",
  "\n    - [x] ",
  "\n1. ",
  "\n> ",
  "\n> > ",
  "\n# ",
  "\n```js\n",
  "\n```\n",
  "\n| a | b |\n|---|:-:|\n| `x` | y |\n",
  "|---|\n",
  "\n***\n",
  "<div>",
  "&nbsp;",
  "&#13;",
  "&#x2028;",
  "&#x200f;",
  "&#0;",
  "\u0000",
  "\u0001",
  "\u001b[31m",
  "\u00a0",
  "\u200b",
  "\u200e",
  "\u200f\u200f",
  "\u202e",
  "\u2028",
  "e\u0301",
  "a\u030a",
  "\u0333",
  "\ud83d",
  "\udc4d",
  "👍",
  "👩‍👩‍👧",
  "🇩🇪",
  "👍🏽",
  "漢字",
  "שלום",
  "word",
  "two words",
  "word",
];

/** Mixtures of fragments: no shape is too silly. */
export const nastyMarkdown: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { arbitrary: fc.constantFrom(...fragments), weight: 12 },
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((pieces) => pieces.join(""));

/** Documents of many blocks, some long, for what needs more than one message. */
export const longMarkdown: fc.Arbitrary<string> = fc
  .array(fc.oneof(nastyMarkdown, fc.constantFrom(...realistic), fc.lorem({ maxCount: 60 })), {
    minLength: 2,
    maxLength: 8,
  })
  .map((blocks) => blocks.join("\n\n"));
