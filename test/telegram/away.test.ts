import type { Message, Update } from "grammy/types";
import { describe, expect, it } from "vitest";
import { type AwayDeps, createAway } from "../../bot/telegram/away.ts";
import { keptButton } from "../../bot/telegram/commands/kept.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import type { Place } from "../../bot/turns/view.ts";
import { makeHouse, orderOf, PLACE } from "../turns/kit.ts";
import { checkParts, pressButtons, textOf } from "./presenter-check.ts";

const NOW = Date.parse("2026-01-01T00:00:00.000Z");
const HOUR = 3_600_000;
const ago = (hours: number): Date => new Date(NOW - hours * HOUR);
const ME = { id: 1, username: "parley_bot" };
const ANNA = { id: 7, is_bot: false, first_name: "Anna" };

const messageOf = (hours: number, text: string, more: Partial<Message> = {}): Message =>
  ({
    message_id: 1,
    date: ago(hours).getTime() / 1_000,
    from: ANNA,
    chat: { id: 7, type: "private", first_name: "Anna" },
    text,
    ...(text.startsWith("/")
      ? { entities: [{ type: "bot_command", offset: 0, length: text.split(" ")[0]?.length }] }
      : {}),
    ...more,
  }) as Message;

/** A life after nobody was there for `hours`; the journal's own time stands still. */
async function back(hours: number, given?: Awaited<ReturnType<typeof makeHouse>>, laterHours = 0) {
  const house = given ?? (await makeHouse());
  const life = await house.live();
  const said: { place: Place; parts: readonly Part[]; id: number; over: number | undefined }[] = [];
  const toasts: string[] = [];
  /** Notes that were taken away. */
  const taken: number[] = [];
  const deps: AwayDeps = {
    journal: life.journal,
    kept: life.kept,
    outbox: {
      async notice(place, parts, over) {
        checkParts(parts);
        const id = over ?? 500 + said.length;
        said.push({ place, parts, id, over });
        return id;
      },
      async remark(_, parts, { messageId }) {
        expect(parts).toEqual([]);
        if (messageId !== undefined) taken.push(messageId);
        return undefined;
      },
    },
    answerPress: (_, text) => void toasts.push(text),
    me: () => ME,
    harmless: new Set(["status"]),
    staleAfterMs: 6 * HOUR,
    now: () => new Date(NOW + laterHours * HOUR),
  };
  const away = createAway(deps, hours === 0 ? undefined : ago(hours));
  /** Takes updates that had waited; gives the ids of those that may be done. */
  const take = async (...updates: Update[]): Promise<number[]> => {
    away.back(ago(hours));
    const fresh = await life.journal.take(updates, ago(hours));
    const admitted = fresh.filter(({ update_id: id }) => {
      const entry = life.journal.get(id);
      return entry !== undefined && away.admit(entry);
    });
    await away.tell();
    return admitted.map(({ update_id: id }) => id);
  };
  const button = keptButton({ kept: life.kept, now: deps.now });
  const press = async (text: string, messageId: number): Promise<string> => {
    const request = { updateId: 99, place: PLACE, userId: 7, messageId, text };
    const refusal = await button.refuse?.(request);
    if (refusal !== undefined) return refusal;
    const parts = (await button.press(request)) ?? [];
    checkParts(parts);
    return textOf(parts);
  };
  const labels = (at: number) => pressButtons(said[at]?.parts ?? []).map(({ text }) => text);
  const texts = () => said.map(({ parts }) => textOf(parts));
  return { house, ...life, away, take, said, texts, labels, toasts, taken, press };
}

/** What the start does with what an earlier life had in line. */
async function recoverQueued({ journal, away }: Awaited<ReturnType<typeof back>>): Promise<void> {
  for (const entry of journal.unfinished()) away.admit(entry);
  await away.tell();
}

const message = (id: number, hours: number, text: string, more: Partial<Message> = {}): Update =>
  ({ update_id: id, message: messageOf(hours, text, { message_id: id, ...more }) }) as Update;

