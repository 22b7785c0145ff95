/**
 * The double is judged like the real thing: through grammY's own client and
 * through fetch, never by reaching into it.
 */
import { Api, Bot, GrammyError, HttpError, InputFile } from "grammy";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkFormatted } from "../oracle/tdlib.ts";
import { type BotApi, startBotApi } from "./bot-api/bot-api.ts";
import type { ChatMessage } from "./bot-api/message.ts";

let double: BotApi;
let api: Api;

beforeEach(async () => {
  double = await startBotApi({ checkText: checkFormatted });
  double.model.updates.isPaced = false;
  api = client(double);
});

afterEach(() => double.close());

function client(of: BotApi, timeoutSeconds = 5): Api {
  return new Api(of.token, { apiRoot: of.url, timeoutSeconds });
}

/** A person who has said hello, so that the chat exists. */
function anna() {
  const person = double.user(7001, { name: "Anna" });
  person.send("hello");
  return person;
}

async function refusal(call: Promise<unknown>): Promise<GrammyError> {
  const error = await call.then(
    () => new Error("it was not refused"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GrammyError)) throw error;
  return error;
}

const said = (call: Promise<unknown>): Promise<string> => refusal(call).then((error) => error.description);

async function raw(path: string, init?: RequestInit): Promise<{ status: number; body: string }> {
  const response = await fetch(`${double.url}${path}`, init);
  return { status: response.status, body: await response.text() };
}

describe("the door", () => {
  test("a wrong token is unauthorized", async () => {
    const { status, body } = await raw("/bot1:wrong/getMe");
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({
      status: 401,
      body: { ok: false, error_code: 401, description: "Unauthorized" },
    });
  });

  test("an unknown method is not found, and noted", async () => {
    const { status } = await raw(`/bot${double.token}/sendEverything`);
    expect(status).toBe(404);
    expect(double.violations[0]?.what).toMatch(/does not know/);
  });

  test("JSON, forms, query strings and any spelling of a method are the same call", async () => {
    const { chat } = anna();
    const base = `/bot${double.token}`;
    await raw(`${base}/sendmessage?chat_id=7001&text=query`);
    await raw(`${base}/sendMessage`, {
      method: "POST",
      body: new URLSearchParams({ chat_id: "7001", text: "form" }),
    });
    const form = new FormData();
    form.set("chat_id", "7001");
    form.set("text", "multipart");
    await raw(`${base}/SENDMESSAGE`, { method: "POST", body: form });
    expect(chat.answers.map((message) => message.text)).toEqual(["query", "form", "multipart"]);
  });

  test("getMe tells who the bot is", async () => {
    await expect(api.getMe()).resolves.toMatchObject({ is_bot: true, username: "parley_test_bot" });
  });

  test("a parameter that does not exist is a violation", async () => {
    anna();
    await api.raw.sendMessage({ chat_id: 7001, text: "hi", reply_to: 1 } as never);
    expect(double.violations.map(({ what }) => what)).toEqual([
      "a parameter that is unknown or deprecated: reply_to",
    ]);
  });
});

