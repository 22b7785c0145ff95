import { describe, expect, it } from "vitest";
import type { Part } from "../../bot/telegram/delivery.ts";
import type { FooterMode } from "../../bot/telegram/presenter/footer.ts";
import { presentAnswer } from "../../bot/telegram/presenter/turn.ts";
import { newProgress } from "../../bot/turns/progress.ts";
import type { ToolUse, TurnView, Usage } from "../../bot/turns/view.ts";
import { checkParts, HOSTILE, textOf } from "./presenter-check.ts";

const USAGE: Usage = {
  costUsd: 0.0213,
  inputTokens: 1,
  outputTokens: 1,
  contextTokens: 28_000,
  contextWindow: 200_000,
};

const tool = (title: string, more: Partial<ToolUse> = {}): ToolUse => ({
  id: title,
  name: "Bash",
  title,
  startedAt: 1_000,
  endedAt: 4_200,
  ...more,
});

function answer(view: Partial<TurnView>, footer: FooterMode = "auto"): Part[] {
  const whole: TurnView = {
    ...newProgress().view,
    phase: "ended",
    text: "Done.",
    outcome: { kind: "answered" },
    usage: USAGE,
    durationMs: 12_000,
    ...view,
  };
  const parts = presentAnswer(whole, { updateId: 5 }, { footer, isRich: false });
  checkParts(parts);
  return parts;
}

const folded = (parts: readonly Part[]): string[] =>
  parts.flatMap((part) =>
    part.kind === "text"
      ? part.content.entities
          .filter(({ type }) => type === "expandable_blockquote")
          .map(({ offset, length }) => part.content.text.slice(offset, offset + length))
      : [],
  );

describe("the fold-away line", () => {
  it("sums up tools, time, cost and context, and unfolds to the tools", () => {
    const { endedAt: _, ...cutOff } = tool("sleep 9");
    const tools = [
      tool("npm test"),
      tool("src/a.ts", { name: "Edit", isError: true, endedAt: 1_100 }),
      tool("x", { name: "mcp__github__get_issue", title: "", endedAt: 91_000 }),
      cutOff,
    ];
    const parts = answer({ tools });
    expect(folded(parts)).toEqual([
      [
        "⚙️ 4 tools · 12 s · $0.02 · context 14 %",
        "• Bash npm test · 3.2 s",
        "• Edit src/a.ts · failed, 0.1 s",
        "• get_issue · 1 min 30 s",
        "• Bash sleep 9 · cut off",
      ].join("\n"),
    ]);
    expect(textOf(parts)).toMatch(/^Done\.\n\n⚙️/);
  });

  it.each<[string, FooterMode, Partial<TurnView>, string | undefined]>([
    ["not under a short answer without tools", "auto", {}, undefined],
    ["under a tool", "auto", { tools: [tool("ls")] }, "⚙️ 1 tool"],
    ["under a long wait", "auto", { durationMs: 31_000 }, "⏱ 31 s"],
    [
      "where the context is nearly full",
      "auto",
      { usage: { ...USAGE, contextTokens: 160_000 } },
      "⏱ 12 s · $0.02 · context 80 %",
    ],
    ["under every answer, if wished", "always", {}, "⏱ 12 s · $0.02 · context 14 %"],
    ["under a stopped turn", "auto", { outcome: { kind: "stopped" }, tools: [tool("ls")] }, "⚙️ 1 tool"],
    [
      "under a failed turn",
      "auto",
      { outcome: { kind: "failed", failure: { kind: "conversation_missing" } }, tools: [tool("ls")] },
      "⚙️ 1 tool",
    ],
    ["under none, if wished", "off", { tools: [tool("ls")] }, undefined],
    [
      "not where a turn was cut off",
      "always",
      { outcome: { kind: "interrupted" }, tools: [tool("ls")] },
      undefined,
    ],
    [
      "not where nothing ran",
      "always",
      { outcome: { kind: "refused", refusal: { kind: "disk_full" } } },
      undefined,
    ],
    [
      "without what is not known",
      "always",
      { usage: { costUsd: 0, inputTokens: 0, outputTokens: 0 } },
      "⏱ 12 s",
    ],
    [
      "without cents that are none",
      "always",
      { usage: { costUsd: 0.001, inputTokens: 0, outputTokens: 0 } },
      "⏱ 12 s · under $0.01",
    ],
  ])("stands %s", (_, footer, view, start) => {
    const [line] = folded(answer(view, footer));
    if (start === undefined) expect(line).toBeUndefined();
    else expect(line?.slice(0, start.length)).toBe(start);
  });

  it("lists the first tools where there are many", () => {
    const [line = ""] = folded(answer({ tools: Array.from({ length: 40 }, (_, at) => tool(`step ${at}`)) }));
    expect(line.split("\n")).toHaveLength(14);
    expect(line).toMatch(/^⚙️ 40 tools[^]*step 11[^]*and 28 more$/);
  });

  it("is only its first line, or a message of its own, where the last message has no room", () => {
    const tools = Array.from({ length: 12 }, (_, at) => tool(`step ${at} ${"x".repeat(50)}`));
    expect(folded(answer({ text: "a".repeat(3_900), tools }))).toEqual([
      "⚙️ 12 tools · 12 s · $0.02 · context 14 %",
    ]);
    const parts = answer({ text: "a".repeat(4_000), tools });
    expect(parts).toHaveLength(2);
    expect(folded(parts.slice(1))[0]).toMatch(/step 11/);
  });

  it("stands under the text of a long answer, above its file", () => {
    const parts = answer({ text: "word ".repeat(4_000), tools: [tool("ls")] });
    expect(parts.at(-1)?.kind).toBe("file");
    expect(folded(parts.slice(-2))).toHaveLength(1);
  });

  it.each(HOSTILE)("takes tools whose names are %s", (_, word) => {
    answer({ tools: [tool(word), tool(word, { name: word })], text: word });
  });
});

