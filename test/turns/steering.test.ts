import { describe, expect, it } from "vitest";
import type { ClaudeEvent } from "../../bot/claude/events.ts";
import { type HouseOptions, makeHouse, orderOf, PLACE, resultOf, until } from "./kit.ts";

const taken = (messageUuid: string): ClaudeEvent => ({ type: "taken", messageUuid });

/** A session in which the turn of update 5 runs and takes messages. */
async function running(options: { withdrawable?: boolean } & HouseOptions = {}) {
  const house = await makeHouse(options);
  const life = await house.live();
  const submit = (id: number, text = `m${id}`, messageId = id + 100): Promise<void> =>
    life.turns.submit(id, house.session.id, orderOf(text, messageId));
  await submit(5);
  const run = await life.run(0);
  run.open(options);
  const stateOf = (id: number) => life.journal.get(id)?.state;
  const factsOf = (id: number) => life.facts.filter(([each]) => each === id).map(([, state]) => state);
  return { house, life, run, submit, stateOf, factsOf };
}

describe("a message for a session whose turn runs", () => {
  it("is written down, then written into the turn, and done when it was read", async () => {
    const { life, run, submit, factsOf } = await running();
    await submit(6, "also this");
    expect(run.sent).toMatchObject([{ content: "also this" }]);
    expect(factsOf(6)).toEqual(["steered"]);
    const uuid = run.sent[0]?.uuid ?? "";
    run.say({ type: "text_block", text: "one" }, taken(uuid), { type: "text_block", text: "two" });
    run.say(resultOf({ text: "two" }));
    run.exit();
    expect(await life.end(5)).toMatchObject({
      text: "one\n\ntwo",
      interludes: [{ id: uuid, kind: "steered", at: 3, said: { text: "also this", files: 0 } }],
    });
    expect(factsOf(6)).toEqual(["steered", "done"]);
    // Before the answer is stored: else the next life would run it again.
    const done = life.facts.filter(([, state]) => state === "done");
    expect(done.map(([id]) => id)).toEqual([6, 5]);
    expect(life.waits).toEqual([
      [5, "runs"],
      [6, "unread"],
      [6, "read"],
    ]);
    expect(life.starts).toHaveLength(1);
  });

  it("that is read only after the first words of what answers it cuts the answer before them", async () => {
    const { life, run, submit } = await running();
    await submit(6);
    const uuid = run.sent[0]?.uuid ?? "";
    run.say({ type: "text_block", text: "one" }, resultOf({ text: "one", more: true }));
    run.say({ type: "text", delta: "tw" }, taken(uuid), { type: "text", delta: "o" });
    run.answer("two");
    const view = await life.end(5);
    expect(view.text).toBe("one\n\ntwo");
    expect(view.interludes).toMatchObject([{ at: 3 }]);
    expect(life.told.get(5)?.updates.find(({ text }) => text.endsWith("tw"))?.interludes).toMatchObject([
      { at: 3 },
    ]);
    expect(view.usage?.costUsd).toBe(1);
  });

  it("is answered though the one before it failed, and that is told, too", async () => {
    const { life, run, submit } = await running();
    await submit(6);
    const failure = { kind: "api_error" as const, message: "API Error: 529 Overloaded" };
    run.say(resultOf({ failure, more: true }), taken(run.sent[0]?.uuid ?? ""));
    run.answer("two");
    expect(await life.end(5)).toMatchObject({
      text: "two",
      outcome: { kind: "answered" },
      notes: [{ kind: "one_failed", failure }],
    });
  });

  it("that it never reads is a turn of its own after it, once, under a new uuid", async () => {
    const { life, run, submit, factsOf } = await running();
    await submit(6);
    run.answer("one");
    const next = await life.run(1);
    expect(life.starts[1]?.message).toMatchObject({ content: "m6" });
    expect(life.starts[1]?.message.uuid).not.toBe(run.sent[0]?.uuid);
    next.answer("two");
    await life.end(6);
    expect(factsOf(6).filter((state) => state === "queued")).toHaveLength(1);
    expect(life.starts).toHaveLength(2);
  });

  it.each(["/compact", "/cost now"])("that is the CLI's own command (%s) waits for its end", async (text) => {
    const { life, run, submit, stateOf } = await running();
    await submit(6, text);
    expect([stateOf(6), run.sent]).toEqual(["queued", []]);
    expect(life.waits.at(-1)).toEqual([6, "behind"]);
  });

  it("waits for a turn of its own where it was written in another topic: its answer belongs there", async () => {
    const { house, life, run, submit, stateOf } = await running();
    const place = { ...PLACE, threadId: 3 };
    await life.turns.submit(6, house.session.id, { ...orderOf("and this?", 106), place });
    await submit(7);
    expect([stateOf(6), stateOf(7), run.sent]).toEqual(["queued", "queued", []]);
    run.answer("one");
    const next = await life.run(1);
    next.open();
    expect(life.told.get(6)?.order.place).toEqual(place);
    // Nor does what waits behind it go into its turn.
    expect(next.sent).toEqual([]);
    next.answer("two");
    await life.end(6);
    (await life.run(2)).answer("three");
    await life.end(7);
  });

  it("waits behind one that waits: nothing is overtaken", async () => {
    const { run, submit, stateOf } = await running();
    await submit(6, "/compact");
    await submit(7);
    expect([stateOf(7), run.sent]).toEqual(["queued", []]);
  });

  it("is a turn of its own where the turn takes none any more", async () => {
    const { run, submit, stateOf } = await running();
    run.close();
    await submit(6);
    expect(stateOf(6)).toBe("queued");
  });

  it("with a text file carries it into the turn; what comes after waits until the file is there", async () => {
    let give: ((bytes: Buffer) => void) | undefined;
    const { house, life, run, submit } = await running({
      fetchFile: (_, signal) =>
        new Promise((resolve) => {
          give ??= (bytes) => resolve({ ok: true, bytes });
          signal.addEventListener("abort", () => resolve({ ok: false, kind: "stopped" }));
        }),
    });
    const attachments = [{ kind: "document" as const, fileId: "f", name: "notes.txt" }];
    void life.turns.submit(6, house.session.id, { ...orderOf("see this", 106), attachments });
    const after = submit(7);
    await until(() => give !== undefined && life.journal.get(7)?.state === "steered");
    expect(run.sent).toEqual([]);
    give?.(Buffer.from("what I noted"));
    await after;
    expect(JSON.stringify(run.sent[0]?.content)).toMatch(/what I noted.*see this/);
    expect(run.sent[1]?.content).toBe("m7");
    run.say(...run.sent.map(({ uuid }) => taken(uuid)));
    run.answer("seen");
    await life.end(5);
  });

  it("with a file that cannot be had says so in a turn of its own", async () => {
    const { house, life, run, factsOf } = await running();
    const attachments = [{ kind: "document" as const, fileId: "f", name: "notes.txt" }];
    await life.turns.submit(6, house.session.id, { ...orderOf("see this", 106), attachments });
    expect([run.sent, life.journal.get(6)?.state]).toEqual([[], "queued"]);
    run.answer("one");
    expect((await life.end(6)).outcome?.kind).toBe("refused");
    expect(factsOf(6).filter((state) => state === "queued")).toHaveLength(1);
  });

  it("whose file is still on its way when the turn ends is a turn of its own, once", async () => {
    const gives: (() => void)[] = [];
    const { house, life, run, submit, factsOf } = await running({
      fetchFile: () =>
        new Promise((resolve) => gives.push(() => resolve({ ok: true, bytes: Buffer.from("noted") }))),
    });
    const attachments = [{ kind: "document" as const, fileId: "f", name: "notes.txt" }];
    const written = life.turns.submit(6, house.session.id, { ...orderOf("see this", 106), attachments });
    await until(() => gives.length === 1);
    // As a process does.
    run.close();
    run.answer("one");
    await life.end(5);
    await until(() => gives.length === 2);
    for (const give of gives) give();
    await written;
    (await life.run(1)).answer("two");
    await life.end(6);
    await submit(7);
    (await life.run(2)).answer("three");
    await life.end(7);
    expect(life.starts.map(({ message }) => JSON.stringify(message.content))).toEqual([
      expect.stringContaining("m5"),
      expect.stringMatching(/noted.*see this/),
      expect.stringContaining("m7"),
    ]);
    expect(factsOf(6).filter((state) => state === "queued")).toHaveLength(1);
  });

  it("and came before its process goes into it as soon as that is there, in order", async () => {
    const house = await makeHouse();
    const life = await house.live();
    life.onStart((run) => run.open());
    await Promise.all([5, 6, 7].map((id) => life.turns.submit(id, house.session.id, orderOf(`m${id}`, id))));
    const run = await life.run(0);
    await until(() => run.sent.length === 2);
    expect(run.sent.map(({ content }) => content)).toEqual(["m6", "m7"]);
  });

  it("goes into the second process where the first never had the conversation", async () => {
    const house = await makeHouse();
    const life = await house.live();
    life.onStart((run) => run.open());
    await life.turns.submit(5, house.session.id, orderOf("m5", 5));
    const first = await life.run(0);
    await life.turns.submit(6, house.session.id, orderOf("m6", 6));
    first.exit({ kind: "conversation_missing" });
    const second = await life.run(1);
    await until(() => second.sent.length === 1);
    expect(second.sent[0]?.uuid).not.toBe(first.sent[0]?.uuid);
    second.say(taken(second.sent[0]?.uuid ?? ""));
    second.answer("both");
    await life.end(5);
    await until(() => life.journal.get(6)?.state === "done");
    expect(life.starts).toHaveLength(2);
  });

  it("runs after a stop, if it was not read before", async () => {
    const { house, life, run, submit } = await running();
    await submit(6);
    expect(life.turns.stop(house.session.id)).toEqual({ wasRunning: true, waiting: 1 });
    expect(run.interrupts).toBe(1);
    run.exit({ kind: "stopped" });
    await life.run(1);
    expect(life.starts[1]?.message.content).toBe("m6");
  });

  it("is ended by another stop before it stands in line again", async () => {
    const { house, life, run, submit } = await running();
    await submit(6);
    life.turns.stop(house.session.id);
    expect(life.turns.stop(house.session.id)).toEqual({ wasRunning: true, waiting: 0 });
    expect(life.turns.stop(house.session.id)).toEqual({ wasRunning: false, waiting: 0 });
    run.exit({ kind: "stopped" });
    expect(await life.end(6)).toMatchObject({ text: "", outcome: { kind: "stopped" } });
    expect(life.starts).toHaveLength(1);
  });
});

