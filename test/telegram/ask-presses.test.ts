/**
 * Presses under what Claude asked, in one life of the bot and again in the next:
 * whatever dies between two steps, what a press allows is done once.
 */
import { describe, expect, it } from "vitest";
import type { ClaudeEvent } from "../../bot/claude/events.ts";
import type { Request, Tapped, TapButton, WorkButton } from "../../bot/telegram/command.ts";
import { askButton } from "../../bot/telegram/commands/ask.ts";
import { decisionButtons } from "../../bot/telegram/commands/decide.ts";
import { askToasts } from "../../bot/telegram/presenter/asks/toasts.ts";
import type { TurnView } from "../../bot/turns/view.ts";
import { makeHouse, orderOf, PLACE, until } from "../turns/kit.ts";
import { allRun, type House, type Life, startAgain } from "./lives.ts";

const ASKED: ClaudeEvent = {
  type: "permission_asked",
  requestId: "r1",
  toolName: "Bash",
  toolUseId: "t1",
  input: { command: "mkdir x" },
  suggestions: [
    {
      type: "addRules",
      rules: [{ toolName: "Bash", ruleContent: "mkdir x" }],
      behavior: "allow",
      destination: "localSettings",
    },
  ],
};
const PLAN: ClaudeEvent = { ...ASKED, toolName: "ExitPlanMode", input: { plan: "1. this" }, suggestions: [] };
const QUESTION: ClaudeEvent = {
  ...ASKED,
  toolName: "AskUserQuestion",
  input: { questions: [{ question: "A?", header: "A", options: [{ label: "x" }, { label: "y" }] }] },
  suggestions: [],
};

const stateOf = (view: TurnView | undefined): string =>
  (view?.interludes ?? [])
    .map((each) =>
      each.kind !== "ask"
        ? ""
        : `${each.ask.state.kind} ${"why" in each.ask.state ? each.ask.state.why : ""}`,
    )
    .join()
    .trim();

/** A house in which turn 5 asked something that is not answered yet. */
async function asking(event: ClaudeEvent = ASKED) {
  const clocks: (() => void)[] = [];
  const house = await makeHouse({
    wait: (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve());
        clocks.push(resolve);
      }),
  });
  const life = await house.live();
  await life.turns.submit(5, house.session.id, orderOf("do it"));
  const run = await life.run(0);
  run.say(event);
  await until(() => stateOf(life.told.get(5)?.updates.at(-1)) === "waiting");
  return { house, life, run, timeOut: () => clocks.at(-1)?.() };
}

/** Its turn is over, and nobody had answered in time. */
async function timedOut() {
  const { house, life, run, timeOut } = await asking();
  timeOut();
  await until(() => run.answers.length === 1);
  run.answer("done without");
  await life.end(5);
  await until(() => life.turns.runningCount() === 0);
  return { house, life };
}

/** The next life, in which the turn's process is dead, too; of what that had said, `more` came behind the question. */
async function cutOff(event: ClaudeEvent = ASKED, more: readonly ClaudeEvent[] = []) {
  const { house, life: first } = await asking(event);
  first.turns.close();
  const life = await house.live();
  await house.leaveOutput(house.session, 5, "x");
  const entry = life.journal.get(5);
  if (entry) life.turns.takeUp(entry);
  const adopted = await life.run(0);
  adopted.say(event, ...more);
  adopted.exit({ kind: "exited", stderrTail: "" });
  await life.end(5);
  await until(() => life.turns.runningCount() === 0);
  return { house, life };
}

/** Presses buttons of one life. */
function fingers(house: House, life: Life, asks: Life["asks"] = life.asks) {
  const short = house.session.id.slice(0, 8);
  const requestOf = (updateId: number, text: string): Request => ({
    updateId,
    place: PLACE,
    userId: 7,
    text,
  });
  const tap = async (updateId: number, verb: string): Promise<string> => {
    const button = askButton({ ...life, asks }) as TapButton;
    const tapped: Tapped = await button.tap(requestOf(updateId, `${short}:5:1:${verb}`));
    await tapped.after?.();
    return tapped.toast;
  };
  const press = async (updateId: number, kind: "continue" | "discard"): Promise<boolean> => {
    const button = decisionButtons({ ...life, asks }).find((each) => each.kind === kind) as WorkButton;
    const request = requestOf(updateId, "5");
    const refusal = await button.refuse?.(request);
    if (refusal === undefined) await button.press(request);
    return refusal === undefined;
  };
  return { tap, press };
}

const HELD = new Promise<never>(() => {});

