import { describe, expect, it } from "vitest";
import { bold, code, concat, f, italic, join, plain, pre } from "../../bot/telegram/formatted.ts";
import { assertFormatted } from "../oracle/tdlib.ts";

describe("the pieces of our own sentences", () => {
  it("puts styled values where they stand in the sentence", () => {
    const content = f`Session ${bold("👍 a")} has ${3} ${code("b")}${italic("")}.`;
    expect(content).toEqual({
      text: "Session 👍 a has 3 b.",
      entities: [
        { type: "bold", offset: 8, length: 4 },
        { type: "code", offset: 19, length: 1 },
      ],
    });
    assertFormatted(content);
  });

  it("joins what is not empty", () => {
    expect(join(["a", "", bold(""), bold("b"), plain("c")], ", ")).toEqual({
      text: "a, b, c",
      entities: [{ type: "bold", offset: 3, length: 1 }],
    });
    expect(join([], ", ")).toEqual({ text: "", entities: [] });
  });

  it("joins more pieces than a call can take arguments", () => {
    expect(
      join(
        Array.from({ length: 300_000 }, () => "a"),
        "",
      ).text,
    ).toHaveLength(300_000);
  });

  it("gives a block of code its language, and none where there is none", () => {
    expect(pre("a", "ts").entities).toEqual([{ type: "pre", offset: 0, length: 1, language: "ts" }]);
    expect(pre("a").entities).toEqual([{ type: "pre", offset: 0, length: 1 }]);
    expect(pre(" \n")).toEqual({ text: "", entities: [] });
  });

  it("writes what the server would keep, whatever a name or a tool's output holds", () => {
    const content = concat(
      bold("a\u0000\ud83d\u202eb"),
      "\n",
      pre("\r\n\tx\r\n\t\ty\u001b[0m\r\n"),
      "\n",
      code("\u200f\u200f"),
      ".",
    );
    expect(content.text).toBe("a \ufffdb\nx\n    y [0m\n\u200c\u200f.");
    assertFormatted(content);
  });
});
