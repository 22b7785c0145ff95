import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Waiting } from "../../bot/claude/waiting.ts";
import type { Failure } from "../../bot/claude/events.ts";
import { projectFolderName } from "../../bot/claude/transcript.ts";
import type { KeptOrder } from "../../bot/turns/order.ts";
import { readMessageUuid } from "../../bot/turns/prepare.ts";
import { createOne } from "../store/room.ts";
import { makeHouse, orderOf, PLACE, resultOf, scriptRun, until } from "./kit.ts";

const MISSING: Failure = { kind: "conversation_missing" };
const IN_USE: Failure = { kind: "session_in_use" };
const EXITED: Failure = { kind: "exited", stderrTail: "" };

describe("a message that is taken", () => {
  it("is in the journal before anything of it happens, then in line, then runs", async () => {
    const house = await makeHouse();
    const life = await house.live();
    const submitted = life.turns.submit(5, house.session.id, orderOf("hello"));
    expect(life.journal.get(5)).toMatchObject({ state: "queued", sessionId: house.session.id });
    await submitted;
    const run = await life.run(0);
    expect(life.facts.map(([, state]) => state)).toEqual(["queued", "starting"]);
    expect(life.starts[0]).toMatchObject({
      message: { content: "hello" },
      cwd: house.session.cwd,
      marker: `${house.session.folder}/5`,
      arguments: {
        resume: false,
        claudeSessionId: house.session.claudeSessionId,
        permissionMode: "default",
        // Its own, and not those of a repository that all sessions lie in.
        memoryDir: house.paths.session(house.session.folder).memory,
      },
    });
    run.answer("Hi");
    expect(await life.end(5)).toMatchObject({ text: "Hi", outcome: { kind: "answered" } });
    await until(() => life.journal.get(5)?.state === "done");
    expect(life.facts.map(([, state]) => state)).toEqual(["queued", "starting", "running", "done"]);
    expect(life.sessions.get(house.session.id)?.totals.turns).toBe(1);
    await until(() => life.took.length === 1);
    expect(life.took[0]).toMatchObject({ start: "cold", outcome: "answered" });
    expect(Object.keys(life.took[0]?.moments ?? {})).toEqual(
      expect.arrayContaining(["taken", "begun", "first_text", "result", "delivered"]),
    );
  });

  it("runs after the one before it in its session, as a conversation that goes on", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await Promise.all([5, 6].map((id) => life.turns.submit(id, house.session.id, orderOf(`m${id}`))));
    const first = await life.run(0);
    expect(life.turns.isRunning(house.session.id)).toBe(true);
    expect(life.turns.waiting(house.session.id)).toBe(1);
    expect(life.starts).toHaveLength(1);
    first.answer("one");
    const second = await life.run(1);
    expect(life.starts[1]).toMatchObject({ message: { content: "m6" }, arguments: { resume: true } });
    second.answer("two");
    expect((await life.end(6)).text).toBe("two");
    await until(() => life.turns.runningCount() === 0);
    expect(life.turns.waiting(house.session.id)).toBe(0);
  });

  it("whose process ends without an answer has failed: only what an earlier life left is cut off", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    (await life.run(0)).exit(EXITED);
    expect((await life.end(5)).outcome).toEqual({ kind: "failed", failure: EXITED });
  });

  it("with a yes to a call of a session that is gone is refused with a reason: it is for nothing else", async () => {
    const life = await (await makeHouse()).live();
    const order = { ...orderOf("do it"), grant: { updateId: 4, n: 1 } };
    await life.turns.submit(5, "gone", order);
    // Also where it was kept for the person's word meanwhile.
    await life.turns.takeHome(6, order, "gone");
    for (const id of [5, 6])
      expect((await life.end(id)).outcome).toEqual({ kind: "refused", refusal: { kind: "session_gone" } });
    expect(life.starts).toEqual([]);
  });

  it("tells the model of a turn that was cut off before, once", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("first"));
    const cut = await life.run(0);
    cut.say({ type: "text", delta: "half an answer" });
    cut.exit(EXITED);
    await life.turns.submit(6, house.session.id, orderOf("/compact"));
    const next = await life.run(1);
    expect(life.starts[1]?.message.content).toMatchObject([
      { text: expect.stringContaining("half an answer") },
      { text: "/compact" },
    ]);
    next.answer("ok");
    await life.turns.submit(7, house.session.id, orderOf("third"));
    await life.run(2);
    expect(life.starts[2]?.message.content).toBe("third");
  });

  it("does not run with a persona that is missing: its limits would not hold", async () => {
    const house = await makeHouse();
    await rm(join(house.paths.folders.personas, "default.md"));
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    expect((await life.end(5)).outcome).toEqual({
      kind: "refused",
      refusal: { kind: "persona_unusable", slug: "default", fault: { kind: "absent" } },
    });
    expect(life.starts).toEqual([]);
  });
});

