import { fileURLToPath } from "node:url";
import { Api } from "grammy";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Part } from "../../bot/telegram/delivery.ts";
import { bold, f, plain } from "../../bot/telegram/formatted.ts";
import { createOutbox } from "../../bot/telegram/outbox.ts";
import type { Fact } from "../../bot/turns/facts.ts";
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

const part = (text: string): Part => ({ kind: "text", content: plain(text) });
const texts = (): string[] => double.chat(7).answers.map(({ text }) => text);

type House = Awaited<ReturnType<typeof tempJournal>>;

/** A life of the outbox; its clock goes on by itself where it waits. */
async function live(house: House) {
  const journal = await house.open();
  const steps: string[] = [];
  const logged: string[] = [];
  let now = 0;
  const api = new Api(double.token, { apiRoot: double.url, timeoutSeconds: 5 });
  const outbox = createOutbox({
    api,
    uploads: api,
    journal,
    logger: pino({ level: "warn" }, { write: (line: string) => void logged.push(line) }),
    checkpoint: (name) => steps.push(name),
    nowMs: () => now,
    async wait(ms) {
      now += ms;
    },
  });
  return { journal, outbox, steps, logged };
}

const states = (house: House): Fact["state"][] => house.facts().map(({ state }) => state);

describe("an answer", () => {
  it("is stored before it is sent, each message is noted before and after, and then it is done", async () => {
    const house = await tempJournal();
    const { outbox, journal, steps } = await live(house);
    const seen: Fact["state"][][] = [];
    // Never hits: it looks at the disk in the moment in which the call arrives.
    double.fault({
      method: "sendMessage",
      kind: "500",
      when: () => {
        seen.push(states(house));
        return false;
      },
    });
    await outbox.answer({ updateId: 5, place: PLACE }).finish([part("a"), part("b")], "answered");
    expect(texts()).toEqual(["a", "b"]);
    expect(seen).toEqual([
      ["answered", "sending"],
      ["answered", "sending", "sent", "sending"],
    ]);
    expect(states(house)).toEqual(["answered", "sending", "sent", "sending", "sent", "done"]);
    expect(journal.get(5)?.state).toBe("done");
    expect(steps).toEqual([
      "answered",
      "sending",
      "sent",
      "sent-noted",
      "sending",
      "sent",
      "sent-noted",
      "delivered",
      "done",
    ]);
  });

  it("grows from what was shown, in the same message", async () => {
    const house = await tempJournal();
    const { outbox } = await live(house);
    let isShown = (): void => {};
    const shown = new Promise<void>((resolve) => (isShown = resolve));
    const answer = outbox.answer({ updateId: 5, place: PLACE, onShown: () => isShown() });
    answer.show(() => [part("a")]);
    await shown;
    await answer.finish([part("abc")], "answered");
    expect(double.chat(7).answers).toHaveLength(1);
    expect(texts()).toEqual(["abc"]);
    expect(states(house)).toEqual(["sending", "sent", "answered", "done"]);
  });

  it("of a turn that was cut off stays open for the person's word", async () => {
    const house = await tempJournal();
    const { outbox } = await live(house);
    await outbox.answer({ updateId: 5, place: PLACE }).finish([part("?")], "interrupted", { isOpen: true });
    expect(states(house).at(-1)).toBe("interrupted");
  });

  it("to a chat that is closed is done with, and says so", async () => {
    double.user(7).block();
    const house = await tempJournal();
    const { outbox } = await live(house);
    await outbox.answer({ updateId: 5, place: PLACE }).finish([part("a")], "answered");
    expect(house.facts().at(-1)).toMatchObject({ state: "done", why: "undeliverable" });
  });

  it("of which Telegram takes one part never is told as such, and logged", async () => {
    const house = await tempJournal();
    const { outbox, journal, logged } = await live(house);
    await journal.note(5, {
      state: "queued",
      sessionId: "s",
      order: { place: PLACE, createdBy: 7, text: "x" },
    });
    const isBad = ({ text }: Record<string, unknown>): boolean => text === "bad";
    double.fault({ method: "sendMessage", kind: "refuse", times: 9, when: isBad });
    await outbox.answer({ updateId: 5, place: PLACE }).finish([part("bad"), part("good")], "answered");
    expect(texts()).toEqual(["good", expect.stringMatching(/Telegram refused part of .* turn's folder/)]);
    expect(logged.join("")).toMatch(/"updateId":5,"refused":1/);
    expect(house.facts().at(-1)).toMatchObject({ state: "done", why: "answered" });
  });

  it("of a command, of which Telegram takes nothing, names the log: there is no folder of a turn", async () => {
    const { outbox } = await live(await tempJournal());
    double.fault({ method: "sendMessage", kind: "refuse", times: 2 });
    await outbox.answer({ updateId: 5, place: PLACE }).finish([part("bad")], "answered");
    expect(texts()).toEqual([expect.stringMatching(/refused part of .* log/)]);
  });

  it.each(["500", "dropBefore", "dropAfter", "cutJson"] as const)(
    "that %s may have carried out stands once without the mark of a repeat",
    async (kind) => {
      double.fault({ method: "sendMessage", kind });
      const { outbox } = await live(await tempJournal());
      await outbox.answer({ updateId: 5, place: PLACE }).finish([part("a")], "answered");
      expect(texts().at(-1)).toBe("(may be a repeat)\na");
      expect(texts().filter((text) => text === "a")).toHaveLength(
        kind === "dropAfter" || kind === "cutJson" ? 1 : 0,
      );
    },
  );
});

describe("after a crash", () => {
  const button = { text: "Go", data: "go:1", style: "primary" as const };
  const stored: Part[] = [
    { kind: "text", content: f`a ${bold("b")}`, buttons: [[button]] },
    part("second"),
    { kind: "file", name: "answer.md", body: "# all", caption: plain("All") },
  ];
  const ours: Part = {
    kind: "file",
    name: "a.csv",
    path: fileURLToPath(import.meta.url),
    isPhoto: false,
    caption: plain("sums"),
  };

  /** A life that died after `facts`. */
  async function after(facts: readonly Fact[]) {
    const house = await tempJournal();
    const journal = await house.open();
    await journal.note(5, { state: "answered", outcome: "answered", place: PLACE, parts: [...stored] });
    for (const fact of facts) await journal.note(5, fact);
    const life = await live(house);
    const entry = life.journal.get(5);
    if (entry === undefined) throw new Error("it was forgotten");
    return { house, ...life, entry };
  }

  it("an answer that was only stored is sent, as it was", async () => {
    const { outbox, entry, house } = await after([]);
    await outbox.resume(entry);
    expect(texts()).toEqual(["a b", "second", "All"]);
    expect(double.chat(7).answers[0]).toMatchObject({
      entities: [{ type: "bold", offset: 2, length: 1 }],
      buttons: [{ text: "Go", data: "go:1" }],
    });
    expect(house.facts().at(-1)).toMatchObject({ state: "done", why: "answered" });
  });

  it("a file that Claude sent is sent from our copy, once", async () => {
    const { outbox, entry, house } = await after([
      { state: "answered", outcome: "answered", place: PLACE, parts: [ours] },
    ]);
    await outbox.resume(entry);
    expect(texts()).toEqual(["sums"]);
    expect(house.facts()).toContainEqual(expect.objectContaining({ state: "sent", part: 0, isFile: true }));
    const known = { ...entry, messages: [double.chat(7).answers[0]?.id ?? 0], files: [0] };
    await outbox.resume(known);
    expect(texts()).toEqual(["sums"]);
  });

  it("goes on where it stopped: what stands is edited, what may stand is sent as a repeat, once", async () => {
    const api = new Api(double.token, { apiRoot: double.url });
    const { message_id: id } = await api.sendMessage(7, "a");
    const { outbox, entry } = await after([
      { state: "sending", part: 0, isRepeat: false },
      { state: "sent", part: 0, messageId: id },
      { state: "sending", part: 1, isRepeat: false },
    ]);
    await outbox.resume(entry);
    expect(texts()).toEqual(["a b", "(may be a repeat)\nsecond", "All"]);
  });

  it("an answer whose every message stands is done without a new one, but for a file", async () => {
    const api = new Api(double.token, { apiRoot: double.url });
    const ids: number[] = [];
    for (const text of ["a b", "second", "All"]) ids.push((await api.sendMessage(7, text)).message_id);
    const { outbox, entry } = await after(
      ids.map((messageId, index): Fact => ({ state: "sent", part: index, messageId })),
    );
    await outbox.resume(entry);
    expect(texts()).toEqual(["a b", "second", "All"]);
    const standing = double.chat(7).answers;
    expect(standing.slice(0, 2).map((message) => message.id)).toEqual(ids.slice(0, 2));
    // What stood there last may be text that the file was to replace.
    expect(standing[2]).toMatchObject({ document: { name: "answer.md" } });
  });

  it.each<[string, unknown[]]>([
    ["no parts at all", ["rubbish", null]],
    ["parts of another version", [{ kind: "picture", file: "x" }]],
    ["a part without its words", [part("a"), { kind: "text" }]],
  ])("what was stored as %s ends nothing: the person is told, and it is done", async (_, parts) => {
    const house = await tempJournal();
    const journal = await house.open();
    await journal.note(5, {
      state: "queued",
      sessionId: "s",
      order: { place: PLACE, createdBy: 7, text: "x" },
    });
    await journal.note(5, { state: "answered", outcome: "answered", place: PLACE, parts });
    const life = await live(house);
    const entry = life.journal.get(5);
    if (entry) await life.outbox.resume(entry);
    expect(texts()).toEqual(["⚠️ The answer is in the turn's folder on the machine; it could not be shown."]);
    expect(house.facts().at(-1)).toMatchObject({ state: "done", why: "answered" });
    expect(life.logged.join("")).toMatch(/"updateId":5.*cannot be read/);
  });

  it("a cut-off turn's question is open again", async () => {
    const house = await tempJournal();
    const journal = await house.open();
    await journal.note(5, { state: "answered", outcome: "interrupted", place: PLACE, parts: [part("?")] });
    const life = await live(house);
    const entry = life.journal.get(5);
    if (entry) await life.outbox.resume(entry);
    expect(states(house).at(-1)).toBe("interrupted");
  });

  it("there is nothing to do where nothing was stored", async () => {
    const house = await tempJournal();
    const { outbox, journal } = await live(house);
    await journal.note(5, { state: "starting" });
    const entry = journal.get(5);
    if (entry) await outbox.resume(entry);
    expect([texts(), states(house)]).toEqual([[], ["starting"]]);
  });
});

describe("a notice", () => {
  it("is said without a line in the journal", async () => {
    const house = await tempJournal();
    const { outbox } = await live(house);
    await outbox.notice(PLACE, [part("by the way")]);
    expect([texts(), states(house)]).toEqual([["by the way"], []]);
  });

  it("takes the place of a message, and is sent anew where that is gone", async () => {
    const { outbox } = await live(await tempJournal());
    const { message_id: id } = await new Api(double.token, { apiRoot: double.url }).sendMessage(7, "choose");
    await outbox.notice(PLACE, [part("chosen")], id);
    expect(texts()).toEqual(["chosen"]);
    await outbox.notice(PLACE, [part("too late")], 4_711);
    expect(texts()).toEqual(["chosen", "too late"]);
  });

  it("to a closed chat ends", async () => {
    double.user(7).block();
    const { outbox } = await live(await tempJournal());
    await expect(outbox.notice(PLACE, [part("x")])).resolves.toBeUndefined();
  });
});