describe("after an outage", () => {
  it("in which nothing became old, the chat is told in one line, and all of it is done", async () => {
    const { take, texts, journal } = await back(2);
    expect(await take(message(5, 1, "one"), message(6, 1, "two"))).toEqual([5, 6]);
    expect(texts()).toEqual([
      expect.stringMatching(/^💤 I was away from .+ to .+\. 2 messages waited; I answer them now\.$/),
    ]);
    expect(journal.get(5)?.state).toBe("received");
  });

  it("what is too old is kept, the rest is done; one message says both", async () => {
    const { take, texts, labels, journal } = await back(9);
    expect(
      await take(message(5, 8, "old one"), message(6, 7, "/archive Home"), message(7, 1, "young")),
    ).toEqual([7]);
    expect(texts()).toEqual([
      expect.stringMatching(
        /3 messages waited\. I answer 1 of them now\. 2 are older than 6 h and run only if you say so:\n1\. .+old one\n2\. .+\/archive Home$/,
      ),
    ]);
    expect(labels(0)).toEqual(["Run all", "Pick", "Drop"]);
    expect([5, 6, 7].map((id) => journal.get(id)?.state)).toEqual(["kept", "kept", "received"]);
  });

  it("a command that only tells is done, however old", async () => {
    const { take } = await back(9);
    expect(
      await take(message(5, 8, "/status"), message(6, 8, "/status@parley_bot"), message(7, 8, "/new")),
    ).toEqual([5, 6]);
  });

  it("a press is answered and does nothing, if it may be old", async () => {
    const press = { id: "1", from: ANNA, chat_instance: "1", data: "new", message: messageOf(9, "list") };
    const old = await back(9);
    expect(await old.take({ update_id: 5, callback_query: press })).toEqual([]);
    expect(old.toasts).toEqual([expect.stringMatching(/while I was away/)]);
    expect(old.journal.get(5)?.state).toBe("done");
    const fresh = await back(2);
    expect(await fresh.take({ update_id: 5, callback_query: press })).toEqual([5]);
  });

  it("a group is told of what was meant for the bot, and of nothing else", async () => {
    const { take, texts, journal } = await back(9);
    const chat = { id: -100, type: "supergroup" as const, title: "Club" };
    const called = { chat, entities: [{ type: "mention" as const, offset: 0, length: 11 }] };
    expect(
      await take(message(5, 8, "among us", { chat }), message(6, 8, "@parley_bot hello", called)),
    ).toEqual([5]);
    expect(journal.get(6)?.state).toBe("kept");
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toMatch(/1 message waited\. It is older/);
  });

  it("an album and a text that was cut are one each", async () => {
    const { take, texts } = await back(9);
    const { text: _, ...bare } = messageOf(8, "");
    const photo = {
      photo: [{ file_id: "p", file_unique_id: "p", width: 1, height: 1 }],
      media_group_id: "1",
    };
    const piece = (id: number) =>
      ({ update_id: id, message: { ...bare, ...photo, message_id: id } }) as Update;
    await take(piece(5), piece(6), message(7, 7, "x".repeat(3_000)), message(8, 7, "the end"));
    expect(texts()[0]).toMatch(/2 messages waited.*\n1\. .+2 files\n2\. .+x…$/s);
  });

  it("what was accepted and had not begun waits for a word, too", async () => {
    const house = await makeHouse();
    const before = await house.live();
    await before.journal.note(5, {
      state: "queued",
      sessionId: house.session.id,
      order: orderOf("queued words", 50),
    });
    const { away, journal, texts, press, starts, run, end } = await back(9, house);
    const entry = journal.get(5);
    if (entry === undefined) throw new Error("no entry");
    // Taken nine hours ago.
    expect(away.admit({ ...entry, at: ago(9).toISOString() })).toBe(false);
    away.back(ago(9));
    await away.tell();
    expect(texts()[0]).toMatch(/queued words/);
    expect(await press("run", 500)).toMatch(/Running 1 message/);
    (await run(0)).answer("ok");
    await end(5);
    expect(starts.map(({ message: { content } }) => content)).toEqual(["queued words"]);
  });

  it("sessions that had a turn under way are told in the same message; after a short restart alone", async () => {
    const { away, take, texts, house } = await back(2);
    away.recovered(PLACE, [house.session]);
    expect(texts()).toEqual([]);
    await take(message(5, 1, "one"));
    expect(texts()).toEqual([
      expect.stringMatching(/1 message waited; I answer it now\.\n♻️ Recovered 1 session/),
    ]);
    const short = await back(0);
    short.away.recovered(PLACE, [house.session]);
    expect(short.texts()).toEqual([expect.stringMatching(/^♻️ Recovered/)]);
  });
});

