/**
 * The double's rules for what is more than text: buttons that copy, rich
 * messages, drafts and their Stop. Judged through grammY's own client.
 */
import { Api } from "grammy";
import type { InputRichBlock } from "grammy/types";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkFormatted } from "../oracle/tdlib.ts";
import { type BotApi, startBotApi } from "./bot-api/bot-api.ts";

let double: BotApi;
let api: Api;
let now = 1_000_000_000_000;

beforeEach(async () => {
  double = await startBotApi({ checkText: checkFormatted, clock: () => now });
  api = new Api(double.token, { apiRoot: double.url, timeoutSeconds: 5 });
  double.user(7).send("hello");
});

afterEach(() => double.close());

const words = { type: "paragraph", text: "words" } as const;

describe("a button that copies", () => {
  const send = (copied: string) =>
    api.sendMessage(7, "hi", {
      reply_markup: { inline_keyboard: [[{ text: "Copy", copy_text: { text: copied } }]] },
    });

  test("takes up to 256 units, and tells the bot of no press", async () => {
    await send("x".repeat(256));
    const [message] = double.chat(7).answers;
    expect(message?.buttons).toEqual([{ text: "Copy", data: "", copy: "x".repeat(256) }]);
  });

  test.each(["", "x".repeat(257)])("is refused with other text", async (copied) => {
    await expect(send(copied)).rejects.toThrow("BUTTON_COPY_TEXT_INVALID");
  });
});

describe("a rich message", () => {
  test("is sent, takes the place of text, and gives it back", async () => {
    const sent = await api.sendRichMessage(7, { blocks: [words] });
    expect(sent.rich_message.blocks).toEqual([words]);
    await api.editMessageText(7, sent.message_id, "plain");
    expect(double.chat(7).answers[0]).toMatchObject({ text: "plain", rich: undefined });
    await api.editMessageText(7, sent.message_id, { blocks: [words, { type: "divider" }] });
    expect(double.chat(7).answers[0]).toMatchObject({ text: "words\n———" });
    await expect(
      api.editMessageText(7, sent.message_id, { blocks: [words, { type: "divider" }] }),
    ).rejects.toThrow("message is not modified");
    expect(double.violations).toEqual([]);
  });

  test.each<[string, unknown[], string]>([
    ["nothing", [], "rich message must be non-empty"],
    ["nothing to read", [{ type: "paragraph", text: " " }], "RICH_MESSAGE_EMPTY"],
    ["an unknown block", [{ type: "section_heading", text: "a" }], 'type "section_heading" is unsupported'],
    ["a heading without a size", [{ type: "heading", text: "a" }], 'can\'t find field "size"'],
    ["a table of words", [{ type: "table", cells: [["a"]] }], "TableCell must be an object"],
    ["a list of words", [{ type: "list", items: ["a"] }], "object expected as InputRichBlockListItem"],
    [
      "a text of an unknown kind",
      [{ type: "paragraph", text: { type: "loud", text: "a" } }],
      "rich text type",
    ],
    [
      "a link to nowhere",
      [{ type: "paragraph", text: { type: "url", text: "a", url: "a.ts" } }],
      "wrong HTTP URL",
    ],
    ["too much text", [{ type: "paragraph", text: "a".repeat(32_769) }], "TOO_LONG"],
    ["too many blocks", Array.from({ length: 501 }, () => words), "TOO_MUCH"],
    [
      "too many columns",
      [
        {
          type: "table",
          cells: [Array.from({ length: 21 }, () => ({ text: "a", align: "left", valign: "top" }))],
        },
      ],
      "TOO_MUCH",
    ],
  ])("of %s is refused", async (_, blocks, error) => {
    await expect(api.sendRichMessage(7, { blocks: blocks as InputRichBlock[] })).rejects.toThrow(error);
  });

  test("that Telegram would have to parse is noted", async () => {
    await api.sendRichMessage(7, { markdown: "*a*", blocks: [words] });
    expect(double.violations.map(({ what }) => what)).toEqual([expect.stringMatching(/has to parse/)]);
  });
});

describe("a draft", () => {
  test("is forgotten after 30 seconds, and has no Stop unless it is asked for", async () => {
    await api.sendMessageDraft(7, 5, "");
    expect(double.chat(7).seenDrafts).toHaveLength(1);
    expect(() => double.user(7).stopDraft(5)).toThrow("no Stop under draft 5");
    await expect(api.sendMessageDraft(7, 0, "a")).rejects.toThrow("draft_id");
    now += 30_000;
    expect(double.chat(7).seenDrafts).toEqual([]);
  });

  test("is stopped by an update that names no person, and stays to be read if it is to", async () => {
    await api.sendMessageDraft(7, 5, "a", { can_stop: true });
    await api.sendMessageDraft(7, 6, "b", { can_stop: true, keep_on_stop: true });
    const update = double.user(7).stopDraft(5);
    double.user(7).stopDraft(6);
    expect(update.stopped_message_generation).toMatchObject({
      chat: { id: 7, type: "private" },
      draft_id: 5,
    });
    expect(JSON.stringify(update)).not.toContain('"from"');
    expect(double.chat(7).seenDrafts.map(({ draftId }) => draftId)).toEqual([6]);
  });
});
