import type { Message } from "grammy/types";
import { describe, expect, it } from "vitest";
import { answerIn, decisionOf } from "../../bot/telegram/ask-replies.ts";
import type { About } from "../../bot/turns/asks/ask.ts";
import type { Ask, Decision, Place } from "../../bot/turns/view.ts";
import { makeHouse, orderOf, PLACE, until } from "../turns/kit.ts";

const ask = (about: About): Ask => ({
  session: "3b241101",
  updateId: 5,
  n: 1,
  about,
  state: { kind: "waiting" },
});
const permission = ask({
  kind: "permission",
  toolName: "Bash",
  doing: { kind: "command", command: "x" },
  rules: [],
});
const question = ask({
  kind: "question",
  question: "?",
  header: "",
  options: [],
  isMulti: false,
  chosen: [],
  number: 1,
  of: 1,
});
const plan = ask({ kind: "plan" });

describe("words", () => {
  it.each<[Ask, string, boolean, Decision | undefined]>([
    [permission, "yes", false, { verb: "allow", isForSession: false }],
    [permission, "Ja!", false, { verb: "allow", isForSession: false }],
    [permission, "NO", false, { verb: "deny" }],
    [permission, "nein.", true, { verb: "deny" }],
    [permission, "yes, but in another folder", false, undefined],
    [permission, "yes, but in another folder", true, { verb: "deny", reason: "yes, but in another folder" }],
    [permission, "what is that?", false, undefined],
    [question, "no", false, { verb: "say", text: "no" }],
    [question, "something else", false, { verb: "say", text: "something else" }],
    [plan, "go", false, { verb: "go", withEdits: false }],
    [plan, "stop", false, { verb: "stop" }],
    [plan, "shorter", false, { verb: "change", wish: "shorter" }],
    [plan, "", true, undefined],
  ])("to %#: %j %s", (about, text, isReply, decision) => {
    expect(decisionOf(about, text, isReply)).toEqual(decision);
  });
});

/** A permission that waits in the session that is current in Anna's chat, asked where she wrote. */
async function bench(place: Place = PLACE) {
  const house = await makeHouse();
  const life = await house.live();
  const { sessions, asks, journal } = life;
  await sessions.makeCurrent(place, house.session.id);
  await life.turns.submit(5, house.session.id, { ...orderOf("do it"), place });
  const run = await life.run(0);
  const say = (requestId: string): void =>
    run.say({
      type: "permission_asked",
      requestId,
      toolName: "Bash",
      toolUseId: requestId,
      input: { command: requestId },
      suggestions: [],
    });
  say("r1");
  await until(() => asks.waitingIn(house.session.id).length === 1);
  const read = (given: Partial<Message>) =>
    answerIn(
      { asks, sessions, journal },
      {
        message_id: 9,
        date: 1,
        chat: { id: 7, type: "private", first_name: "Anna" },
        from: { id: 7, is_bot: false, first_name: "Anna" },
        ...given,
      },
    );
  const short = house.session.id.slice(0, 8);
  const reply = (data: string, messageId = 100): Message =>
    ({
      message_id: messageId,
      reply_markup: { inline_keyboard: [[{ text: "Allow once", callback_data: data }]] },
    }) as Message;
  return { house, life, say, read, reply, short };
}

describe("a message while a permission waits", () => {
  it("decides it by a plain yes, by words in reply, and else is a message", async () => {
    const { read, reply, short } = await bench();
    expect(read({ text: " yes " })?.decision).toEqual({ verb: "allow", isForSession: false });
    expect(read({ text: "hello" })).toBeUndefined();
    const asked = reply(`ask:${short}:5:1:once`);
    expect(read({ text: "not there", reply_to_message: asked as never })?.decision).toEqual({
      verb: "deny",
      reason: "not there",
    });
  });

  it("decides nothing where it is another's, elsewhere, passed on, or about another message", async () => {
    const { read, reply, short } = await bench();
    const bert = { id: 8, is_bot: false, first_name: "Bert" };
    expect(read({ text: "yes", from: bert })).toBeUndefined();
    expect(read({ text: "yes", chat: { id: 8, type: "private", first_name: "Bert" } })).toBeUndefined();
    const forwarded = { type: "user" as const, sender_user: bert, date: 1 };
    expect(read({ text: "yes", forward_origin: forwarded })).toBeUndefined();
    expect(read({ text: "yes", reply_to_message: { message_id: 50 } as never })).toBeUndefined();
    for (const data of [`ask:${short}:5:2:once`, `ask:${short}:6:1:once`, "ask:00000000:5:1:once"])
      expect(read({ text: "yes", reply_to_message: reply(data) as never })).toBeUndefined();
  });

  it("decides nothing in another topic where its session is current, too: nobody sees there what is asked", async () => {
    const { read, reply, short, life, house } = await bench();
    await life.sessions.makeCurrent({ ...PLACE, threadId: 3 }, house.session.id);
    const elsewhere = { message_thread_id: 3, is_topic_message: true } as const;
    expect(read({ text: "yes", ...elsewhere })).toBeUndefined();
    const asked = reply(`ask:${short}:5:1:once`) as never;
    expect(read({ text: "yes", ...elsewhere, reply_to_message: asked })?.decision.verb).toBe("allow");
    expect(read({ text: "yes" })?.decision.verb).toBe("allow");
  });

  it("decides it in a topic, where each message hangs under the one that opened it", async () => {
    const place = { ...PLACE, threadId: 3 };
    const { read } = await bench(place);
    const inTopic = { message_thread_id: 3, is_topic_message: true } as const;
    const root = { message_id: 3, forum_topic_created: { name: "Garden", icon_color: 1 } } as never;
    expect(read({ text: "yes", ...inTopic, reply_to_message: root })?.decision.verb).toBe("allow");
  });

  it("decides by words in reply to what asks, not to what was said before it", async () => {
    const { read, life } = await bench();
    await life.journal.note(5, { state: "sent", part: 0, messageId: 50 });
    await life.journal.note(5, { state: "sent", part: 1, messageId: 51 });
    const to = (message_id: number, text: string) =>
      read({ text, reply_to_message: { message_id } as never })?.decision;
    expect(to(51, "use make")).toEqual({ verb: "deny", reason: "use make" });
    expect(to(50, "good, and use make later")).toBeUndefined();
    expect(to(50, "yes")).toEqual({ verb: "allow", isForSession: false });
  });

  it("says yes to none of two", async () => {
    const { read, say, life, house } = await bench();
    say("r2");
    await until(() => life.asks.waitingIn(house.session.id).length === 2);
    expect(read({ text: "yes" })).toBeUndefined();
  });
});