describe("code that is short", () => {
  const copies = (text: string): (readonly string[])[] =>
    answer({ text }).map((part) =>
      part.kind === "text"
        ? (part.buttons ?? []).flat().flatMap((button) => ("copy" in button ? [button.copy] : []))
        : [],
    );

  it("gets a button that copies exactly what Claude wrote, named by its first line", () => {
    const [part] = answer({ text: "Run this:\n\n```sh\nnpm test\n```\n\n- and\n\n  ```\n    a\n  b\n  ```" });
    expect(part).toMatchObject({
      buttons: [[{ text: "📋 npm test", copy: "npm test" }], [{ text: "📋 a", copy: "  a\nb" }]],
    });
  });

  it.each<[string, string, readonly string[]]>([
    ["not where it is long", `\`\`\`\n${"x".repeat(257)}\n\`\`\``, []],
    ["up to what the clipboard takes", `\`\`\`\n${"x".repeat(256)}\n\`\`\``, ["x".repeat(256)]],
    ["not where Telegram would change it", "```make\nall:\n\ttrue\n```", []],
    ["not for a table", "| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nls\n```", ["ls"]],
    ["once for the same", "```\nls\n```\n\n```\nls\n```", ["ls"]],
    ["not where there are too many", "```\na\n```\n\n```\nb\n```\n\n```\nc\n```\n\n```\nd\n```", []],
    ["not for what cannot be seen", "```\n\u200b\n```\n\nx", []],
  ])("gets one %s", (_, text, expected) => {
    expect(copies(text)).toEqual([expected]);
  });

  it("gets it under the message in which it stands", () => {
    expect(copies(`\`\`\`\nfirst\n\`\`\`\n\n${"word ".repeat(900)}\n\n\`\`\`\nlast\n\`\`\``)).toEqual([
      ["first"],
      ["last"],
    ]);
  });
});
