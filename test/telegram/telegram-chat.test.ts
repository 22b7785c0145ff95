import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "grammy";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Part } from "../../bot/telegram/delivery.ts";
import { bold, f, plain } from "../../bot/telegram/formatted.ts";
import { createPace } from "../../bot/telegram/pace.ts";
import type { Refusal } from "../../bot/telegram/refusal.ts";
import { createChat } from "../../bot/telegram/telegram-chat.ts";
import type { Place } from "../../bot/turns/view.ts";
import { type BotApi, startBotApi } from "../fakes/bot-api/bot-api.ts";
import { checkFormatted } from "../oracle/tdlib.ts";

const AS_IS = { isRepeat: false, isPlain: false };

let double: BotApi;

beforeEach(async () => {
  double = await startBotApi({ checkText: checkFormatted });
  double.user(7).send("hello");
});

afterEach(async () => {
  await double.close();
  if (double.violations.length > 0) throw new Error(JSON.stringify(double.violations));
});

function bind(place: Place = { chatId: 7 }, replyTo?: number) {
  const refusals: [string, Refusal["kind"], string][] = [];
  const pace = createPace(() => 0);
  const api = new Api(double.token, { apiRoot: double.url, timeoutSeconds: 1 });
  const chat = createChat({
    api,
    uploads: api,
    pace,
    place,
    ...(replyTo === undefined ? {} : { replyTo }),
    onRefusal: (method, { kind }, description) => refusals.push([method, kind, description]),
  });
  return { chat, api, pace, refusals };
}

const part = (text: string): Part => ({ kind: "text", content: plain(text) });
const styled: Part = {
  kind: "text",
  content: f`a ${bold("b")}`,
  buttons: [
    [
      { text: "Go", data: "go:1", style: "primary" },
      { text: "No", data: "no" },
    ],
  ],
};

/** What stands as this message. */
const standing = (id: number, chatId = 7) => double.chat(chatId).message(id);

async function sent(chat: ReturnType<typeof bind>["chat"], what: Part, dress = AS_IS): Promise<number> {
  const result = await chat.send(what, dress);
  if (!result.ok) throw new Error(result.refusal.kind);
  return result.messageId;
}

describe("a file on the disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-chat-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const photo = (bytes: string, caption = "see"): Part => {
    const path = join(folder, "1");
    writeFileSync(path, Buffer.from(bytes, "latin1"));
    return { kind: "file", name: "a picture.png", path, isPhoto: true, caption: f`${bold(caption)}` };
  };
  const PNG = "\x89PNG\r\n\x1a\n";

  it("goes out under its name, with its caption, as a photo where it is one, and tells that it is on its way", async () => {
    const { chat } = bind();
    const id = await sent(chat, photo(PNG));
    expect(standing(id)?.photo?.name).toBe("a picture.png");
    expect(standing(id)).toMatchObject({ text: "see", entities: [{ type: "bold", offset: 0, length: 3 }] });
    const file = { ...photo("abc"), isPhoto: false } as Part;
    expect(Buffer.from(standing(await sent(chat, file))?.document?.bytes ?? []).toString()).toBe("abc");
    expect(double.chat(7).actions.map(({ action }) => action)).toEqual(["upload_photo", "upload_document"]);
  });

  it("goes as a file, on the second try, where Telegram refuses it as a photo", async () => {
    const { chat } = bind();
    expect(await chat.send(photo("no picture"), AS_IS)).toEqual({
      ok: false,
      refusal: { kind: "bad_request" },
    });
    const id = await sent(chat, photo("no picture"), { isRepeat: false, isPlain: true });
    expect(standing(id)?.document?.name).toBe("a picture.png");
  });

  it("is marked as a repeat in its caption, even where it has none", async () => {
    const id = await sent(bind().chat, photo(PNG, ""), { isRepeat: true, isPlain: false });
    expect(standing(id)?.text).toBe("(may be a repeat)");
  });

  it("that is gone is refused like one that Telegram never takes, and not tried for ever", async () => {
    const { chat, refusals } = bind();
    const gone = { ...photo(PNG), path: join(folder, "gone") } as Part;
    expect(await chat.send(gone, AS_IS)).toEqual({ ok: false, refusal: { kind: "bad_request" } });
    expect(refusals).toEqual([["upload", "bad_request", "our copy of the file is gone"]]);
  });
});

