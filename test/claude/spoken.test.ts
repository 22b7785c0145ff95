import { describe, expect, it } from "vitest";
import { parseSpoken } from "../../bot/claude/spoken.ts";

const UUID = "11111111-1111-4111-8111-111111111111";
const line = (entry: object) => JSON.stringify(entry);
const user = (content: unknown, more: object = {}) =>
  line({
    parentUuid: null,
    isSidechain: false,
    type: "user",
    message: { role: "user", content },
    uuid: UUID,
    ...more,
  });

describe("what is said in a line of a transcript", () => {
  it("is a person's words, without the reminders around them, and where they were said", () => {
    const content = [{ type: "text", text: "<system-reminder>today</system-reminder>\nHello " }];
    expect(
      parseSpoken(user(content, { entrypoint: "cli", cwd: "/work", timestamp: "2026-01-01T00:00:00.000Z" })),
    ).toEqual({
      kind: "prompt",
      uuid: UUID,
      text: "Hello",
      isTyped: true,
      isCommand: false,
      cwd: "/work",
      at: "2026-01-01T00:00:00.000Z",
    });
    expect(parseSpoken(user("Hello", { entrypoint: "sdk-cli" }))).toMatchObject({ isTyped: false });
  });

  it("keeps what speaks of reminders and has none, in no time however long it is", () => {
    const text = (words: string) => {
      const read = parseSpoken(user(words));
      return read?.kind === "prompt" ? read.text : undefined;
    };
    expect(text("a<system-reminder>1</system-reminder>b<system-reminder>2</system-reminder>c")).toBe("abc");
    expect(text("what is <system-reminder> for?")).toBe("what is <system-reminder> for?");
    // By a pattern that begins anew at each it took ten seconds.
    const long = "<system-reminder>".repeat(40_000);
    const startedMs = performance.now();
    expect(text(long)).toBe(long);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it("is a command of the CLI's as it was typed", () => {
    const text =
      "<command-name>/compact</command-name>\n  <command-message>compact</command-message>\n<command-args>the rest</command-args>";
    expect(parseSpoken(user(text))).toMatchObject({ text: "/compact the rest", isCommand: true });
  });

  it("is Claude's words, and the titles", () => {
    const message = { id: "msg_1", role: "assistant", model: "m", content: [{ type: "text", text: "Hi" }] };
    expect(parseSpoken(line({ type: "assistant", message, uuid: UUID }))).toEqual({
      kind: "answer",
      uuid: UUID,
      messageId: "msg_1",
      text: "Hi",
    });
    expect(parseSpoken(line({ type: "custom-title", customTitle: " Mine " }))).toEqual({
      kind: "title",
      text: "Mine",
      isOwn: true,
    });
    expect(parseSpoken(line({ type: "ai-title", aiTitle: "Its" }))).toMatchObject({ isOwn: false });
    expect(parseSpoken(line({ type: "summary", summary: "Old" }))).toMatchObject({ text: "Old" });
  });

  it.each([
    ["a tool's result", user([{ type: "tool_result", content: "x" }])],
    ["what is only for the model", user("caveat", { isMeta: true })],
    ["a subagent's", user("do it", { isSidechain: true })],
    ["the summary after /compact", user("This session is being continued", { isCompactSummary: true })],
    ["what a command printed", user("<local-command-stdout>x</local-command-stdout>")],
    ["the mark of an interruption", user("[Request interrupted by user]")],
    ["the end of a job in the background", user("<task-notification>done</task-notification>")],
    [
      "Claude at its tools",
      line({ type: "assistant", message: { content: [{ type: "tool_use" }] }, uuid: UUID }),
    ],
    [
      "the CLI in Claude's place",
      line({
        type: "assistant",
        message: { model: "<synthetic>", content: [{ type: "text", text: "x" }] },
        uuid: UUID,
      }),
    ],
    ["a snapshot", line({ type: "file-history-snapshot", messageId: UUID })],
    ["half a line", '{"type":"user","message":{"ro'],
    ["a number", "3"],
    ["a user line of another shape", '{"type":"user"}'],
  ])("is nothing in %s", (_, text) => {
    expect(parseSpoken(text)).toBeUndefined();
  });
});
