import { Bot } from "grammy";
import type { Message, Update } from "grammy/types";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { wait } from "../../bot/clock.ts";
import { installBot } from "../../bot/telegram/bot.ts";
import type { Request } from "../../bot/telegram/command.ts";
import { plain } from "../../bot/telegram/formatted.ts";
import type { Outbox } from "../../bot/telegram/outbox.ts";
import { type BotApi, startBotApi } from "../fakes/bot-api/bot-api.ts";
import { makeHouse, orderOf, PLACE, until } from "../turns/kit.ts";

let double: BotApi;
let hasTopics = false;

beforeEach(async () => {
  hasTopics = false;
  double = await startBotApi();
  double.user(7).send("hello");
});

afterEach(async () => {
  await double.close();
  if (double.violations.length > 0) throw new Error(JSON.stringify(double.violations));
});

/** The bot with one command, /pack, and its button; both are written down. */
async function bench() {
  const house = await makeHouse();
  const life = await house.live();
  const asked: Request[] = [];
  const said: string[] = [];
  /** The messages about which something was remarked. */
  const remarks: number[] = [];
  const outbox: Outbox = {
    answer: () => ({ show: () => {}, isDrafted: () => false, finish: async () => void said.push("answer") }),
    async resume() {},
    notice: async () => void said.push("notice"),
    async remark(_, __, { replyTo }) {
      if (replyTo !== undefined) remarks.push(replyTo);
      return undefined;
    },
  };
  const log: string[] = [];
  let release = (): void => {};
  const run = async (request: Request) => {
    asked.push(request);
    if (request.text === "slowly") await new Promise<void>((resolve) => (release = resolve));
    return [{ kind: "text", content: plain("ok") } as const];
  };
  const bot = new Bot(double.token, {
    client: { apiRoot: double.url },
    botInfo: {
      id: 1,
      is_bot: true,
      first_name: "P",
      username: "parley_bot",
      get has_topics_enabled() {
        return hasTopics;
      },
    } as never,
  });
  const handle = installBot({
    ...life,
    api: bot.api,
    outbox,
    now: () => new Date("2026-01-01"),
    bot,
    canHear: false,
    wait,
    gatherMs: 200,
    access: { userIds: new Set([7]), chatIds: new Set([-100]) },
    table: {
      commands: [
        { name: "pack", description: "pack", isSlow: true, run },
        { name: "lead", description: "lead", isSlow: true, leads: true, run },
        { name: "name", description: "name", run },
      ],
      buttons: [
        { kind: "pack", isSlow: true, press: run },
        { kind: "lead", isSlow: true, leads: true, press: run },
        { kind: "name", press: run },
        {
          kind: "tap",
          async tap(request) {
            asked.push(request);
            return {
              toast: `Noted ${request.text}.`,
              after: async () => void said.push("decided"),
            };
          },
        },
      ],
    },
    every(ms) {
      log.push(`every ${ms}`);
      return () => log.push("stopped");
    },
    logger: pino({ level: "silent" }),
  });
  const from = { id: 7, is_bot: false, first_name: "Anna" };
  const messageOf = (text: string, more: Partial<Message> = {}) => ({
    message_id: 1,
    date: 1,
    from,
    chat: { id: 7, type: "private" as const, first_name: "Anna" },
    text,
    ...(text.startsWith("/") ? { entities: [{ type: "bot_command" as const, offset: 0, length: 5 }] } : {}),
    ...more,
  });
  const take = async (update: Update): Promise<void> => {
    await life.journal.take([update]);
    await handle(update);
  };
  const write = (id: number, text: string, more: Partial<Message> = {}): Promise<void> =>
    take({ update_id: id, message: messageOf(text, more) } as Update);
  const press = (id: number, data: string): Promise<void> =>
    take({
      update_id: id,
      callback_query: { id: String(id), from, chat_instance: "1", data, message: messageOf("list") },
    });
  return {
    ...life,
    house,
    log,
    release: () => release(),
    asked,
    said,
    remarks,
    take,
    write,
    press,
    messageOf,
  };
}

describe("a message of ours", () => {
  it("that begins with a command is that command", async () => {
    const { write, asked, journal } = await bench();
    await write(5, "/pack Home");
    expect(asked).toMatchObject([{ text: "Home", userId: 7, updateId: 5 }]);
    expect(journal.get(5)?.state).toBe("done");
  });

  it("is that command in capitals, too, and with the bot's name behind it", async () => {
    const { write, asked } = await bench();
    const entities = [{ type: "bot_command" as const, offset: 0, length: 16 }];
    await write(5, "/Pack Home");
    await write(6, "/PACK@Parley_bot  Home ", { entities });
    await write(7, "/pack", { entities: [{ type: "bot_command", offset: 0, length: 5 }] });
    expect(asked.map(({ text }) => text)).toEqual(["Home", "Home", ""]);
  });

  it("is none of ours where it names another bot, or has another name", async () => {
    const { write, asked, journal } = await bench();
    await write(5, "/pack@other_bot", { entities: [{ type: "bot_command", offset: 0, length: 15 }] });
    await write(6, "/packs", { entities: [{ type: "bot_command", offset: 0, length: 6 }] });
    await until(() => journal.get(6)?.state === "held");
    expect(asked).toEqual([]);
  });

  it("that was forwarded is no command: another wrote it", async () => {
    const { write, asked, journal } = await bench();
    const forward_origin = { type: "hidden_user" as const, date: 1, sender_user_name: "Eve" };
    await write(5, "/pack Home", { forward_origin });
    expect(asked).toEqual([]);
    await until(() => journal.get(5)?.state !== "received");
    expect(journal.get(5)).toMatchObject({
      state: "held",
      order: { text: '(forwarded message from "Eve")\n/pack Home' },
    });
  });
});

