import { Api } from "grammy";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Part, RichPart } from "../../bot/telegram/delivery.ts";
import { plain } from "../../bot/telegram/formatted.ts";
import { createOutbox } from "../../bot/telegram/outbox.ts";
import { type BotApi, startBotApi } from "../fakes/bot-api/bot-api.ts";
import { checkFormatted } from "../oracle/tdlib.ts";
import { tempJournal } from "./journal-kit.ts";

const PLACE = { chatId: 7 };

let double: BotApi;

beforeEach(async () => {
  double = await startBotApi({ checkText: checkFormatted });
  double.user(7).send("hello");
});

afterEach(async () => {
  await double.close();
  if (double.violations.length > 0) throw new Error(JSON.stringify(double.violations));
});

const text = (words: string): Part & { kind: "text" } => ({ kind: "text", content: plain(words) });
const rich = (words: string): RichPart => ({
  kind: "rich",
  blocks: [{ type: "paragraph", text: `rich ${words}` }],
  plain: [text(`${words} 1`), text(`${words} 2`)],
  buttons: [[{ text: "Plain", data: "plain:1:0:2" }]],
});
const standing = (): string[] => double.chat(7).answers.map((message) => message.text);

/** A life of the outbox; its clock goes on by itself where it waits. */
async function live(journal?: Awaited<ReturnType<Awaited<ReturnType<typeof tempJournal>>["open"]>>) {
  let now = 0;
  const api = new Api(double.token, { apiRoot: double.url, timeoutSeconds: 5 });
  return createOutbox({
    api,
    uploads: api,
    journal: journal ?? (await (await tempJournal()).open()),
    logger: pino({ level: "silent" }),
    checkpoint: () => {},
    nowMs: () => now,
    async wait(ms) {
      now += ms;
    },
  });
}

describe("a rich part", () => {
  it("takes the place of the plain text that streamed, with its button", async () => {
    const answer = (await live()).answer({ updateId: 5, place: PLACE });
    answer.show(() => [text("a"), text("b")]);
    await double.chat(7).waitForText("b");
    await answer.finish([rich("table"), text("below")], "answered");
    expect(standing()).toEqual(["rich table", "below"]);
    expect(double.chat(7).answers[0]).toMatchObject({
      rich: [{ type: "paragraph", text: "rich table" }],
      buttons: [{ text: "Plain" }],
    });
  });

  it.each([
    ["a server that does not know the method", 404, "Not Found: method not found"],
    ["a server that does not know blocks", 400, "Bad Request: rich message must be non-empty"],
  ])("comes plain from %s, and no other is tried", async (_, code, description) => {
    double.fault({ method: "sendRichMessage", kind: "refuse", code, description });
    const outbox = await live();
    await outbox.answer({ updateId: 5, place: PLACE }).finish([rich("a"), text("b")], "answered");
    await outbox.answer({ updateId: 6, place: PLACE }).finish([rich("c")], "answered");
    expect(standing()).toEqual(["a 1", "a 2", "b", "c 1", "c 2"]);
    expect(double.model.callsOf("sendRichMessage")).toHaveLength(1);
  });

  it("that is refused in an edit comes plain, too", async () => {
    const answer = (await live()).answer({ updateId: 5, place: PLACE });
    answer.show(() => [text("a")]);
    await double.chat(7).waitForText("a");
    double.fault({
      method: "editMessageText",
      kind: "refuse",
      description: "Bad Request: message text is empty",
      when: (payload) => payload["rich_message"] !== undefined,
    });
    await answer.finish([rich("table")], "answered");
    expect(standing()).toEqual(["table 1", "table 2"]);
  });

  it("that is refused for what is in it comes plain alone, where another was taken before", async () => {
    const outbox = await live();
    await outbox.answer({ updateId: 5, place: PLACE }).finish([rich("a")], "answered");
    double.fault({
      method: "sendRichMessage",
      kind: "refuse",
      description: "Bad Request: RICH_MESSAGE_EMPTY",
    });
    await outbox.answer({ updateId: 6, place: PLACE }).finish([rich("b")], "answered");
    await outbox.answer({ updateId: 7, place: PLACE }).finish([rich("c")], "answered");
    expect(standing()).toEqual(["rich a", "b 1", "b 2", "rich c"]);
  });

  it("that may stand twice says so", async () => {
    double.fault({ method: "sendRichMessage", kind: "dropAfter" });
    await (await live()).answer({ updateId: 5, place: PLACE }).finish([rich("a")], "answered");
    expect(standing()).toEqual(["rich a", "(may be a repeat)\nrich a"]);
  });

  it("is sent by the next life as it was stored", async () => {
    const house = await tempJournal();
    const first = await house.open();
    await first.note(5, { state: "answered", outcome: "answered", place: PLACE, parts: [rich("a")] });
    const journal = await house.open();
    const entry = journal.get(5);
    if (entry) await (await live(journal)).resume(entry);
    expect(standing()).toEqual(["rich a"]);
  });
});
