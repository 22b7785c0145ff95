import { describe, expect, it } from "vitest";
import type { ClaudeEvent, Failure } from "../../bot/claude/events.ts";
import { follow, type Following, type Listener } from "../../bot/turns/follow.ts";
import { startTiming } from "../../bot/turns/timing.ts";
import type { Note, Outcome, TurnView } from "../../bot/turns/view.ts";
import { resultOf, scriptRun } from "./kit.ts";

const EXITED: Failure = { kind: "exited", code: 1, stderrTail: "" };

/** A run that is followed, with everything that happens written down in order. */
function followed(
  options: {
    notes?: Note[];
    isRetried?: Following["isRetried"];
    listeners?: Listener[];
    finish?: () => Promise<void>;
  } = {},
) {
  const scripted = scriptRun();
  const log: string[] = [];
  const updates: TurnView[] = [];
  const answered: string[] = [];
  const saved: { view: TurnView; outcome: Outcome; claudeSessionId: string }[] = [];
  const finished: TurnView[] = [];
  const late: Note[] = [];
  /** Goes on by one with each look. */
  const clock = { at: 0 };
  const timing = startTiming(() => clock.at);
  let gone = 0;
  let isSettled = (): void => {};
  const settled = new Promise<void>((resolve) => (isSettled = resolve));
  const result = follow({
    run: scripted.run,
    timing,
    nowMs: () => (clock.at += 1),
    notes: options.notes ?? [],
    onGone: () => void (gone += 1),
    claudeSessionId: "before",
    listeners: options.listeners ?? [],
    cutShort: new AbortController().signal,
    outcomeOf: (failure) => (failure.kind === "stopped" ? { kind: "stopped" } : { kind: "failed", failure }),
    isRetried: options.isRetried ?? (() => false),
    callbacks: {
      update: (view) => void updates.push(view),
      lastWords: (_, isSure) => void log.push(isSure ? "last words" : "perhaps last words"),
      async finish(view) {
        log.push("finish");
        finished.push(view);
        await options.finish?.();
        isSettled();
      },
      addNote: (note) => void late.push(note),
    },
    complete: async (view) => view,
    onAnswered: ({ kind }) => void answered.push(`${kind} after ${log.length} steps`),
    async save(view, outcome, claudeSessionId) {
      log.push("save");
      saved.push({ view, outcome, claudeSessionId });
    },
  });
  return {
    ...scripted,
    scripted,
    result,
    log,
    updates,
    saved,
    answered,
    finished,
    late,
    timing,
    settled,
    clock,
    gone: () => gone,
  };
}