describe("messages that are one", () => {
  const photo = { photo: [{ file_id: "p", file_unique_id: "p", width: 1, height: 1 }] };
  const album = { ...photo, media_group_id: "1" };

  it("are held as one order, named by the first of them; the others are done with it", async () => {
    const { take, journal, messageOf } = await bench();
    for (const id of [5, 6, 7]) {
      const { text: _, ...message } = messageOf("", { message_id: id, ...album });
      await take({ update_id: id, message } as Update);
    }
    // Gathered: a crash here finds all of them as they were taken.
    expect([5, 6, 7].map((id) => journal.get(id)?.state)).toEqual(["received", "received", "received"]);
    await until(() => journal.get(7)?.state === "done");
    expect(journal.get(5)).toMatchObject({
      state: "held",
      order: { messageId: 5, joined: [6, 7], attachments: [{}, {}, {}] },
    });
  });

  it("are meant for the bot in a group where the first of them is", async () => {
    const { take, journal, messageOf } = await bench();
    const chat = { id: -100, type: "supergroup" as const, title: "Club" };
    const name = "@parley_bot what is this?";
    const caption = {
      caption: name,
      caption_entities: [{ type: "mention" as const, offset: 0, length: 11 }],
    };
    for (const [id, more] of [
      [4, { media_group_id: "0" }],
      [5, caption],
      [6, {}],
    ] as const) {
      const { text: _, ...message } = messageOf("", { message_id: id, chat, ...album, ...more });
      await take({ update_id: id, message } as Update);
    }
    await until(() => journal.get(6)?.state === "done");
    expect(journal.get(4)?.state).toBe("done");
    expect(journal.get(5)).toMatchObject({ state: "held", order: { text: "what is this?", joined: [6] } });
  });

  it("are what they were edited to while more of them was waited for, and no word is lost of it", async () => {
    const { take, write, journal, messageOf } = await bench();
    const edit = (id: number, message: object): Promise<void> =>
      take({ update_id: id, edited_message: { ...message, edit_date: 2 } } as Update);
    const { text: _, ...picture } = messageOf("", { message_id: 5, ...album });
    await take({ update_id: 5, message: { ...picture, caption: "which is older?" } } as Update);
    await take({ update_id: 6, message: { ...picture, message_id: 6 } } as Update);
    await edit(7, { ...picture, caption: "which is newer?" });
    // A crash here finds it as it is now.
    expect(journal.get(5)).toMatchObject({
      state: "received",
      update: { update_id: 5, message: { caption: "which is newer?" } },
    });
    await until(() => journal.get(6)?.state === "done");
    expect(journal.get(5)).toMatchObject({ state: "held", order: { text: "which is newer?", joined: [6] } });

    const long = "x".repeat(3_000);
    await write(8, long, { message_id: 8 });
    await edit(9, messageOf(`${long} y`, { message_id: 8 }));
    await write(10, "z", { message_id: 10 });
    await until(() => journal.get(10)?.state === "done");
    expect(journal.get(8)).toMatchObject({ state: "held", order: { text: `${long} y\nz` } });
  });

  it("hold no command in their midst, and go on before a command that comes after them", async () => {
    const { write, asked, journal } = await bench();
    const long = "x".repeat(3_000);
    await write(5, long, { message_id: 5 });
    await write(6, `/pack ${long}`, { message_id: 6 });
    await write(7, "/pack Home", { message_id: 7, date: 60 });
    expect(asked).toMatchObject([{ text: "Home" }]);
    expect(journal.get(5)).toMatchObject({ state: "held", order: { text: `${long}\n/pack ${long}` } });
  });
});

/** A chat in which nothing is held up: what is said there later is done sooner. */
const ELSEWHERE = { chat: { id: -100, type: "group" as const, title: "Us" } };

