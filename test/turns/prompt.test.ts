import { describe, expect, it } from "vitest";
import { continuation, cutOffOf, promptFile, tellCutOff } from "../../bot/turns/prompt.ts";

const tool = { id: "1", name: "Bash", title: "make", startedAt: 1 };

describe("a turn that was cut off", () => {
  it("leaves what was said, and only tools that had ended", () => {
    expect(
      cutOffOf("half an ans", [
        { ...tool, endedAt: 2 },
        { ...tool, id: "2", title: "", name: "Read", endedAt: 3, isError: true },
        { ...tool, id: "3", title: "sleep 9" },
      ]),
    ).toEqual({ said: "half an ans", tools: ["Bash make", "Read"] });
  });

  it("is told with its tools and its words", () => {
    const told = tellCutOff({ said: "half", tools: ["Bash make", "Write a.txt"] });
    expect(told).toContain("Bash make; Write a.txt.");
    expect(told).toContain("\nhalf\n");
  });

  it("is told as one in which nothing happened where nothing did", () => {
    const told = tellCutOff({ said: "", tools: [] });
    expect(told).toContain("No tool had finished.");
    expect(told).toContain("Nothing of the answer had been shown.");
  });

  it("is told with the end of a long answer, without half a sign", () => {
    const told = tellCutOff({ said: `${"🎉".repeat(1_000)}x`, tools: [] });
    expect(told.length).toBeLessThan(2_000);
    expect(told.isWellFormed()).toBe(true);
    expect(told).toContain("🎉x\n)");
  });

  it("is continued with the words that asked for it, last", () => {
    expect(continuation(["build it\n/compact"])).toMatch(/do not repeat .*\n\nbuild it\n\/compact$/s);
  });
});

describe("prompt.json", () => {
  const file = {
    version: 1,
    updateId: 5,
    sessionId: "s",
    messageUuid: "u",
    claudeSessionId: "c",
    createdAt: "2026-01-01T00:00:00.000Z",
    text: "hi",
  };

  it("keeps what a newer version adds, and refuses another version", () => {
    expect(promptFile.parse({ ...file, files: [] })).toEqual({ ...file, files: [] });
    expect(promptFile.safeParse({ ...file, version: 2 }).success).toBe(false);
  });
});