describe("a turn of a session whose folder was closed to sessions", () => {
  it("does not run, and its person is told which folder that is", async () => {
    const open = { is: true };
    const house = await makeHouse({ mayWorkIn: () => open.is });
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("first"));
    (await life.run(0)).answer("one");
    await life.end(5);
    open.is = false;
    await life.turns.submit(6, house.session.id, orderOf("second"));
    expect((await life.end(6)).outcome).toEqual({
      kind: "refused",
      refusal: { kind: "folder_closed", path: house.session.cwd },
    });
    expect(life.starts).toHaveLength(1);
  });
});

describe("messages without a session", () => {
  it("are kept, counted as they come, and run in order; what comes meanwhile stands behind them", async () => {
    const house = await makeHouse();
    const life = await house.live();
    const waiting = await Promise.all([1, 2, 3].map((id) => life.turns.hold(id, orderOf(`m${id}`))));
    expect(waiting).toEqual([1, 2, 3]);
    expect(life.starts).toEqual([]);
    const released = life.turns.release(PLACE, house.session.id);
    const later = life.turns.submit(4, house.session.id, orderOf("m4"));
    expect(await released).toBe(3);
    await later;
    for (const index of [0, 1, 2, 3]) (await life.run(index)).answer("ok");
    await life.end(4);
    expect(life.starts.map(({ message }) => message.content)).toEqual(["m1", "m2", "m3", "m4"]);
  });

  it("run once though two buttons release them at the same time", async () => {
    const house = await makeHouse();
    const life = await house.live();
    for (const id of [1, 2]) await life.turns.hold(id, orderOf(`m${id}`));
    const counts = await Promise.all([1, 2].map(() => life.turns.release(PLACE, house.session.id)));
    expect(counts).toEqual([2, 0]);
    expect(life.facts.filter(([, state]) => state === "queued")).toHaveLength(2);
  });

  it("of another place, or another topic, stay where they are", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.hold(1, { ...orderOf("elsewhere"), place: { chatId: 8 } });
    await life.turns.hold(2, { ...orderOf("in a topic"), place: { ...PLACE, threadId: 3 } });
    expect(await life.turns.release(PLACE, house.session.id)).toBe(0);
    expect(life.journal.get(1)?.state).toBe("held");
  });
});

