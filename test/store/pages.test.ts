import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom, integer } from "fast-check";
import { describe, expect, it } from "vitest";
import { readConversation } from "../../bot/store/pages/conversation.ts";
import { htmlPage } from "../../bot/store/pages/html-page.ts";
import { markdownPage } from "../../bot/store/pages/markdown-page.ts";
import { markedLines } from "../../bot/store/pages/marked-lines.ts";
import { readPackedTurns, readTurns } from "../../bot/store/pages/read-turns.ts";
import { SESSION, write } from "./archive-kit.ts";
import { tempFolder } from "./room.ts";

const prompt = (text: string, more: object = {}): string =>
  JSON.stringify({ version: 1, updateId: 1, createdAt: "2026-01-01T10:00:00.000Z", text, ...more });
const receipt = (text: string, more: object = {}): string =>
  JSON.stringify({ outcome: "answered", endedAt: "2026-01-01T10:00:05.000Z", text, tools: [], ...more });

const render = (first: string | undefined, second: string | undefined): string =>
  markdownPage(SESSION, readConversation([{ updateId: "1", prompt: first, receipt: second }]));

describe("a transcript to read", () => {
  it("shows words, answer, times and tools of a turn", () => {
    const tools = [{ name: "Bash", title: "ls\n-la" }, { name: "Read" }];
    expect(render(prompt("hi\n\n# there"), receipt("**Yes**", { tools }))).toBe(
      [
        "# Demo",
        "Session 0123abcd-0000-4000-8000-000000000000 · persona default · created 2026-01-01T00:00:00.000Z",
        "## 1 · 2026-01-01T10:00:00.000Z",
        "**You**",
        "> hi\n>\n> # there",
        "**Claude** · answered · 2026-01-01T10:00:05.000Z",
        "- Bash: ls -la\n- Read",
        "**Yes**\n",
      ].join("\n\n"),
    );
  });

  it("is in the order in which it was said, whatever numbers Telegram gave", () => {
    const at = (day: number) => `2026-01-0${day}T10:00:00.000Z`;
    const turns = [
      { updateId: "5", prompt: prompt("third", { createdAt: at(9) }), receipt: undefined },
      { updateId: "900", prompt: prompt("first", { createdAt: at(1) }), receipt: receipt("one") },
      { updateId: "901", prompt: undefined, receipt: receipt("second") },
    ];
    const read = readConversation(turns);
    expect(read.map(({ number, at: when }) => [number, when])).toEqual([
      [1, at(1)],
      [2, "turn 901"],
      [3, at(9)],
    ]);
  });

  it("says how many files came along", () => {
    expect(render(prompt("see", { attachments: [{}, {}] }), receipt("ok"))).toContain("*With 2 files.*");
  });

  it("says where they lie", () => {
    const attachments = [{ file: "5-1.png", kind: "photo" }, { file: "5-2.zip" }];
    expect(render(prompt("see", { attachments }), receipt("ok"))).toContain(
      "*With 2 files: uploads/5-1.png, uploads/5-2.zip.*",
    );
  });

  it("shows what was heard where nothing was written", () => {
    expect(render(prompt("", { heard: "buy milk" }), receipt("ok"))).toContain("**You**\n\n> buy milk\n");
  });

  it("takes an outcome that is a word and one that is an object", () => {
    expect(render(prompt("x"), receipt("y", { outcome: { kind: "stopped" } }))).toContain(
      "**Claude** · stopped",
    );
    expect(render(prompt("x"), receipt("y", { outcome: 7 }))).toContain("**Claude** · unknown");
  });

  it("says which file is missing and which cannot be read", () => {
    expect(render(undefined, "{")).toContain("*There was no prompt.json.*");
    expect(render(undefined, "{")).toContain("*turn.json could not be read.*");
    expect(render("null", undefined)).toContain("*prompt.json could not be read.*");
  });

  it("says that there was no turn", () => {
    expect(markdownPage(SESSION, [])).toContain("*No turns.*");
  });
});

