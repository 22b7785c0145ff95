import { describe, expect, it } from "vitest";
import { renderTranscript } from "../../bot/store/archive/transcript-md.ts";
import { SESSION } from "./archive-kit.ts";

const prompt = (text: string, more: object = {}): string =>
  JSON.stringify({ version: 1, updateId: 1, createdAt: "2026-01-01T10:00:00.000Z", text, ...more });
const receipt = (text: string, more: object = {}): string =>
  JSON.stringify({ outcome: "answered", endedAt: "2026-01-01T10:00:05.000Z", text, tools: [], ...more });

const render = (first: string | undefined, second: string | undefined): string =>
  renderTranscript(SESSION, [{ updateId: "1", prompt: first, receipt: second }]);

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
    expect(renderTranscript(SESSION, [])).toContain("*No turns.*");
  });
});