describe("messages that were taken in the moment before their session went", () => {
  /** They stand in line behind its going, which `pass` lets happen. */
  async function going() {
    const house = await makeHouse();
    const life = await house.live();
    await life.sessions.makeCurrent(PLACE, house.session.id);
    let pass = (): void => {};
    const packing = new Promise<void>((resolve) => (pass = resolve));
    const gone = life.turns.exclusive(house.session.id, async () => {
      await packing;
      await life.sessions.forget(house.session.id);
    });
    return { house, life, pass, gone };
  }
  const album: KeptOrder = {
    ...orderOf("look\n\nand here", 41),
    attachments: [{ kind: "photo", fileId: "one" }],
    pieces: [
      { messageId: 41, joint: "", text: "look", attachments: [{ kind: "photo", fileId: "one" }] },
      { messageId: 42, joint: "\n\n", text: "and here" },
    ],
  };

  it("wait for another, whole and in order, and the person is asked once", async () => {
    const { house, life, pass, gone } = await going();
    await life.turns.submit(5, house.session.id, album);
    await life.turns.submit(6, house.session.id, orderOf("then this", 43));
    pass();
    await gone;
    await until(() => life.journal.get(6)?.state === "held" && life.turns.runningCount() === 0);
    expect(life.journal.get(5)).toMatchObject({ state: "held", order: album });
    expect(life.asked).toEqual([PLACE]);
    expect(life.told.get(5)?.finished).toEqual([]);
    // Also what an earlier life had taken.
    const next = await house.live();
    next.turns.close();
    const other = await createOne(next.sessions, { place: PLACE });
    expect(await next.turns.release(PLACE, other.id)).toBe(2);
    const orders = next.turns.line.list(other.id).map(({ text, files }) => ({ text, files }));
    expect(orders).toEqual([
      { text: album.text, files: 1 },
      { text: "then this", files: 0 },
    ]);
    expect(next.journal.get(5)).toMatchObject({ state: "queued", sessionId: other.id, order: album });
  });

  it("are what the next life asks about, where this one died before it could", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.journal.note(5, { state: "queued", sessionId: "gone", order: album });
    const entry = life.journal.get(5);
    if (entry) life.turns.takeUp(entry);
    await until(() => life.asked.length === 1);
    expect(life.journal.get(5)).toMatchObject({ state: "held", order: album });
  });

  it("run in the session that is current there by then", async () => {
    const { house, life, pass, gone } = await going();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    const other = await createOne(life.sessions, { place: PLACE });
    await life.sessions.makeCurrent(PLACE, other.id);
    pass();
    await gone;
    (await life.run(0)).answer("Hi");
    expect((await life.end(5)).text).toBe("Hi");
    expect(life.starts[0]?.marker).toBe(`${other.folder}/5`);
    expect(life.asked).toEqual([]);
  });

  it("are stopped by /stop all the same", async () => {
    const { house, life, pass, gone } = await going();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    expect(life.turns.stop(house.session.id).wasRunning).toBe(true);
    pass();
    await gone;
    expect((await life.end(5)).outcome).toEqual({ kind: "stopped" });
  });
});

describe("stopping", () => {
  it("interrupts what runs; what waits runs then", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await Promise.all([5, 6].map((id) => life.turns.submit(id, house.session.id, orderOf(`m${id}`))));
    const run = await life.run(0);
    expect(life.turns.stop(house.session.id)).toEqual({ wasRunning: true, waiting: 1 });
    expect(run.interrupts).toBe(1);
    run.say({ type: "text", delta: "so far" }, resultOf({ failure: { kind: "stopped" } }));
    run.exit({ kind: "stopped" });
    expect(await life.end(5)).toMatchObject({ text: "so far", outcome: { kind: "stopped" } });
    (await life.run(1)).answer("ok");
    expect((await life.end(6)).text).toBe("ok");
  });

  it("reaches a turn that has no process yet", async () => {
    const house = await makeHouse();
    const life = await house.live();
    void life.turns.submit(5, house.session.id, orderOf("hello"));
    expect(life.turns.stop(house.session.id).wasRunning).toBe(true);
    expect(life.runs).toEqual([]);
    expect((await life.run(0)).interrupts).toBe(1);
  });

  it("reaches a turn that only waits behind one that is already answered", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("first"));
    await life.turns.submit(6, house.session.id, orderOf("second"));
    const run = await life.run(0);
    run.say({ type: "text_block", text: "done" }, resultOf({ text: "done" }));
    await life.end(5);
    expect(life.turns.stop(house.session.id)).toEqual({ wasRunning: true, waiting: 0 });
    run.exit();
    expect((await life.end(6)).outcome).toEqual({ kind: "stopped" });
    expect(life.starts).toHaveLength(1);
  });

  it("stops the second try, too, where the first was refused", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    const first = await life.run(0);
    life.turns.stop(house.session.id);
    first.exit(IN_USE);
    expect((await life.run(1)).interrupts).toBe(1);
  });

  it("says that nothing runs where nothing does, or where the answer is there already", async () => {
    const house = await makeHouse();
    const life = await house.live();
    expect(life.turns.stop(house.session.id)).toEqual({ wasRunning: false, waiting: 0 });
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    const run = await life.run(0);
    run.say(resultOf({ text: "Hi" }));
    await life.end(5);
    expect(life.turns.stop(house.session.id)).toEqual({ wasRunning: false, waiting: 0 });
    expect(run.interrupts).toBe(0);
  });
});