describe("what comes at once", () => {
  it("is dealt with in order: a message does not overtake the command before it", async () => {
    const { write, asked, journal, release } = await bench();
    const named = write(5, "/name slowly");
    const written = write(6, "and this");
    await until(() => asked.length === 1 && journal.get(6) !== undefined);
    await write(7, "/name", ELSEWHERE);
    expect(journal.get(7)?.state).toBe("done");
    expect(journal.get(6)?.state).toBe("received");
    release();
    await Promise.all([named, written]);
    expect(journal.get(6)?.state).toBe("held");
  });

  it("does not wait for a command that is known to take long", async () => {
    const { write, asked, journal, release } = await bench();
    const packed = write(5, "/pack slowly");
    await write(6, "and this");
    expect(asked).toHaveLength(1);
    expect(journal.get(6)?.state).toBe("held");
    release();
    await packed;
  });

  it.each(["/lead slowly", "lead:slowly"])(
    "waits for %s, which leads to another session, until that says where",
    async (data) => {
      const { write, press, asked, journal, release } = await bench();
      const led = data.startsWith("/") ? write(5, data) : press(5, data);
      const written = write(6, "and this");
      await until(() => asked.length === 1 && journal.get(6) !== undefined);
      await write(7, "/name", ELSEWHERE);
      expect(journal.get(7)?.state).toBe("done");
      expect(journal.get(6)?.state).toBe("received");
      asked[0]?.letNext?.();
      await written;
      expect(journal.get(6)?.state).toBe("held");
      release();
      await led;
    },
  );
});

describe("a press", () => {
  it("under a message that Telegram shows no more does nothing where there are topics: whose it was is not known", async () => {
    const { asked, take } = await bench();
    const chat = { id: 7, type: "private" as const, first_name: "Anna" };
    const from = { id: 7, is_bot: false, first_name: "Anna" };
    const lost = { chat, message_id: 1, date: 0 as const };
    const press = (id: number, data: string) =>
      take({
        update_id: id,
        callback_query: { id: String(id), from, chat_instance: "1", data, message: lost },
      });
    await press(5, "name:a");
    expect(asked).toHaveLength(1);
    hasTopics = true;
    await press(6, "name:b");
    expect(asked).toHaveLength(1);
  });
});

describe("what takes long", () => {
  it.each(["/pack slowly", "pack:slowly"])("%s shows typing at once, and until it ends", async (data) => {
    const { write, press, log, release } = await bench();
    const done = data.startsWith("/") ? write(5, data) : press(5, data);
    const { payload } = await double.waitForCall("sendChatAction");
    expect(payload).toMatchObject({ chat_id: 7, action: "typing" });
    expect(log).toEqual(["every 4500"]);
    release();
    await done;
    expect(log).toEqual(["every 4500", "stopped"]);
  });

  it("is done though typing cannot be shown", async () => {
    double.fault({ method: "sendChatAction", kind: "refuse" });
    const { write, said } = await bench();
    await write(5, "/pack Home");
    await double.waitForCall("sendChatAction");
    expect(said).toEqual(["answer"]);
  });

  it("only: what is quick shows nothing", async () => {
    const { write, press, log } = await bench();
    await write(5, "/name Home");
    await press(6, "name:Home");
    expect(log).toEqual([]);
  });
});

describe("a button that decides first", () => {
  it("is answered with what was decided, and then carried out", async () => {
    const { press, asked, said } = await bench();
    await press(6, "tap:a:b");
    const { payload } = await double.waitForCall("answerCallbackQuery");
    expect(payload).toMatchObject({ text: "Noted a:b." });
    expect(asked).toMatchObject([{ updateId: 6, userId: 7, text: "a:b" }]);
    expect(said).toEqual(["decided"]);
  });
});

describe("an answer to a question", () => {
  async function asking() {
    const all = await bench();
    const { house, sessions, turns, asks, run: runOf } = all;
    await sessions.makeCurrent(PLACE, house.session.id);
    await turns.submit(5, house.session.id, orderOf("ask me", 50));
    const run = await runOf(0);
    run.open();
    const questions = ["First?", "Second?"].map((question) => ({ question, options: [{ label: "A" }] }));
    const toolName = "AskUserQuestion";
    const request = { requestId: "r1", toolUseId: "t1", toolName, input: { questions }, suggestions: [] };
    run.say({ type: "permission_asked", ...request });
    const waiting = () => asks.waitingIn(house.session.id).map(({ ask }) => ask.n);
    await until(() => waiting().includes(1));
    return { ...all, scripted: run, waiting };
  }

  it("that is edited when Claude has it is said to be too late, once; an edit of no word is not", async () => {
    const { write, take, messageOf, waiting, remarks } = await asking();
    await write(6, "blue");
    await until(() => waiting().includes(2));
    const edit = (id: number, text: string) =>
      take({ update_id: id, edited_message: { ...messageOf(text), edit_date: 2 } } as Update);
    await edit(7, "blue");
    expect(remarks).toEqual([]);
    await edit(8, "green");
    await edit(9, "red");
    expect(remarks).toEqual([1]);
  });

  it("that is long, and that the client cut, is one answer, and only that", async () => {
    const { write, house, asks, scripted: run, journal, waiting } = await asking();
    await write(6, "a".repeat(4_096));
    await write(7, "and b", { message_id: 2 });
    await until(() => waiting().includes(2));
    expect((await asks.kept(house.session, { updateId: 5, n: 1 }))?.state).toEqual({
      kind: "answered",
      answer: `${"a".repeat(4_096)}and b`,
    });
    await until(() => journal.get(6)?.state === "done" && journal.get(7)?.state === "done");
    expect(run.sent).toEqual([]);
  });
});