describe("updates", () => {
  test("what was not confirmed is delivered again, until a higher offset comes", async () => {
    const person = double.user(7001);
    person.send("one");
    person.send("two");
    const first = await api.getUpdates();
    expect(first.map(({ message }) => message?.text)).toEqual(["one", "two"]);
    await expect(api.getUpdates()).resolves.toEqual(first);
    const second = first[1]?.update_id ?? 0;
    await expect(api.getUpdates({ offset: second })).resolves.toHaveLength(1);
    expect(double.model.updates.confirmed).toHaveLength(1);
    await expect(api.getUpdates({ offset: second + 1 })).resolves.toEqual([]);
    expect(double.model.updates.confirmed).toHaveLength(2);
  });

  test("a limit is kept", async () => {
    const person = double.user(7001);
    for (const text of ["1", "2", "3"]) person.send(text);
    await expect(api.getUpdates({ limit: 2 })).resolves.toHaveLength(2);
  });

  test("a poll waits, and gets what is sent at once in one answer", async () => {
    const poll = api.getUpdates({ timeout: 30 });
    await double.waitForCall("getUpdates");
    const person = double.user(7001);
    person.send("one");
    person.send("two");
    await expect(poll).resolves.toHaveLength(2);
  });

  test("a call confirms before it answers, even when its answer is lost", async () => {
    const { updateId } = double.user(7001).send("one");
    double.fault({ method: "getUpdates", kind: "dropAfter" });
    await expect(api.getUpdates({ offset: updateId + 1 })).rejects.toThrow(HttpError);
    expect(double.model.updates.pending).toEqual([]);
  });

  test("the older of two polls gets the conflict, the newer one goes on", async () => {
    const older = said(api.getUpdates({ timeout: 30 }));
    await double.waitForCall("getUpdates");
    const newer = client(double).getUpdates({ timeout: 30 });
    await expect(older).resolves.toBe(
      "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    );
    double.user(7001).send("hello");
    await expect(newer).resolves.toHaveLength(1);
  });

  test("kinds that were not asked for are dropped", async () => {
    await api.getUpdates({ allowed_updates: ["message"] });
    const person = double.user(7001);
    const { message } = person.send("one");
    person.edit(message, "two");
    await expect(api.getUpdates()).resolves.toHaveLength(1);
    expect(double.model.updates.dropped).toHaveLength(1);
  });

  test("a hasty second poll with the same offset gets one update only", async () => {
    double.model.updates.isPaced = true;
    const person = double.user(7001);
    person.send("one");
    person.send("two");
    await expect(api.getUpdates()).resolves.toHaveLength(2);
    await expect(api.getUpdates()).resolves.toHaveLength(1);
  });

  test("an offset far past the end is taken for none", async () => {
    const { updateId } = double.user(7001).send("one");
    await expect(api.getUpdates({ offset: updateId + 500 })).resolves.toHaveLength(1);
  });

  test("numbers may start anywhere after a week", async () => {
    double.model.updates.jumpTo(17);
    expect(double.user(7001).send("one").updateId).toBe(17);
  });
});

describe("texts", () => {
  const refused: [string, Parameters<Api["sendMessage"]>[1], Record<string, unknown>, RegExp][] = [
    ["an empty text", "", {}, /^Bad Request: message text is empty$/],
    ["blanks only", " \n ", {}, /^Bad Request: message text is empty$/],
    ["4097 characters", "a".repeat(4097), {}, /^Bad Request: message is too long$/],
    [
      "an entity past the end",
      "abc",
      { entities: [{ type: "bold", offset: 2, length: 9 }] },
      /^Bad Request: /,
    ],
    [
      "an entity that cuts an emoji",
      "😀",
      { entities: [{ type: "bold", offset: 1, length: 1 }] },
      /UTF-16|middle/i,
    ],
    [
      "a link that is no address",
      "a.ts",
      { entities: [{ type: "text_link", offset: 0, length: 4, url: "src/a.ts#L10" }] },
      /URL/,
    ],
    [
      "65 bytes of callback data",
      "hi",
      { reply_markup: { inline_keyboard: [[{ text: "b", callback_data: "x".repeat(65) }]] } },
      /^Bad Request: BUTTON_DATA_INVALID$/,
    ],
    [
      "a button that does nothing",
      "hi",
      { reply_markup: { inline_keyboard: [[{ text: "b" }]] } },
      /Text buttons are unallowed/,
    ],
    [
      "an answer to a message that is gone",
      "hi",
      { reply_parameters: { message_id: 99_999 } },
      /^Bad Request: message to be replied not found$/,
    ],
    ["a topic that is not there", "hi", { message_thread_id: 5 }, /^Bad Request: message thread not found$/],
  ];

  test.each(refused)("%s is refused", async (_name, text, other, description) => {
    anna();
    const error = await refusal(api.sendMessage(7001, text, other));
    expect(error.error_code).toBe(400);
    expect(error.description).toMatch(description);
  });

  test("4096 characters and a fallback for the answered message are taken", async () => {
    anna();
    const reply = { message_id: 99_999, allow_sending_without_reply: true };
    const message = await api.sendMessage(7001, "a".repeat(4096), { reply_parameters: reply });
    expect(message.reply_to_message).toBeUndefined();
  });

  test("more than 100 entities and parse_mode are violations", async () => {
    anna();
    const entities = Array.from({ length: 101 }, (_, at) => ({
      type: "bold" as const,
      offset: at * 2,
      length: 1,
    }));
    const message = await api.sendMessage(7001, "a ".repeat(102).trim(), { entities });
    expect(message.entities).toHaveLength(100);
    await api.sendMessage(7001, "*a*", { parse_mode: "MarkdownV2" });
    expect(double.violations.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        expect.stringContaining("101 entities"),
        expect.stringContaining("parse_mode"),
      ]) as string[],
    );
  });

  test("what Telegram would trim stands trimmed, and is a violation", async () => {
    const { chat } = anna();
    await api.sendMessage(7001, "  hello\r\n ");
    expect(chat.answers[0]?.text).toBe("hello");
    expect(double.violations).toHaveLength(1);
  });

  test("a chat that never wrote is not found; one that blocked the bot is forbidden", async () => {
    await expect(said(api.sendMessage(7001, "hi"))).resolves.toBe("Bad Request: chat not found");
    const person = anna();
    person.block();
    const error = await refusal(api.sendMessage(7001, "hi"));
    expect([error.error_code, error.description]).toEqual([403, "Forbidden: bot was blocked by the user"]);
    person.unblock();
    await expect(api.sendMessage(7001, "hi")).resolves.toMatchObject({ text: "hi" });
  });
});