describe("what is kept", () => {
  it("runs in order at Run all, once", async () => {
    const { take, press, again, journal } = await back(9);
    await take(message(5, 8, "one"), message(6, 8, "two"));
    expect(await press("run", 500)).toMatch(/Running 2 messages.*one\n.*two/s);
    expect(again).toEqual([5, 6]);
    expect(journal.get(5)).toMatchObject({ state: "received", isWanted: true });
    expect(await press("run", 500)).toMatch(/another time/);
    expect(again).toEqual([5, 6]);
  });

  it("is chosen one by one at Pick", async () => {
    const { take, press, again, journal } = await back(9);
    await take(message(5, 8, "one"), message(6, 8, "two"), message(7, 8, "three"));
    expect(await press("pick", 500)).toMatch(/Which of these/);
    expect(await press("run:6", 500)).toMatch(/It runs\. Which of these.*one\n.*three/s);
    expect(await press("drop:5", 500)).toMatch(/It is dropped/);
    expect(again).toEqual([6]);
    expect([5, 6, 7].map((id) => journal.get(id)?.state)).toEqual(["done", "received", "kept"]);
    expect(await press("drop", 500)).toMatch(/Dropped: Claude will not see this.*three/s);
  });

  it("loses the note that said what it waited for, and is asked about where its session is gone meanwhile", async () => {
    const first = await back(0);
    const { session } = first.house;
    first.turns.close();
    await first.turns.submit(5, session.id, orderOf("one"));
    await first.journal.note(5, { state: "noted", messageId: 300 });
    // The journal's own time stands still: all that it has is from now.
    const late = await back(9, first.house, 10);
    await recoverQueued(late);
    expect(late.taken).toEqual([300]);
    await late.sessions.forget(session.id);
    expect(await late.press("run", 500)).toMatch(/Running 1 message/);
    expect(late.journal.get(5)?.state).toBe("held");
    expect(late.asked).toEqual([PLACE]);
  });

  it("is listed anew under /status, and then only there", async () => {
    const { take, press, again } = await back(9);
    await take(message(5, 8, "one"));
    expect(await press("show", 700)).toMatch(/Which of these shall run/);
    expect(await press("run", 500)).toMatch(/another time/);
    expect(await press("run:5", 700)).toMatch(/It runs\. Nothing waits here any more/);
    expect(again).toEqual([5]);
    expect(await press("show", 700)).toMatch(/another time/);
  });

  it("changes where the person edits it", async () => {
    const { take, kept, journal } = await back(9);
    await take(message(5, 8, "one"));
    const edited = messageOf(8, "other", { message_id: 5 });
    const isIt = ({ update }: { update?: unknown }) => (update as Update).message?.message_id === 5;
    await kept.edit(isIt, {
      order: (order) => order,
      update: (update) => ({ ...(update as Update), message: edited }),
    });
    expect(journal.get(5)).toMatchObject({
      state: "kept",
      kept: { notice: 500 },
      update: { message: { text: "other" } },
    });
  });

  it("is not told again after a restart, and its buttons still work; a later outage has one list of all", async () => {
    const first = await back(9);
    await first.take(message(5, 8, "one"));
    const second = await back(0, first.house);
    await second.away.tell();
    expect(second.texts()).toEqual([]);
    const third = await back(9, first.house);
    await third.take(message(6, 8, "two"));
    expect(third.texts()[0]).toMatch(/2 messages waited.*one\n.*two/s);
    // The first list, which had the number 500 as this one has, stands aside.
    expect(third.said.map(({ over }) => over)).toEqual([undefined, 500]);
    expect(await third.press("run", 500)).toMatch(/Running 2 messages/);
  });

  it("is told by the next life, where this one died before it could", async () => {
    const first = await back(9);
    await first.journal.take([message(5, 8, "one")], ago(9));
    const entry = first.journal.get(5);
    if (entry) first.away.admit(entry);
    const second = await back(0, first.house);
    await second.away.tell();
    expect(second.texts()).toEqual([expect.stringMatching(/^1 message waited\. It is older than 6 h/)]);
  });
});
