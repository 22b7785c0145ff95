import { expect, test } from "vitest";
import { shownName } from "../../bot/setup/shown-name.ts";

test("a name is one line without characters that steer a terminal", () => {
  expect(shownName(" Ann\u202Ea\n\u001B[31m ✖ ")).toBe("Ann a [31m ✖");
  expect(shownName("\u200B\n")).toBe("");
});

test("a name that is too long is cut, and no character in half", () => {
  expect(shownName(`${"a".repeat(63)}😀`)).toBe(`${"a".repeat(63)}\uFFFD`);
  expect(shownName("b".repeat(100))).toBe("b".repeat(64));
});