describe("following a run", () => {
  it("settles at the result, not at the exit, and once: saved before it is shown for good", async () => {
    const { say, exit, result, log, settled, finished, saved, answered, timing, late, gone } = followed();
    say({ type: "text_block", text: "Hi" }, resultOf({ claudeSessionId: "after" }));
    await settled;
    expect([log, gone()]).toEqual([["last words", "save", "finish"], 0]);
    exit();
    await expect(result).resolves.toBeUndefined();
    expect([log, gone(), late]).toEqual([["last words", "save", "finish"], 1, []]);
    expect(finished[0]).toMatchObject({ phase: "ended", text: "Hi", outcome: { kind: "answered" } });
    expect(answered).toEqual(["answered after 0 steps"]);
    expect(saved[0]).toMatchObject({ outcome: { kind: "answered" }, claudeSessionId: "after" });
    expect(Object.keys(timing.sinceTaken())).toEqual(["taken", "first_text", "result", "delivered"]);
  });

  it("gives the last words as soon as the model has ended, if nothing is under way, and surely at the result", async () => {
    const { say, exit, result, log } = followed();
    const tool = { type: "tool_started", id: "t", name: "Bash", input: {}, main: true } as const;
    say({ type: "answer_ended" }, { type: "text_block", text: "Hi" }, tool, { type: "answer_ended" });
    say({ type: "tool_finished", id: "t", isError: false, text: "" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual([]);
    say({ type: "answer_ended" }, resultOf());
    exit();
    await result;
    expect(log).toEqual(["perhaps last words", "last words", "save", "finish"]);
  });

  it("remembers when the first words and the result came", async () => {
    const { say, exit, result, timing, clock } = followed();
    const at = async (ms: number, event: ClaudeEvent): Promise<void> => {
      clock.at = ms;
      say(event);
      await new Promise((resolve) => setImmediate(resolve));
    };
    await at(100, { type: "requesting" });
    await at(200, { type: "text", delta: "H" });
    await at(300, { type: "text", delta: "i" });
    await at(400, resultOf({ text: "Hi" }));
    exit();
    await result;
    expect(timing.sinceTaken()).toMatchObject({ first_text: 200, result: 400 });
  });

  it("resolves only when the process is gone and the answer is delivered", async () => {
    let deliver = (): void => {};
    const delivered = new Promise<void>((resolve) => (deliver = resolve));
    const { say, exit, result, log } = followed({ finish: () => delivered });
    let isOver = false;
    const over = result.then(() => (isOver = true));
    say(resultOf());
    exit();
    await new Promise((resolve) => setImmediate(resolve));
    expect([isOver, log]).toEqual([false, ["last words", "save", "finish"]]);
    deliver();
    await over;
  });

  it("waits for what a result with `more` announces, and takes the last", async () => {
    const { say, exit, result, finished, saved } = followed();
    say({ type: "text_block", text: "one" }, resultOf({ more: true, claudeSessionId: "c1" }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(finished).toEqual([]);
    say({ type: "text_block", text: "two" }, resultOf({ claudeSessionId: "c2" }));
    exit();
    await result;
    expect(finished).toMatchObject([{ text: "one\n\ntwo", usage: { costUsd: 1 } }]);
    expect(saved).toMatchObject([{ claudeSessionId: "c2" }]);
  });

  it("settles what announced more and then only ended", async () => {
    const { say, exit, result, finished } = followed();
    say({ type: "text_block", text: "one" }, resultOf({ more: true }));
    exit();
    await result;
    expect(finished).toMatchObject([{ text: "one", outcome: { kind: "answered" } }]);
  });

  it("puts what a listener adds where the text has come to, and changes it in place", async () => {
    const taken: boolean[] = [];
    const listen: Listener = (event, stage) => {
      if (event.type === "text_block")
        taken.push(stage.put(event.text === "one" ? "a" : "b", { kind: "steered" }));
      if (event.type === "task_ended") taken.push(stage.put("a", { kind: "steered" }));
    };
    const { say, exit, result, finished } = followed({ listeners: [listen] });
    say({ type: "text_block", text: "one" }, { type: "text_block", text: "two" });
    say({ type: "task_ended", taskId: "t", status: "completed" }, resultOf());
    say({ type: "text_block", text: "three" });
    exit();
    await result;
    const steered = { kind: "steered" } as const;
    expect(finished[0]?.interludes).toEqual([
      { ...steered, id: "a", at: 3 },
      { ...steered, id: "b", at: 8 },
    ]);
    expect(taken).toEqual([true, true, true, false]);
  });

  it("shows nothing that comes after the end", async () => {
    const { say, exit, result, updates, settled } = followed();
    say(resultOf({ text: "Hi" }));
    await settled;
    const before = updates.length;
    say({ type: "text", delta: "late" }, { type: "requesting" });
    exit();
    await result;
    expect(updates).toHaveLength(before);
  });

  it("shows each change and nothing twice", async () => {
    const { say, exit, result, updates } = followed({ notes: [{ kind: "memory_lost" }] });
    say(
      { type: "requesting" },
      { type: "taken", messageUuid: "u" },
      { type: "thinking" },
      { type: "thinking" },
      { type: "text", delta: "H" },
    );
    exit(EXITED);
    await result;
    expect(updates.map(({ phase, text }) => [phase, text])).toEqual([
      ["starting", ""],
      ["working", ""],
      ["working", ""],
      ["working", "H"],
    ]);
    expect(updates[0]?.notes).toEqual([{ kind: "memory_lost" }]);
  });

  it("tells after an answer what the turn had left running, but not what was stopped or named before", async () => {
    const job = { type: "task_started", taskId: "t", description: "npm run dev" } as const;
    const play = async (events: ClaudeEvent[], failure?: Failure) => {
      const { say, exit, result, late } = followed();
      say(...events, { type: "swept", count: 2 });
      exit(failure);
      await result;
      return late;
    };
    expect(await play([resultOf({ text: "Hi" })])).toEqual([{ kind: "left_behind", count: 2 }]);
    expect(await play([resultOf({ failure: { kind: "stopped" } })], { kind: "stopped" })).toEqual([]);
    expect(await play([job, resultOf({ text: "Hi", more: true })])).toEqual([]);
  });

  it("takes a process that ended without a result as its failure says", async () => {
    const { say, exit, result, finished, saved } = followed();
    say({ type: "text", delta: "half" });
    exit(EXITED);
    await result;
    expect(finished).toMatchObject([{ text: "half", outcome: { kind: "failed", failure: EXITED } }]);
    expect(saved).toMatchObject([{ claudeSessionId: "before" }]);
  });

  it("keeps the first cause: what comes of the exit after a result changes nothing", async () => {
    const { say, exit, result, finished } = followed();
    say(resultOf({ failure: { kind: "stopped" } }));
    exit(EXITED);
    await expect(result).resolves.toBeUndefined();
    expect(finished).toMatchObject([{ outcome: { kind: "stopped" } }]);
  });

  it("keeps the id of the conversation that the process named, though it gave no result", async () => {
    const { say, exit, result, saved } = followed();
    say({
      type: "started",
      claudeSessionId: "named",
      model: "m",
      permissionMode: "default",
      cliVersion: "1",
      slashCommands: [],
    });
    exit(EXITED);
    await result;
    expect(saved).toMatchObject([{ claudeSessionId: "named" }]);
  });

  describe("that fails in a way to be tried again", () => {
    const MISSING: Failure = { kind: "conversation_missing" };
    const isRetried = (failure: Failure): boolean => failure.kind === "conversation_missing";

    it.each([
      ["at the exit", false],
      ["with a result", true],
    ])("saves and shows nothing: %s", async (_, hasResult) => {
      const { say, exit, result, log, gone } = followed({ isRetried });
      if (hasResult) say(resultOf({ failure: MISSING }));
      exit(MISSING);
      await expect(result).resolves.toEqual(MISSING);
      // Another process is about to be: nobody else's turn has come.
      expect([log, gone()]).toEqual([[], 0]);
    });

    it("is not to be tried again once there is an answer", async () => {
      const { say, exit, result, finished } = followed({ isRetried });
      say(resultOf({ text: "Hi" }));
      exit(MISSING);
      await expect(result).resolves.toBeUndefined();
      expect(finished).toMatchObject([{ outcome: { kind: "answered" } }]);
    });
  });

  it("ends the process over a bug of ours, and rejects only when it is gone: nothing goes on unseen", async () => {
    let heard = 0;
    const listen: Listener = () => {
      heard += 1;
      throw new TypeError("a bug");
    };
    const { say, exit, ends, result, log } = followed({ listeners: [listen] });
    let isOver = false;
    const over = result.catch(() => (isOver = true));
    say({ type: "text_block", text: "one" }, { type: "text_block", text: "two" });
    await new Promise((resolve) => setImmediate(resolve));
    expect([ends, isOver]).toEqual([[{ kind: "stopped" }], false]);
    exit({ kind: "stopped" });
    await over;
    await expect(result).rejects.toThrow("a bug");
    expect([heard, log]).toEqual([1, []]);
  });

  it("rejects for a bug of ours in the run, and has delivered nothing", async () => {
    const { scripted, result, log } = followed();
    scripted.breakDown(new TypeError("a bug"));
    await expect(result).rejects.toThrow("a bug");
    expect(log).toEqual([]);
  });
});