describe("a message", () => {
  it("stands with its entities and buttons, and without a preview", async () => {
    const id = await sent(bind().chat, styled);
    expect(standing(id)).toMatchObject({
      text: "a b",
      entities: [{ type: "bold", offset: 2, length: 1 }],
      buttons: [
        { text: "Go", data: "go:1" },
        { text: "No", data: "no" },
      ],
    });
    expect(double.calls.at(-1)?.payload).toMatchObject({ link_preview_options: { is_disabled: true } });
    expect(double.calls.at(-1)?.payload).not.toHaveProperty("parse_mode");
  });

  it("wears the mark of a repeat above its words, and its entities move", async () => {
    const id = await sent(bind().chat, styled, { isRepeat: true, isPlain: false });
    expect(standing(id)).toMatchObject({
      text: "(may be a repeat)\na b",
      entities: [
        { type: "italic", offset: 0, length: 17 },
        { type: "bold", offset: 20, length: 1 },
      ],
    });
  });

  it("is plain where it must be", async () => {
    const id = await sent(bind().chat, styled, { isRepeat: true, isPlain: true });
    expect(standing(id)).toMatchObject({ text: "(may be a repeat)\na b", entities: [] });
  });

  it("keeps, loses or gets buttons with each edit, as it says", async () => {
    const { chat } = bind();
    const id = await sent(chat, styled);
    const text = { ...styled, content: plain("more") };
    expect(await chat.edit(id, text, AS_IS)).toEqual({ ok: true });
    expect(standing(id)).toMatchObject({ text: "more", buttons: [{ text: "Go" }, { text: "No" }] });
    expect(await chat.edit(id, part("the end"), AS_IS)).toEqual({ ok: true });
    expect(standing(id)).toMatchObject({ text: "the end", buttons: [] });
  });

  it("of a file has its name, its bytes and its caption", async () => {
    const body = "grüße\n🎉\n";
    const file: Part = { kind: "file", name: "answer.md", body, caption: plain("All") };
    const id = await sent(bind().chat, file, { isRepeat: true, isPlain: false });
    expect(standing(id)).toMatchObject({ text: "(may be a repeat)\nAll", document: { name: "answer.md" } });
    expect(Buffer.from(standing(id)?.document?.bytes ?? [])).toEqual(Buffer.from(body));
  });

  it("stands in its topic, and answers who asked there", async () => {
    const forum = double.group(-100, { isForum: true });
    const threadId = double.topic(forum, "work");
    const asked = double.user(7).send("hello", { chat: forum, threadId });
    const id = await sent(bind({ chatId: -100, threadId }, asked.message.id).chat, part("hi"));
    expect(standing(id, -100)).toMatchObject({ threadId });
    expect(double.calls.at(-1)?.payload).toMatchObject({
      reply_parameters: { message_id: asked.message.id, allow_sending_without_reply: true },
    });
  });

  it("is taken away, and what is not there cannot be", async () => {
    const { chat } = bind();
    const id = await sent(chat, part("x"));
    expect(await chat.remove(id)).toEqual({ ok: true });
    expect(standing(id)).toBeUndefined();
    expect(await chat.remove(id)).toMatchObject({ ok: false });
  });
});