describe("edits", () => {
  const markup = { inline_keyboard: [[{ text: "Yes", callback_data: "y" }]] };

  test("each form is kept, and an edit without a keyboard takes it away", async () => {
    const { chat } = anna();
    const { message_id: id } = await api.sendMessage(7001, "one", { reply_markup: markup });
    expect(chat.message(id)?.buttons).toEqual([{ text: "Yes", data: "y" }]);
    await api.editMessageText(7001, id, "two");
    expect(chat.message(id)?.buttons).toEqual([]);
    expect(chat.message(id)?.versions.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test("an edit that changes nothing is refused", async () => {
    anna();
    const { message_id: id } = await api.sendMessage(7001, "one", { reply_markup: markup });
    await expect(said(api.editMessageText(7001, id, "one", { reply_markup: markup }))).resolves.toBe(
      "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    );
    await expect(said(api.editMessageReplyMarkup(7001, id, { reply_markup: markup }))).resolves.toMatch(
      /not modified/,
    );
    await api.editMessageReplyMarkup(7001, id);
    await expect(said(api.editMessageText(7001, id, "one"))).resolves.toMatch(/not modified/);
  });

  test("a message that is not there, and one of a person, cannot be edited", async () => {
    const { chat } = anna();
    await expect(said(api.editMessageText(7001, 99_999, "x"))).resolves.toBe(
      "Bad Request: message to edit not found",
    );
    const hers = chat.messages[0] as ChatMessage;
    await expect(said(api.editMessageText(7001, hers.id, "x"))).resolves.toBe(
      "Bad Request: message can't be edited",
    );
  });

  test("a deleted message is gone", async () => {
    const { chat } = anna();
    const { message_id: id } = await api.sendMessage(7001, "one");
    await api.deleteMessage(7001, id);
    expect(chat.answers).toEqual([]);
    await expect(said(api.deleteMessage(7001, id))).resolves.toBe("Bad Request: message to delete not found");
    await expect(api.deleteMessages(7001, [id])).resolves.toBe(true);
  });
});

describe("buttons", () => {
  test("a press is a query that can be answered once", async () => {
    const person = anna();
    const reply_markup = { inline_keyboard: [[{ text: "Allow", callback_data: "a1" }]] };
    await api.sendMessage(7001, "May I?", { reply_markup });
    const press = person.press(await person.seesButton("Allow"), "Allow");
    const [, update] = await api.getUpdates();
    expect(update?.callback_query).toMatchObject({
      data: "a1",
      from: { id: 7001 },
      message: { text: "May I?" },
    });
    const id = update?.callback_query?.id ?? "";
    await api.answerCallbackQuery(id, { text: "Thanks" });
    await expect(press.answered()).resolves.toEqual({ text: "Thanks", isAlert: false });
    const tooOld = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    await expect(said(api.answerCallbackQuery(id))).resolves.toBe(tooOld);
    await expect(said(api.answerCallbackQuery("17"))).resolves.toBe(tooOld);
  });

  test("a button that is not there cannot be pressed", async () => {
    const person = anna();
    await api.sendMessage(7001, "no buttons");
    expect(() => person.press(person.chat.answers[0] as ChatMessage, "Allow")).toThrow(/no button Allow/);
  });
});

describe("the rest of the chat", () => {
  test("only the emoji of the list are reactions", async () => {
    const { chat } = anna();
    const message = chat.messages[0] as ChatMessage;
    await api.setMessageReaction(7001, message.id, [{ type: "emoji", emoji: "👀" }]);
    await chat.waitForReaction(message, "👀");
    const tick = [{ type: "emoji", emoji: "✅" as never }] as const;
    await expect(said(api.setMessageReaction(7001, message.id, [...tick]))).resolves.toBe(
      "Bad Request: REACTION_INVALID",
    );
  });

  test("a draft lives in a private chat until a real message comes", async () => {
    const { chat } = anna();
    await api.sendMessageDraft(7001, 1, "thinking about it");
    expect([...chat.drafts.values()]).toMatchObject([{ draftId: 1, text: "thinking about it" }]);
    await api.sendMessage(7001, "done");
    expect(chat.drafts.size).toBe(0);
    double.group(-1001);
    await expect(said(api.sendMessageDraft(-1001, 1, "hm"))).resolves.toMatch(/PEER_INVALID/);
  });

  test("commands are checked, kept by scope, and deleted", async () => {
    await expect(said(api.setMyCommands([{ command: "New", description: "x" }]))).resolves.toBe(
      "Bad Request: BOT_COMMAND_INVALID",
    );
    await expect(said(api.setMyCommands([{ command: "new", description: "" }]))).resolves.toBe(
      "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID",
    );
    const commands = [{ command: "new", description: "Make a session" }];
    await api.setMyCommands(commands);
    await expect(api.getMyCommands()).resolves.toEqual(commands);
    await expect(api.getMyCommands({ scope: { type: "all_private_chats" } })).resolves.toEqual([]);
    await expect(said(api.setMyCommands(commands, { scope: { type: "chat", chat_id: 9 } }))).resolves.toBe(
      "Bad Request: chat not found",
    );
    await api.deleteMyCommands();
    await expect(api.getMyCommands()).resolves.toEqual([]);
  });

  test("topics in a forum have their own place; a plain chat has none", async () => {
    const forum = double.group(-1001, { isForum: true, isBotAdmin: true });
    const { message_thread_id: thread } = await api.createForumTopic(-1001, "work");
    const person = double.user(7001);
    person.send("hello", { chat: forum, threadId: thread });
    const [update] = await api.getUpdates();
    expect(update?.message).toMatchObject({
      message_thread_id: thread,
      is_topic_message: true,
      reply_to_message: { message_id: thread, forum_topic_created: { name: "work" } },
    });
    await api.sendMessage(-1001, "hi", { message_thread_id: thread });
    await expect(forum.waitForText("hi", { threadId: thread })).resolves.toMatchObject({ threadId: thread });
    anna();
    await expect(said(api.createForumTopic(7001, "x"))).resolves.toBe("Bad Request: the chat is not a forum");
    double.group(-1002, { isForum: true });
    await expect(said(api.createForumTopic(-1002, "x"))).resolves.toBe(
      "Bad Request: not enough rights to create a topic",
    );
    const made = person.openTopic("play", forum);
    person.deleteTopic(made.message.id, forum);
    const gone = api.sendMessage(-1001, "hi", { message_thread_id: made.message.id });
    await expect(said(gone)).resolves.toBe("Bad Request: message thread not found");
    forum.closedTopics.add(thread);
    await expect(said(api.sendMessage(-1001, "hi", { message_thread_id: thread }))).resolves.toBe(
      "Bad Request: TOPIC_CLOSED",
    );
  });

  test("a bot in privacy mode is shown of a group only what is meant for it", async () => {
    await double.close();
    double = await startBotApi({ bot: { can_read_all_group_messages: false } });
    const group = double.group(-1001);
    const person = double.user(7001);
    person.send("hello all", { chat: group });
    person.send("/start@another_bot", { chat: group });
    person.send("hello @parley_test_bot", { chat: group });
    person.send("/start", { chat: group });
    expect(double.model.updates.pending.map(({ message }) => message?.text)).toEqual([
      "hello @parley_test_bot",
      "/start",
    ]);
  });

  test("typing is noted; drop_pending_updates is a violation", async () => {
    const { chat } = anna();
    await api.sendChatAction(7001, "typing");
    expect(chat.actions).toMatchObject([{ action: "typing" }]);
    await api.deleteWebhook({ drop_pending_updates: true });
    expect(double.violations).toHaveLength(1);
    await expect(api.getWebhookInfo()).resolves.toMatchObject({ url: "", pending_update_count: 1 });
  });

  test("while a webhook is set nobody can poll, and deleting it keeps what waits", async () => {
    anna().send("waits");
    double.model.webhookUrl = "https://example.org/hook";
    await expect(said(api.getUpdates())).resolves.toMatch(
      /^Conflict: can't use getUpdates method while webhook/,
    );
    await api.deleteWebhook();
    await expect(api.getUpdates()).resolves.toContainEqual(
      expect.objectContaining({ message: expect.objectContaining({ text: "waits" }) }),
    );
  });
});

describe("files", () => {
  test("an upload by grammY keeps its bytes, its name and its caption", async () => {
    const { chat } = anna();
    const bytes = Buffer.from("line 1\r\n--\r\nline 2\r\n\0\u00ff");
    const message = await api.sendDocument(7001, new InputFile(bytes, "a file 1.txt"), {
      caption: "All of it",
    });
    expect(message).toMatchObject({
      caption: "All of it",
      document: { file_name: "a file 1.txt", file_size: bytes.length },
    });
    const answer = await chat.nextAnswer();
    expect(Buffer.from(answer.document?.bytes ?? [])).toEqual(bytes);
    const again = await api.sendDocument(7001, message.document?.file_id ?? "");
    expect(again.document?.file_id).toBe(message.document?.file_id);
    await expect(said(api.sendDocument(7001, new InputFile(Buffer.alloc(0), "e.txt")))).resolves.toBe(
      "Bad Request: file must be non-empty",
    );
  });

  test("a person's document and photo can be downloaded", async () => {
    const person = double.user(7001);
    person.send({
      document: { name: "notes.txt", bytes: "hello", mime: "text/plain" },
      caption: "Read this",
    });
    person.send({ photo: Buffer.from([1, 2, 3]) });
    const [first, second] = await api.getUpdates();
    expect(first?.message).toMatchObject({ caption: "Read this", document: { file_name: "notes.txt" } });
    const file = await api.getFile(first?.message?.document?.file_id ?? "");
    const { body } = await raw(`/file/bot${double.token}/${file.file_path}`);
    expect(body).toBe("hello");
    expect(second?.message?.photo?.at(-1)?.file_size).toBe(3);
    expect((await raw(`/file/bot${double.token}/documents/none`)).status).toBe(404);
    expect((await raw(`/file/bot1:x/${file.file_path}`)).status).toBe(401);
  });

  test("a file over 20 MB is too big to get", async () => {
    double.user(7001).send({ document: { name: "film.mkv", size: 30_000_000 } });
    const [update] = await api.getUpdates();
    await expect(said(api.getFile(update?.message?.document?.file_id ?? ""))).resolves.toBe(
      "Bad Request: file is too big",
    );
    await expect(said(api.getFile("nothing"))).resolves.toMatch(/wrong file_id/);
  });
});

describe("faults", () => {
  test("429 carries its pause, in the body and in the header", async () => {
    anna();
    double.fault({ method: "sendMessage", kind: "429", retryAfterS: 3 });
    const error = await refusal(api.sendMessage(7001, "hi"));
    expect(error).toMatchObject({
      error_code: 429,
      description: "Too Many Requests: retry after 3",
      parameters: { retry_after: 3 },
    });
    double.fault({ kind: "429", retryAfterS: 4 });
    const response = await fetch(`${double.url}/bot${double.token}/getMe`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "4"]);
  });

  test("sending before a 429 is over is a violation, other chats are free", async () => {
    anna();
    double.user(7002).send("hi");
    double.fault({ method: "sendMessage", kind: "429", retryAfterS: 5 });
    await refusal(api.sendMessage(7001, "hi"));
    await new Promise((resolve) => setTimeout(resolve, 120));
    await api.sendMessage(7002, "hi");
    expect(double.violations).toEqual([]);
    await api.sendMessage(7001, "hi");
    expect(double.violations.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^sent \d+ ms before retry_after was over$/),
    ]);
  });

  test.each([
    ["500", /Internal Server Error/],
    ["401", /^Unauthorized$/],
    ["409", /^Conflict/],
  ] as const)("%s is answered and nothing is carried out", async (kind, description) => {
    const { chat } = anna();
    const fault = double.fault({ method: "sendMessage", kind });
    const error = await refusal(api.sendMessage(7001, "hi"));
    expect([error.error_code, fault.hits]).toEqual([Number(kind), 1]);
    expect(error.description).toMatch(description);
    expect(chat.answers).toEqual([]);
  });

  test.each([
    ["html502", 0],
    ["cutJson", 1],
    ["dropBefore", 0],
    ["dropAfter", 1],
  ] as const)("%s is a broken answer; messages that stand: %i", async (kind, standing) => {
    const { chat } = anna();
    double.fault({ method: "sendMessage", kind });
    await expect(api.sendMessage(7001, "hi")).rejects.toThrow(HttpError);
    expect(chat.answers).toHaveLength(standing);
    await expect(api.sendMessage(7001, "again")).resolves.toMatchObject({ text: "again" });
  });

  test.each([
    ["silent", 0],
    ["silentAfter", 1],
  ] as const)("%s never answers; messages that stand: %i", async (kind, standing) => {
    const { chat } = anna();
    const fault = double.fault({ method: "sendMessage", kind });
    await expect(client(double, 0.2).sendMessage(7001, "hi")).rejects.toThrow(HttpError);
    await fault.happened();
    expect(chat.answers).toHaveLength(standing);
  });

  test("junk can stand among the updates", async () => {
    double.user(7001).send("hello");
    double.fault({ method: "getUpdates", kind: "nullInArray" });
    const junk = (await api.getUpdates()) as unknown[];
    expect(junk[0]).toBeNull();
    double.fault({ method: "getUpdates", kind: "malformedUpdate" });
    const updates = await api.getUpdates();
    expect(updates).toHaveLength(2);
    expect(updates[1]?.message?.message_id).toBe("one");
  });

  test("a fault counts, waits its turn, and looks at the parameters", async () => {
    anna();
    double.fault({
      method: "sendMessage",
      kind: "500",
      after: 1,
      times: 2,
      when: ({ text }) => text !== "spared",
    });
    const results: boolean[] = [];
    for (const text of ["1", "spared", "2", "3", "4"])
      results.push(
        await api.sendMessage(7001, text).then(
          () => true,
          () => false,
        ),
      );
    expect(results).toEqual([true, true, false, false, true]);
  });

  test("a fault on getUpdates meets the bot at once, though it is polling", async () => {
    const poll = api.getUpdates({ timeout: 30 });
    await double.waitForCall("getUpdates");
    double.fault({ method: "getUpdates", kind: "409" });
    await expect(poll).resolves.toEqual([]);
    await expect(said(api.getUpdates({ timeout: 30 }))).resolves.toMatch(/^Conflict/);
  });

  test("without a network every connection is cut, also the one that waits", async () => {
    const poll = api.getUpdates({ timeout: 30 });
    await double.waitForCall("getUpdates");
    double.goOffline();
    await expect(poll).rejects.toThrow(HttpError);
    await expect(api.getMe()).rejects.toThrow(HttpError);
    double.goOnline();
    await expect(api.getMe()).resolves.toMatchObject({ is_bot: true });
  });

  test("a chat that gets too much answers 429, another one does not", async () => {
    anna();
    double.user(7002).send("hi");
    double.flood({ calls: 2, windowMs: 60_000, retryAfterS: 7 });
    await api.sendMessage(7001, "1");
    const { message_id: id } = await api.sendMessage(7001, "2");
    await expect(said(api.editMessageText(7001, id, "3"))).resolves.toBe("Too Many Requests: retry after 7");
    await expect(api.sendMessage(7002, "1")).resolves.toMatchObject({ text: "1" });
  });
});

describe("people", () => {
  test("a message has what a real one has", async () => {
    const person = double.user(7001, { name: "Anna" });
    person.send("/new@parley_test_bot  see https://example.com/a.");
    const [update] = await api.getUpdates();
    expect(update?.message).toMatchObject({
      from: { id: 7001, is_bot: false, first_name: "Anna" },
      chat: { id: 7001, type: "private" },
      entities: [
        { type: "bot_command", offset: 0, length: 20 },
        { type: "url", offset: 26, length: 21 },
      ],
    });
    expect(Math.abs((update?.message?.date ?? 0) - Date.now() / 1000)).toBeLessThan(5);
  });

  test("channels, anonymous admins and forwards are told apart", async () => {
    const group = double.group(-1001, { title: "Work" });
    const person = double.user(7001);
    const channel = { id: -1009, type: "channel", title: "News" } as const;
    person.send("as the group", { chat: group, senderChat: group.wire });
    person.send("as a channel", { chat: group, senderChat: channel });
    person.send({ text: "look", forward: { from: "Somebody" } });
    const [asGroup, asChannel, forwarded] = (await api.getUpdates()).map(({ message }) => message);
    expect([asGroup?.from?.id, asGroup?.sender_chat?.id]).toEqual([1_087_968_824, -1001]);
    expect([asChannel?.from?.id, asChannel?.sender_chat?.id]).toEqual([136_817_688, -1009]);
    expect(forwarded?.forward_origin).toMatchObject({ type: "hidden_user", sender_user_name: "Somebody" });
  });

  test("message ids begin anew in each group", () => {
    const person = double.user(7001);
    const [one, two] = [double.group(-1001), double.group(-1002)];
    expect(person.send("a", { chat: one }).message.id).toBe(person.send("b", { chat: two }).message.id);
  });
});

describe("waits", () => {
  test("a wait ends with what comes later, and looks back only as far as it was told", async () => {
    const person = anna();
    await api.sendMessage(7001, "answer 1");
    await person.sees(/answer/);
    person.send("again");
    const seen = person.sees(/answer/);
    await api.sendMessage(7001, "answer 2");
    await expect(seen).resolves.toMatchObject({ text: "answer 2" });
    await expect(person.chat.nextAnswer()).resolves.toMatchObject({ text: "answer 1" });
    await expect(person.chat.nextAnswer()).resolves.toMatchObject({ text: "answer 2" });
  });

  test("a text that stood only for a moment was shown", async () => {
    const { chat } = anna();
    const { message_id: id } = await api.sendMessage(7001, "working");
    await api.editMessageText(7001, id, "done");
    await expect(chat.waitForShown("working")).resolves.toMatchObject({ text: "done" });
    await expect(chat.waitForText("working", { timeoutMs: 20 })).rejects.toThrow(/in vain/);
  });

  test("a wait in vain shows the chat", async () => {
    const person = anna();
    const reply_markup = { inline_keyboard: [[{ text: "Yes", callback_data: "y" }]] };
    await api.sendMessage(7001, "Shall I?", { reply_markup });
    await expect(person.sees(/never/, { timeoutMs: 20 })).rejects.toThrow(
      /waited 20 ms in vain for the bot to say \/never\/[^]*Anna: hello[^]*bot: Shall I\?[^]*\[Yes\]/,
    );
  });
});

test("grammY's own bot talks through it", async () => {
  const bot = new Bot(double.token, { client: { apiRoot: double.url } });
  bot.command("ping", (ctx) => ctx.reply("pong"));
  const running = bot.start();
  const person = double.user(7001);
  person.send("/ping");
  await person.sees("pong");
  await bot.stop();
  await running;
  expect(double.model.updates.pending).toEqual([]);
  expect(double.violations).toEqual([]);
});