describe("work that must be alone", () => {
  it("is refused while a turn runs or waits, and holds later ones back", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    const run = await life.run(0);
    expect(life.turns.exclusive(house.session.id, async () => "done")).toBeUndefined();
    run.answer("Hi");
    await life.end(5);
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    let hasBegun = false;
    const alone = life.turns.exclusive(house.session.id, () => {
      hasBegun = true;
      return gate.then(() => "done");
    });
    await until(() => hasBegun);
    await life.turns.submit(6, house.session.id, orderOf("later"));
    expect(life.waits.at(-1)).toEqual([6, "own"]);
    expect(life.turns.exclusive(house.session.id, async () => "again")).toBeUndefined();
    expect(life.starts).toHaveLength(1);
    letGo();
    expect(await alone).toBe("done");
    await life.run(1);
  });

  it("waits for the end of the processes of a turn that is answered", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    const run = await life.run(0);
    run.say(resultOf({ text: "Hi" }));
    await life.end(5);
    let isDone = false;
    const alone = life.turns.exclusive(house.session.id, async () => (isDone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([alone === undefined, isDone]).toEqual([false, false]);
    run.exit();
    await alone;
    expect(isDone).toBe(true);
  });

  it("hands on what it throws, and the lane goes on", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await expect(
      life.turns.exclusive(house.session.id, () => Promise.reject(new Error("no"))),
    ).rejects.toThrow("no");
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    await life.run(0);
  });
});

describe("where the CLI disagrees about the conversation", () => {
  it.each([
    ["it has none: begins anew and says so", MISSING, true, false, [{ kind: "memory_lost" }]],
    ["it has it: goes on with it", IN_USE, false, true, []],
  ])("%s, once, with a new uuid and new files", async (_, failure, first, second, notes) => {
    const house = await makeHouse();
    if (first) {
      const project = join(house.configDir, "projects", projectFolderName(house.session.cwd));
      await mkdir(project, { recursive: true });
      await writeFile(join(project, `${house.session.claudeSessionId}.jsonl`), "{}\n");
    }
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    (await life.run(0)).exit(failure);
    const run = await life.run(1);
    expect(life.starts.map(({ arguments: { resume } }) => resume)).toEqual([first, second]);
    expect(life.starts[0]?.message.uuid).not.toBe(life.starts[1]?.message.uuid);
    // What it says again is told from what was said into the turn by this.
    const { prompt } = house.paths.turn(house.session.folder, 5);
    expect(await readMessageUuid(prompt)).toBe(life.starts[1]?.message.uuid);
    expect(life.cleared).toHaveLength(1);
    run.answer("Hi");
    expect(await life.end(5)).toMatchObject({ text: "Hi", notes, outcome: { kind: "answered" } });
    expect(life.told.get(5)?.finished).toHaveLength(1);
    expect(life.sessions.get(house.session.id)?.totals.turns).toBe(1);
  });

  it("says so where it disagrees both ways", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    (await life.run(0)).exit(IN_USE);
    (await life.run(1)).exit(MISSING);
    expect((await life.end(5)).outcome).toEqual({ kind: "failed", failure: MISSING });
    expect(life.runs).toHaveLength(2);
  });
});