describe("a refusal is a value", () => {
  it("429 closes the chat for as long as it says", async () => {
    double.fault({ method: "sendMessage", kind: "429", retryAfterS: 9 });
    const { chat, pace } = bind();
    expect(await chat.send(part("x"), AS_IS)).toEqual({
      ok: false,
      refusal: { kind: "flood", retryAfterMs: 9_000 },
    });
    expect([chat.delayMs(), pace.delayMs(8)]).toEqual([9_000, 0]);
  });

  it("an edit that changes nothing", async () => {
    const { chat, refusals } = bind();
    const id = await sent(chat, part("x"));
    expect(await chat.edit(id, part("x"), AS_IS)).toEqual({ ok: false, refusal: { kind: "unchanged" } });
    expect(refusals).toEqual([["editMessageText", "unchanged", expect.stringContaining("not modified")]]);
  });

  it("an edit of what is gone", async () => {
    expect(await bind().chat.edit(4_711, part("x"), AS_IS)).toEqual({ ok: false, refusal: { kind: "gone" } });
  });

  it("a chat that has blocked the bot", async () => {
    double.user(7).block();
    expect(await bind().chat.send(part("x"), AS_IS)).toEqual({ ok: false, refusal: { kind: "closed" } });
  });

  it("text that Telegram never takes", async () => {
    expect(await bind().chat.send(part("x".repeat(5_000)), AS_IS)).toEqual({
      ok: false,
      refusal: { kind: "bad_request" },
    });
  });

  it.each(["500", "html502", "cutJson", "dropBefore", "dropAfter", "silent"] as const)(
    "%s: it may have been carried out",
    async (kind) => {
      double.fault({ method: "sendMessage", kind });
      expect(await bind().chat.send(part("x"), AS_IS)).toEqual({ ok: false, refusal: { kind: "unsure" } });
    },
  );

  it.each<[string, unknown]>([
    ["a proxy's own JSON", { error: "bad gateway" }],
    ["null", null],
    ["success without a result", { ok: true }],
    ["a message without an id", { ok: true, result: {} }],
    ["a message with an odd id", { ok: true, result: { message_id: "7" } }],
  ])("%s as the answer: it may have been carried out", async (_, body) => {
    const { chat, api, refusals } = bind();
    api.config.use(async () => body as never);
    expect(await chat.send(part("x"), AS_IS)).toEqual({ ok: false, refusal: { kind: "unsure" } });
    expect(refusals).toEqual([["sendMessage", "unsure", expect.any(String)]]);
  });

  it.each([null, {}, { ok: true }])("%j as the answer to an edit and a removal is no yes", async (body) => {
    const { chat, api } = bind();
    const id = await sent(chat, part("x"));
    api.config.use(async () => body as never);
    expect(await chat.edit(id, part("y"), AS_IS)).toEqual({ ok: false, refusal: { kind: "unsure" } });
    expect(await chat.remove(id)).toEqual({ ok: false, refusal: { kind: "unsure" } });
  });

  it("nobody there: it was not carried out", async () => {
    await double.close();
    expect(await bind().chat.send(part("x"), AS_IS)).toEqual({ ok: false, refusal: { kind: "unreached" } });
  });

  it("a topic that is gone: the chat itself is written to from then on", async () => {
    double.group(-100, { isForum: true });
    const { chat } = bind({ chatId: -100, threadId: 4_711 });
    expect(await chat.send(part("x"), AS_IS)).toEqual({ ok: false, refusal: { kind: "topic_gone" } });
    const id = await sent(chat, part("x"));
    expect(standing(id, -100)?.threadId).toBeUndefined();
  });

  it("a chat whose every topic is closed is closed: there is nowhere left", async () => {
    double.group(-100, { isForum: true });
    double.fault({ kind: "refuse", times: 9, description: "Bad Request: TOPIC_CLOSED" });
    const { chat } = bind({ chatId: -100, threadId: 4_711 });
    expect(await chat.send(part("x"), AS_IS)).toMatchObject({ refusal: { kind: "topic_gone" } });
    expect(await chat.send(part("x"), AS_IS)).toMatchObject({ refusal: { kind: "closed" } });
  });
});