describe("the same as HTML", () => {
  const page = (text: string, answer: string, more: object = {}): string =>
    htmlPage(
      SESSION,
      readConversation([{ updateId: "1", prompt: prompt(text), receipt: receipt(answer, more) }]),
    );

  it("shows Markdown as it looks, tools folded, and loads nothing", () => {
    const tools = [{ name: "Bash", title: "ls" }];
    const html = page(
      "hi\n there",
      "# Head\n\n- **a**\n- [b](https://example.org/?x=1&y=2)\n\n|x|\n|-|\n|`y`|\n\n```js\n1 < 2\n```\n![pic](https://example.org/p.png)",
      { tools },
    );
    for (const piece of [
      '<div class="you">hi\n there</div>',
      "<h3>Head</h3>",
      "<ul><li><p><strong>a</strong></p></li>",
      '<a href="https://example.org/?x=1&#38;y=2" rel="noopener noreferrer nofollow">b</a>',
      "<table><tr><th>x</th></tr><tr><td><code>y</code></td></tr></table>",
      "<pre><code>1 &#60; 2</code></pre>",
      '<details class="note"><summary>1 tool</summary><ul><li>Bash: ls</li></ul></details>',
    ])
      expect(html).toContain(piece);
    expect(html).not.toMatch(/<img|<script|src=|@import|url\(/);
  });

  const HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</div></body><svg onload=alert(1)>",
    "[x](javascript:alert(1))",
    '[x](JaVaScRiPt:alert(1) "t")',
    "![x](data:text/html,<script>alert(1)</script>)",
    '<https://example.org/"onmouseover=alert(1)>',
    "[a]: javascript:alert(1)\n\n[a]",
    "`</code><script>alert(1)</script>`",
    "```\n</pre><script>alert(1)</script>\n```",
    "|<script>alert(1)</script>|\n|-|\n|<b onclick=alert(1)>|",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u0000<\u0000script>",
    "\ud800<script>",
    `${"> ".repeat(5_000)}<script>alert(1)</script>`,
    `${"[".repeat(60_000)}<script>`,
    "]]><!--<script>-->",
  ];
  it.each(HOSTILE)("takes %j for text, wherever it stands", (text) => {
    const session = { ...SESSION, name: text.slice(0, 200), persona: text.slice(0, 200) };
    const tools = [{ name: text.slice(0, 500), title: text.slice(0, 500) }];
    const html = htmlPage(
      session,
      readConversation([
        {
          updateId: "1",
          prompt: prompt(text),
          receipt: receipt(text, { tools, outcome: text, steered: [{ at: 1, text, files: 1 }] }),
          steered: [text],
        },
        { updateId: text, prompt: undefined, receipt: undefined },
      ]),
    );
    const allowed =
      /^<(?:\/?(?:html|head|title|style|body|h1|h2|h3|p|div|em|strong|del|ul|ol|li|table|tr|th|td|pre|code|blockquote|details|summary|a)|!doctype html|meta [^<>]*|h2|p class="note"|div class="(?:you|claude)"|details class="note"|ol start="\d+"|br|hr|a href="(?:https?|mailto):[^"<>]*" rel="noopener noreferrer nofollow")>$/;
    const tags = html.replace(/<style>[^]*?<\/style>/, "").match(/<[^>]*>/g) ?? [];
    expect(tags.filter((tag) => !allowed.test(tag))).toEqual([]);
    expect(html.isWellFormed()).toBe(true);
  });
});

