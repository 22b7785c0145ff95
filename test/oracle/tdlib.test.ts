import { describe, expect, it } from "vitest";
import type { MessageEntity } from "grammy/types";
import { checkFormatted } from "./tdlib.ts";

const bold = (offset: number, length: number): MessageEntity => ({ type: "bold", offset, length });
const code = (offset: number, length: number): MessageEntity => ({ type: "code", offset, length });
const link = (url: string): MessageEntity => ({ type: "text_link", offset: 0, length: 2, url });

describe("the TDLib oracle", () => {
  it.each([
    ["plain text", "hi", []],
    ["Markdown signs in plain text, which stay as they are", "**hi** [a](https://b.co)", [bold(0, 2)]],
    ["a link whose URL only gains a slash", "hi", [link("https://Example.com")]],
    ["4096 units", "a".repeat(4096), []],
  ])("accepts %s", (_name, text, entities) => {
    expect(checkFormatted({ text, entities })).toEqual({ ok: true });
  });

  it.each([
    ["no text", "", [], "message text is empty"],
    ["only blanks", " \n", [], "message text is empty"],
    ["too much text", "a".repeat(4097), [], "message is too long"],
    ["half a surrogate pair", "a\u{d83d}", [], "UTF-8"],
    ["an entity that begins inside a character", "👍a", [bold(1, 1)], "middle of a UTF-16 symbol"],
    ["an entity past the end", "hi", [bold(0, 3)], "ends after the end"],
    ["a link to nowhere", "hi", [link("https://exam")], "Wrong HTTP URL"],
    ["a mention", "@hi", [{ type: "mention" as const, offset: 0, length: 3 }], "no entity of type"],
  ])("refuses %s", (_name, text, entities, error) => {
    expect(checkFormatted({ text, entities })).toMatchObject({
      ok: false,
      kind: "refused",
      error: expect.stringContaining(error) as string,
    });
  });

  it.each([
    ["blanks at the end", "hi\n", [], "trimmed"],
    ["control characters", "h\u0001i", [], "cleaned"],
    ["bold over code", "one two", [bold(0, 7), code(2, 2)], "Bold"],
    ["a link that would become a mention", "hi", [link("tg://user?id=12345")], "TextUrl"],
    [
      "101 entities",
      "a ".repeat(101).trim(),
      Array.from({ length: 101 }, (_, i) => code(i * 2, 1)),
      "only 100",
    ],
  ])("sees that Telegram would change %s", (_name, text, entities, error) => {
    expect(checkFormatted({ text, entities })).toMatchObject({
      ok: false,
      kind: "changed",
      error: expect.stringContaining(error) as string,
    });
  });
});