describe("a process that waited for its message", () => {
  /** One in the test's hands; its run is `run`. */
  function waitingOne(given: Partial<Waiting> = {}) {
    const scripted = scriptRun({ pid: 900, startTime: "1", bootId: "b" });
    const seen = { ended: 0, given: 0 };
    const waiting: Waiting = {
      marker: "folder/standby-1",
      identity: { pid: 900, startTime: "1", bootId: "b" },
      isAlive: true,
      isReady: true,
      ready: Promise.resolve(),
      gone: new Promise(() => {}),
      isFor: async () => true,
      take: async () => () => {
        seen.given += 1;
        return scripted.run;
      },
      end: async () => void (seen.ended += 1),
      ...given,
    };
    return { waiting, scripted, seen };
  }

  it.each([
    ["is gone", EXITED],
    ["had no such conversation", MISSING],
    ["found its conversation taken", IN_USE],
  ])("and %s is followed by another: the message is answered", async (_, failure) => {
    const { waiting, scripted } = waitingOne();
    const house = await makeHouse({ waiting: () => waiting });
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    scripted.exit(failure);
    (await life.run(0)).answer("Hi");
    expect(await life.end(5)).toMatchObject({ text: "Hi", outcome: { kind: "answered" } });
    expect(life.starts).toHaveLength(1);
    const { prompt } = house.paths.turn(house.session.folder, 5);
    expect(await readMessageUuid(prompt)).toBe(life.starts[0]?.message.uuid);
  });

  it("and whose output cannot be brought along is ended, and another answers", async () => {
    const { waiting, seen } = waitingOne({ take: () => Promise.reject(new Error("ENOENT")) });
    const house = await makeHouse({ waiting: () => waiting });
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    (await life.run(0)).answer("Hi");
    expect(await life.end(5)).toMatchObject({ text: "Hi", outcome: { kind: "answered" } });
    expect(seen).toEqual({ ended: 1, given: 0 });
    // Nobody may look for the one that was ended.
    expect(life.cleared).toHaveLength(1);
  });

  it("is ended where the turn cannot be written down", async () => {
    const { waiting, seen } = waitingOne();
    const house = await makeHouse({ waiting: () => waiting });
    await writeFile(house.paths.session(house.session.folder).turns, "no folder");
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    expect((await life.end(5)).outcome).toEqual({ kind: "broken" });
    expect(seen).toEqual({ ended: 1, given: 0 });
  });

  it("and is stopped before it hears the message is ended; where that breaks it costs the bot nothing", async () => {
    const { waiting, seen } = waitingOne({ end: () => Promise.reject(new Error("EMFILE")) });
    const house = await makeHouse({ waiting: () => waiting });
    const life = await house.live();
    void life.turns.submit(5, house.session.id, orderOf("hello"));
    life.turns.stop(house.session.id);
    expect((await life.end(5)).outcome).toEqual({ kind: "stopped" });
    expect([seen.given, life.starts]).toEqual([0, []]);
  });
});

describe("what the process of a turn said", () => {
  const OUT = '{"type":"stream_event","event":{}}\n{"type":"assistant"}\n';
  const WHOLE = '{"type":"assistant"}\n';

  it.each([
    ["loses its pieces when it was answered", undefined, WHOLE],
    ["keeps them when it was broken off: they are all there is of its last words", EXITED, OUT],
    ["keeps them when it was stopped", { kind: "stopped" } as const, OUT],
  ])("%s", async (_, failure, left) => {
    const house = await makeHouse();
    const life = await house.live();
    await life.turns.submit(5, house.session.id, orderOf("hello"));
    const run = await life.run(0);
    await house.leaveOutput(house.session, 5, OUT);
    if (failure === undefined) run.answer("Hi");
    else run.exit(failure);
    await life.end(5);
    await until(() => life.turns.exclusive(house.session.id, async () => {}) !== undefined);
    await life.turns.exclusive(house.session.id, async () => {});
    const { out } = house.paths.turn(house.session.folder, 5);
    expect(await readFile(out, "utf8")).toBe(left);
  });
});