describe("Allow and run again", () => {
  // The facts are: that this press gives it, its turn in line, the turn's start.
  it.each([0, 1, 2])(
    "with a kill before its fact number %i runs once, pressed again in the next life or not",
    async (facts) => {
      const { house, life } = await timedOut();
      await life.journal.take([{ update_id: 7 }]);
      const died = life.dieAfter(facts);
      void fingers(house, life).tap(7, "again");
      await died;

      const next = await house.live();
      const { tap } = fingers(house, next);
      await startAgain(next, ({ id }) => tap(id, "again"));
      expect(await tap(8, "again")).toBe(askToasts.over);
      expect(await allRun(house, next)).toEqual([expect.stringMatching(/I allow now.*mkdir x/s)]);
    },
  );

  it.each(["before", "after"])("with a kill %s it is on the record runs once", async (when) => {
    const { house, life } = await timedOut();
    await life.journal.take([{ update_id: 7 }]);
    const died = new Promise<void>((resolve) => {
      const giveLate: Life["asks"]["giveLate"] = async (...given) => {
        if (when === "after") await life.asks.giveLate(...given);
        resolve();
        return HELD;
      };
      void fingers(house, life, { ...life.asks, giveLate }).tap(7, "again");
    });
    await died;
    life.turns.close();

    const next = await house.live();
    const { tap } = fingers(house, next);
    await startAgain(next, ({ id }) => tap(id, "again"));
    expect(await tap(8, "again")).toBe(askToasts.over);
    expect(await allRun(house, next)).toHaveLength(1);
  });

  it("pressed while the turn of an earlier life is taken up, or ends, is used for good", async () => {
    const { house, life } = await asking();
    life.turns.close();
    const next = await house.live();
    const ref = { session: house.session.id.slice(0, 8), updateId: 5, n: 1 };
    const found = await next.asks.find(ref, PLACE);
    if (found === undefined) throw new Error("not found");
    const turn = {
      session: house.session,
      updateId: 5,
      order: orderOf("x"),
      run: { answer() {} },
      isAdopted: true,
    };
    for (const [first, second] of [
      [7, 8],
      [7, 9],
    ] as const) {
      // The desk is opened, and closed, while the press is on its way to the record.
      const opening = next.asks.open(turn);
      const given = await next.asks.giveLate(found, { byUpdateId: first });
      const desk = await opening;
      desk.listen(ASKED, { textEnd: 0, put: () => true });
      const closing = desk.close();
      expect(given.ok).toBe(true);
      expect(await next.asks.giveLate(found, { byUpdateId: second })).toEqual({ ok: false, kind: "over" });
      await closing;
    }
    const last = await house.live();
    expect(await last.asks.giveLate(found, { byUpdateId: 10 })).toEqual({ ok: false, kind: "over" });
  });
});

describe("a question that died with the bot", () => {
  it("is run again by a press on the buttons that still stand there, once", async () => {
    const { house, life } = await asking();
    life.turns.close();
    const next = await house.live();
    const { tap } = fingers(house, next);
    expect(await tap(6, "deny")).toBe(askToasts.undone);
    expect(await tap(7, "session")).toBe(askToasts.late);
    expect(await tap(8, "once")).toBe(askToasts.over);
    expect(next.sessions.get(house.session.id)?.allowRules).toEqual([{ tool: "Bash", content: "mkdir x" }]);
    expect(await allRun(house, next)).toEqual([expect.stringMatching(/I allow now.*mkdir x/s)]);
  });

  it("is run again by the very press that the bot died under, before anything of that was written down", async () => {
    const { house, life } = await asking();
    await life.journal.take([{ update_id: 7 }]);
    life.turns.close();
    await house.leaveOutput(house.session, 5, "x");
    const next = await house.live();
    const { tap } = fingers(house, next);
    const toasts: string[] = [];
    await startAgain(next, async ({ id }) => void toasts.push(await tap(id, "once")));
    expect(toasts).toEqual([askToasts.late]);
    expect(await tap(8, "once")).toBe(askToasts.over);
    const adopted = await next.run(0);
    adopted.say(ASKED);
    expect(await allRun(house, next)).toEqual([expect.stringMatching(/I allow now.*mkdir x/s)]);
    expect(stateOf(next.told.get(5)?.finished[0])).toBe("again");
  });

  it("is a plan that Go still carries out, changing files without asking where that was pressed", async () => {
    const { house, life } = await asking(PLAN);
    life.turns.close();
    const next = await house.live();
    const { tap } = fingers(house, next);
    expect(await tap(7, "edits")).toBe(askToasts.late);
    expect(next.sessions.get(house.session.id)?.permissionMode).toBe("acceptEdits");
    expect(await allRun(house, next)).toEqual([expect.stringMatching(/Carry it out/)]);
  });

  it("says so where it wanted words, and asks for them", async () => {
    const { house, life } = await asking(QUESTION);
    life.turns.close();
    const next = await house.live();
    const { tap } = fingers(house, next);
    for (const verb of ["pick.0", "other", "skip", "again"])
      expect(await tap(7, verb)).toBe(askToasts.unheard);
    expect(next.turns.runningCount()).toBe(0);
  });

  it("was answered, where its tool was run although nothing of that is written down", async () => {
    const { house, life } = await cutOff(ASKED, [
      { type: "tool_finished", id: "t1", isError: false, text: "made" },
    ]);
    expect(stateOf(life.told.get(5)?.finished[0])).toBe("allowed");
    expect(await fingers(house, life).tap(7, "again")).toBe(askToasts.over);
  });
});