/** The next life, which goes on with that turn: its process had said something. */
async function afterCrash({ house, life }: Pick<Awaited<ReturnType<typeof running>>, "house" | "life">) {
  life.turns.close();
  const next = await house.live();
  await house.leaveOutput(house.session, 5, "{}\n");
  next.turns.takeUp(next.journal.get(5) ?? expect.fail());
  return next;
}

describe("after a crash", () => {
  it("a message that was not read stands in line behind the turn that goes on, and runs once", async () => {
    const { house, life, submit } = await running();
    await submit(6);
    const uuid = life.journal.get(6)?.steered?.messageUuid ?? "";
    const next = await afterCrash({ house, life });
    const adopted = await next.run(0);
    expect(next.adopts[0]?.sent).toEqual([expect.any(String), uuid]);
    adopted.answer("one");
    (await next.run(1)).answer("two");
    await next.end(6);
    expect(next.starts.map(({ message }) => message.content)).toEqual(["m6"]);
  });

  it("of the machine, a message stands behind the turn that was cut off, and runs without a word", async () => {
    const { house, life, submit } = await running();
    await submit(6);
    const next = await afterCrash({ house, life });
    (await next.run(0)).exit({ kind: "exited", stderrTail: "" });
    expect((await next.end(5)).outcome?.kind).toBe("interrupted");
    await next.run(1);
    expect(JSON.stringify(next.starts[0]?.message.content)).toContain("m6");
  });

  it("of the machine, a message that was read waits with its turn for the person's word", async () => {
    const { house, life, submit } = await running();
    await submit(6, "in blue");
    const uuid = life.journal.get(6)?.steered?.messageUuid ?? "";
    const next = await afterCrash({ house, life });
    const cutOff = await next.run(0);
    cutOff.say(taken(uuid));
    cutOff.exit({ kind: "exited", stderrTail: "" });
    expect((await next.end(5)).outcome?.kind).toBe("interrupted");
    expect(next.journal.get(6)).toMatchObject({ state: "steered", steered: { turn: 5, isRead: true } });
    expect(next.starts).toEqual([]);
    await next.turns.discard(5);
    expect(next.journal.get(6)?.state).toBe("done");
  });

  it("after it was read, its answer is waited for, and cut where it was", async () => {
    const { house, life, run, submit } = await running();
    await submit(6);
    const uuid = life.journal.get(6)?.steered?.messageUuid ?? "";
    run.say(taken(uuid));
    await until(() => life.waits.some(([id, end]) => id === 6 && end === "read"));
    const next = await afterCrash({ house, life });
    const adopted = await next.run(0);
    expect(next.adopts[0]?.sent).toEqual([expect.any(String), uuid]);
    adopted.say(taken("the turn's own"), { type: "text_block", text: "one" }, taken(uuid));
    adopted.answer("two");
    expect(await next.end(5)).toMatchObject({ interludes: [{ id: uuid, at: 3 }] });
    await until(() => next.journal.get(6)?.state === "done");
    expect(next.starts).toEqual([]);
  });
});

describe("a stop", () => {
  it("is shown though the process does not say that it stopped", async () => {
    const { house, life, run } = await running();
    run.say({ type: "text_block", text: "half" });
    await until(() => life.told.get(5)?.updates.at(-1)?.text === "half");
    life.turns.stop(house.session.id);
    life.passTime();
    expect(await life.end(5)).toMatchObject({ text: "half", outcome: { kind: "stopped" } });
    // The next turn waits all the same: never two processes in one session.
    await life.turns.submit(6, house.session.id, orderOf("m6", 6));
    expect(life.starts).toHaveLength(1);
    run.exit({ kind: "stopped" });
    await life.run(1);
  });

  it("by the button reaches its own turn only, and only from its chat", async () => {
    const { life, run } = await running();
    expect(life.turns.canStop(6, PLACE)).toBe(false);
    expect(life.turns.canStop(5, { chatId: 8 })).toBe(false);
    expect(life.turns.canStop(5, PLACE)).toBe(true);
    life.turns.stopTurn(5);
    expect(run.interrupts).toBe(1);
    expect(life.turns.canStop(5, PLACE)).toBe(false);
  });
});