describe("the turns of a page", () => {
  const line = (uuid: string, content: unknown, more: object = {}): string =>
    JSON.stringify({ type: "user", isReplay: true, uuid, message: { role: "user", content }, ...more });
  const replies = (text: string) => [
    line("uuid-2", text),
    // The CLI's own words, which it says in the same way.
    line("uuid-5", "<command-name>/compact</command-name>\n<command-args></command-args>"),
    line("uuid-6", "<local-command-stdout>Compacted </local-command-stdout>"),
  ];
  const files = {
    "turns/9/prompt.json": prompt("first", { messageUuid: "uuid-own" }),
    "turns/9/turn.json": receipt("Yes."),
    "turns/9/out.ndjson": [
      line("uuid-own", "first"),
      'no JSON, though it says "isReplay":true',
      ...replies("and this"),
      line("uuid-3", [{ type: "image" }, { type: "text", text: "and that" }]),
      JSON.stringify({ type: "user", uuid: "uuid-4", message: { content: "a result" } }),
    ].join("\n"),
    "turns/10/prompt.json": prompt("second"),
    "turns/12/prompt.json": prompt("third"),
    "turns/12/turn.json": receipt("One.\n\nTwo.", { steered: [{ at: 4, text: "go on", files: 2 }] }),
    "turns/12/out.ndjson": line("uuid-7", "go on"),
    "turns/x/prompt.json": prompt("no turn"),
    "workspace/turns/11/prompt.json": prompt("no turn"),
  };
  const expected = [
    {
      updateId: "9",
      prompt: files["turns/9/prompt.json"],
      receipt: files["turns/9/turn.json"],
      steered: ["and this", "and that"],
    },
    { updateId: "10", prompt: files["turns/10/prompt.json"], receipt: undefined },
    { updateId: "12", prompt: files["turns/12/prompt.json"], receipt: files["turns/12/turn.json"] },
  ];

  it("are read from the folder, what was said meanwhile with them", async () => {
    const root = await tempFolder();
    for (const [name, text] of Object.entries(files)) write(join(root, name), text);
    symlinkSync("/etc/passwd", join(root, "turns/10/turn.json"));
    expect(await readTurns(join(root, "turns"))).toEqual(expected);
    expect(await readTurns(join(root, "nowhere"))).toEqual([]);
  });

  it("are read the same from a tarball, in whatever order", async () => {
    async function* packed() {
      for (const [path, text] of Object.entries(files).toReversed()) {
        async function* body() {
          yield Buffer.from(text);
        }
        yield { path, size: text.length, body: body() };
      }
    }
    expect(await readPackedTurns(packed())).toEqual(expected);
  });

  it("say on the page what was said while Claude worked, at its place where that is known", () => {
    expect(markdownPage(SESSION, readConversation(expected))).toContain(
      "> first\n\n**You**, while Claude worked\n\n> and this\n\n**You**, while Claude worked\n\n> and that\n\n**Claude**",
    );
    expect(markdownPage(SESSION, readConversation(expected))).toContain(
      "\n\nOne.\n\n**You**, while Claude worked\n\n> go on\n\n*With 2 files.*\n\n**Claude**\n\nTwo.\n",
    );
    expect(htmlPage(SESSION, readConversation(expected))).toMatch(
      /<p>One\.<\/p><\/div>\n<p class="note">While Claude worked:<\/p>\n<div class="you">go on<\/div>\n<p class="note">With 2 files\.<\/p>\n<div class="claude"><p>Two\./,
    );
  });

  it.each([
    [
      "before the first words",
      [{ at: 0, text: "x" }],
      "**Claude** · answered\n\n**You**, while Claude worked\n\n> x\n\n**Claude**\n\nOne.",
    ],
    ["behind the last", [{ at: 99, text: "x" }], "One.\n\n**You**, while Claude worked\n\n> x\n"],
    ["in a shape of tomorrow", "x", "**Claude** · answered\n\nOne.\n"],
  ])("are shown whole where something was written %s", (_, steered, page) => {
    const odd = receipt("One.", { steered, endedAt: undefined });
    expect(render(prompt("first"), odd)).toContain(page);
  });
});

describe("marked lines", () => {
  it("are those with the mark, however the bytes come, and none that is too long", async () => {
    const piece = constantFrom("mark", "ma", "rk", "ü", "\n", "\n", " long long long long ");
    await assert(
      asyncProperty(array(piece), array(integer({ min: 1, max: 9 })), async (pieces, sizes) => {
        const data = Buffer.from(pieces.join(""));
        async function* chunks() {
          const all = [...sizes, data.length];
          for (let at = 0, size = all.shift(); at < data.length; at += size ?? 0, size = all.shift())
            yield data.subarray(at, at + (size ?? 0));
        }
        const expected = data
          .toString("utf8")
          .split("\n")
          .filter((line) => line.includes("mark") && Buffer.byteLength(line) <= 20);
        const found: string[] = [];
        for await (const line of markedLines(chunks(), "mark", 20)) found.push(line);
        expect(found).toEqual(expected);
      }),
    );
  });
});