describe("a turn that was cut off while it asked", () => {
  it("is gone on with by allowing it: that decides about the turn, too", async () => {
    const { house, life } = await cutOff();
    expect(stateOf(life.told.get(5)?.finished[0])).toBe("parked cut_off");
    const { tap, press } = fingers(house, life);
    expect(await tap(7, "again")).toBe(askToasts.late);
    expect([await press(8, "continue"), await press(9, "discard"), await tap(10, "again")]).toEqual([
      false,
      false,
      askToasts.over,
    ]);
    expect(await allRun(house, life)).toEqual([expect.stringMatching(/I allow now.*mkdir x/s)]);
  });

  it.each(["continue", "discard"] as const)("asks no more after %s", async (kind) => {
    const { house, life } = await cutOff();
    const { tap, press } = fingers(house, life);
    expect(await press(7, kind)).toBe(true);
    expect([await press(8, kind), await tap(9, "again")]).toEqual([false, askToasts.over]);
    const next = await house.live();
    expect(await fingers(house, next).tap(10, "again")).toBe(askToasts.over);
  });

  it("knows a question of it no more: words are what it takes", async () => {
    const { life } = await cutOff(QUESTION);
    expect(stateOf(life.told.get(5)?.finished[0])).toBe("cancelled");
  });

  it.each([
    // That this press gives it, its turn in line, the end of what was cut off, the turn's start.
    ["the allowance", 0],
    ["the allowance", 1],
    ["the allowance", 2],
    ["the allowance", 3],
    // Its turn in line, the end of what was cut off, the turn's start.
    ["Continue", 0],
    ["Continue", 1],
    ["Continue", 2],
  ] as const)(
    "runs once more by one press of %s, with a kill before its fact number %i",
    async (what, facts) => {
      const { house, life } = await cutOff();
      const pressIn = async (of: Life, updateId: number): Promise<boolean> => {
        const { tap, press } = fingers(house, of);
        return what === "Continue"
          ? press(updateId, "continue")
          : (await tap(updateId, "again")) === askToasts.late;
      };
      await life.journal.take([{ update_id: 7 }]);
      const died = life.dieAfter(facts);
      void pressIn(life, 7);
      await died;

      const next = await house.live();
      await startAgain(next, ({ id }) => pressIn(next, id));
      expect(await pressIn(next, 8)).toBe(false);
      expect(next.journal.get(5)?.state).toBe("done");
      expect(await allRun(house, next)).toHaveLength(1);
    },
  );

  it("takes what it had read along, wherever Discard is cut off itself", async () => {
    const { house, life } = await cutOff();
    const read = {
      state: "steered",
      turn: 5,
      messageUuid: "u",
      sessionId: house.session.id,
      order: orderOf("and this", 2),
      isRead: true,
    } as const;
    for (const id of [21, 22]) {
      await life.journal.take([{ update_id: id }]);
      await life.journal.note(id, read);
    }
    await life.journal.take([{ update_id: 7 }]);
    const died = life.dieAfter(1);
    void fingers(house, life).press(7, "discard");
    await died;

    const next = await house.live();
    await startAgain(next, async () => {});
    expect([5, 21, 22].map((id) => next.journal.get(id)?.state)).toEqual(["interrupted", "done", "steered"]);
    expect(next.runs).toHaveLength(0);
    expect(await fingers(house, next).press(8, "discard")).toBe(true);
    expect([5, 21, 22].map((id) => next.journal.get(id)?.state)).toEqual(["done", "done", "done"]);
  });
});