describe("a turn whose message takes long to be brought in", () => {
  it("has the rules and the model of the session as they are then", async () => {
    let heard = (): void => {};
    const hearing = new Promise<void>((resolve) => (heard = resolve));
    let asked = (): void => {};
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const house = await makeHouse({
      fetchFile: async () => {
        asked();
        await hearing;
        return { ok: true, bytes: Buffer.from("text") };
      },
    });
    const life = await house.live();
    await life.sessions.update(house.session.id, { model: "opus" });
    const attachments = [{ kind: "document", fileId: "f" } as const];
    await life.turns.submit(5, house.session.id, { ...orderOf("look"), attachments });
    await isAsked;
    await life.sessions.update(house.session.id, { model: "sonnet" });
    heard();
    await life.run(0);
    expect(life.starts[0]?.arguments).toMatchObject({ model: "sonnet" });
  });
});

describe("a turn that an earlier life left", () => {
  /** A life that took message 5 and died when its facts were `states`; `out` is what its process had written. */
  async function left(states: readonly ("starting" | "running")[], out?: string) {
    const house = await makeHouse();
    const before = await house.live();
    const { id } = house.session;
    await before.journal.note(5, { state: "queued", sessionId: id, order: orderOf("hello") });
    for (const state of states) {
      await before.journal.note(
        5,
        state === "starting"
          ? { state }
          : { state, process: { pid: 4_194_300, startTime: "1", bootId: "gone" } },
      );
    }
    if (out !== undefined) await house.leaveOutput(house.session, 5, out);
    const life = await house.live();
    const entry = life.journal.get(5);
    if (entry === undefined) throw new Error("it was forgotten");
    life.turns.takeUp(entry);
    return { house, life, entry };
  }

  it("in line: runs", async () => {
    const { life, entry } = await left([]);
    expect(life.told.get(5)?.entry).toBe(entry);
    (await life.run(0)).answer("Hi");
    expect((await life.end(5)).text).toBe("Hi");
    expect(life.starts).toHaveLength(1);
  });

  it.each([
    ["without a file", undefined],
    ["with an empty file", ""],
  ])("about to start, %s: runs", async (_, out) => {
    const { life } = await left(["starting"], out);
    (await life.run(0)).answer("Hi");
    await life.end(5);
    expect([life.starts.length, life.adopts.length]).toEqual([1, 0]);
    expect(life.journal.get(5)?.state).toBe("done");
  });

  it("whose process is gone, with a result in its file: is delivered and not run again", async () => {
    const { life, house } = await left(["starting", "running"], "{}\n");
    (await life.run(0)).answer("Hi");
    expect(await life.end(5)).toMatchObject({ text: "Hi", outcome: { kind: "answered" } });
    expect(life.starts).toEqual([]);
    expect(life.adopts).toMatchObject([
      { marker: `${house.session.folder}/5`, outFile: house.paths.turn(house.session.folder, 5).out },
    ]);
  });

  it("whose process is gone, without a result: waits for the person's word, and is not run again", async () => {
    const { life, house } = await left(["starting", "running"], "{}\n");
    const run = await life.run(0);
    run.say(
      { type: "text", delta: "half" },
      { type: "tool_started", id: "a", name: "Bash", input: { command: "make" }, main: true },
      { type: "tool_finished", id: "a", isError: false, text: "" },
      { type: "tool_started", id: "b", name: "Bash", input: { command: "sleep" }, main: true },
    );
    run.exit(EXITED);
    expect(await life.end(5)).toMatchObject({ text: "half", outcome: { kind: "interrupted" } });
    expect(life.starts).toEqual([]);
    expect(life.sessions.get(house.session.id)?.cutOff).toEqual({
      updateId: 5,
      said: "half",
      tools: ["Bash make"],
    });
    expect((await house.live()).journal.get(5)?.state).toBe("interrupted");
  });

  it("in the middle of a save: what that left is swept away", async () => {
    const house = await makeHouse();
    const before = await house.live();
    await before.journal.note(5, { state: "queued", sessionId: house.session.id, order: orderOf("hello") });
    await before.journal.note(5, { state: "starting" });
    await house.leaveOutput(house.session, 5, '{"type":"assistant"}\n');
    const { root } = house.paths.turn(house.session.folder, 5);
    await writeFile(join(root, ".turn.json.0123456789ab.tmp"), "{");
    const life = await house.live();
    const entry = life.journal.get(5);
    if (entry) life.turns.takeUp(entry);
    (await life.run(0)).answer("Hi");
    await life.end(5);
    // Behind the turn, whose own last save may still be under way.
    await life.turns.exclusive(house.session.id, async () => {});
    expect(life.adopts).toHaveLength(1);
    expect((await readdir(root)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("that was about to start, with words in its file: is not run again either", async () => {
    const { life } = await left(["starting"], "{}\n");
    (await life.run(0)).exit(EXITED);
    expect((await life.end(5)).outcome).toEqual({ kind: "interrupted" });
    expect(life.starts).toEqual([]);
  });

  it("under which the bot died three times before there was a word is given up, with a reason", async () => {
    const { life } = await left(["starting", "starting", "starting"]);
    expect((await life.end(5)).outcome).toEqual({ kind: "refused", refusal: { kind: "gave_up" } });
    expect(life.starts).toEqual([]);
  });

  it("twice is tried a third time", async () => {
    const { life } = await left(["starting", "starting"]);
    (await life.run(0)).answer("Hi");
    expect((await life.end(5)).outcome).toEqual({ kind: "answered" });
  });

  it("whose asks cannot be read is ended, and the next one begins when it is gone", async () => {
    const house = await makeHouse();
    const before = await house.live();
    await before.journal.note(5, { state: "queued", sessionId: house.session.id, order: orderOf("hello") });
    await before.journal.note(5, { state: "starting" });
    await house.leaveOutput(house.session, 5, "{}\n");
    // Nothing that can be read as a file.
    await mkdir(house.paths.turn(house.session.folder, 5).asks);
    const life = await house.live();
    const entry = life.journal.get(5);
    if (entry) life.turns.takeUp(entry);
    await life.turns.submit(6, house.session.id, orderOf("next"));
    const run = await life.run(0);
    await until(() => run.ends.length > 0);
    expect(life.starts).toEqual([]);
    run.exit({ kind: "stopped" });
    expect((await life.end(5)).outcome).toEqual({ kind: "broken" });
    (await life.run(1)).answer("ok");
    expect((await life.end(6)).text).toBe("ok");
  });

  it("in a session that is gone is refused with a reason", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await life.journal.note(5, { state: "queued", sessionId: "gone", order: orderOf("hello") });
    await life.journal.note(5, { state: "starting" });
    const entry = life.journal.get(5);
    if (entry) life.turns.takeUp(entry);
    expect((await life.end(5)).outcome).toEqual({ kind: "refused", refusal: { kind: "session_gone" } });
  });
});

describe("a turn that was cut off", () => {
  async function cutOff() {
    const house = await makeHouse();
    const life = await house.live();
    await life.journal.note(5, { state: "queued", sessionId: house.session.id, order: orderOf("build it") });
    await life.journal.note(5, { state: "interrupted" });
    return { house, life };
  }

  it("is continued once, however often the button is pressed", async () => {
    const { life } = await cutOff();
    const pressed = (byUpdateId: number): Promise<void> | undefined => {
      const decision = life.turns.interrupted(5, PLACE);
      return decision.ok ? life.turns.continueTurn(5, byUpdateId, decision) : undefined;
    };
    const [first, second] = [pressed(8), pressed(9)];
    expect(second).toBeUndefined();
    await first;
    await life.run(0);
    expect(life.starts[0]?.message.content).toContain("build it");
    expect(life.starts[0]?.marker).toMatch(/\/8$/);
    expect(life.told.get(8)?.order).not.toHaveProperty("messageId");
    expect(life.journal.get(5)?.state).toBe("done");
    expect(life.journal.get(9)).toBeUndefined();
  });

  it("takes along what was read within it", async () => {
    const { life, house } = await cutOff();
    const steered = { state: "steered", turn: 5, sessionId: house.session.id } as const;
    await life.journal.note(6, { ...steered, messageUuid: "u6", order: orderOf("in blue"), isRead: true });
    const next = await house.live();
    expect(next.journal.get(6)?.state).toBe("steered");
    const decision = next.turns.interrupted(5, PLACE);
    if (decision.ok) await next.turns.continueTurn(5, 8, decision);
    await next.run(0);
    expect(next.starts[0]?.message.content).toMatch(/these messages[^]*build it\n\nin blue$/);
    expect([5, 6].map((id) => next.journal.get(id)?.state)).toEqual(["done", "done"]);
  });

  it("is discarded, and then neither continued nor discarded", async () => {
    const { life, house } = await cutOff();
    await life.turns.discard(5);
    expect(life.turns.interrupted(5, PLACE)).toEqual({ ok: false });
    expect((await house.live()).turns.interrupted(5, PLACE)).toEqual({ ok: false });
    expect(life.starts).toEqual([]);
  });

  it.each<[string, number, { chatId: number }]>([
    ["from another chat", 5, { chatId: 8 }],
    ["that is unknown", 6, PLACE],
    ["that is no number", Number.NaN, PLACE],
  ])("%s has no button", async (_, id, place) => {
    const { life } = await cutOff();
    expect(life.turns.interrupted(id, place)).toEqual({ ok: false });
  });

  it("that goes on needs no word", async () => {
    const { life, house } = await cutOff();
    await life.journal.note(6, { state: "queued", sessionId: house.session.id, order: orderOf("x") });
    expect(life.turns.interrupted(6, PLACE)).toEqual({ ok: false });
  });
});

describe("the end of a life", () => {
  it("starts nothing any more, and the next one takes up what waits", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await Promise.all([5, 6].map((id) => life.turns.submit(id, house.session.id, orderOf(`m${id}`))));
    const run = await life.run(0);
    life.turns.close();
    run.answer("one");
    await life.end(5);
    await until(() => life.turns.runningCount() === 0);
    expect(life.starts).toHaveLength(1);
    const next = await house.live();
    expect(next.journal.unfinished().map(({ id, state }) => [id, state])).toEqual([[6, "queued"]]);
  });
});

describe("a bug in a turn", () => {
  it("does not stop the lane", async () => {
    const house = await makeHouse();
    const life = await house.live();
    await Promise.all([5, 6].map((id) => life.turns.submit(id, house.session.id, orderOf(`m${id}`))));
    (await life.run(0)).breakDown(new TypeError("a bug"));
    (await life.run(1)).answer("ok");
    expect((await life.end(6)).text).toBe("ok");
  });

  it("that comes behind its answer is no word in the chat, and does not stop the lane", async () => {
    const house = await makeHouse();
    const life = await house.live();
    const { id, folder, claudeSessionId } = house.session;
    await life.sessions.update(id, { forkOf: { claudeSessionId } });
    // What is to go when the copy has spoken is nothing that can be removed as a file.
    await mkdir(house.paths.session(folder).fork);
    await Promise.all([5, 6].map((update) => life.turns.submit(update, id, orderOf(`m${update}`))));
    (await life.run(0)).answer("first");
    (await life.run(1)).answer("second");
    expect((await life.end(6)).text).toBe("second");
    expect(life.told.get(5)?.finished.map(({ outcome }) => outcome)).toEqual([{ kind: "answered" }]);
  });
});
