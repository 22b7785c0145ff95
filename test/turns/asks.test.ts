import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ClaudeEvent } from "../../bot/claude/events.ts";
import { type About, type Ask, decided, type Decision } from "../../bot/turns/asks/ask.ts";
import { createBoard } from "../../bot/turns/asks/board.ts";
import { readBefore } from "../../bot/turns/asks/describe.ts";
import { openLiveDesk } from "../../bot/turns/asks/live-desk.ts";
import { diffLines } from "../../bot/turns/asks/diff.ts";
import { giveLate } from "../../bot/turns/asks/late.ts";
import { covers, handedRules, type RuleRequest, rulesFor, withRules } from "../../bot/turns/asks/rules.ts";
import { newSheet, readSheet } from "../../bot/turns/asks/sheet.ts";
import type { Stage } from "../../bot/turns/follow.ts";
import { lateOrder } from "../../bot/turns/prompt.ts";
import { type TurnView } from "../../bot/turns/view.ts";
import { makeHouse, orderOf, PLACE, resultOf, until } from "./kit.ts";

type Asked = Extract<ClaudeEvent, { type: "permission_asked" }>;

const asked = (given: Partial<Asked> = {}): Asked => ({
  type: "permission_asked",
  requestId: "r1",
  toolName: "Bash",
  toolUseId: "t1",
  input: { command: "mkdir x", description: "make it" },
  suggestions: [suggest({ toolName: "Bash", ruleContent: "mkdir x" })],
  ...given,
});

const suggest = (...rules: { toolName: string; ruleContent?: string }[]) => ({
  type: "addRules",
  rules,
  behavior: "allow",
  destination: "localSettings",
});
const ACCEPT_EDITS = { type: "setMode", mode: "acceptEdits", destination: "session" };

const asksOf = (view: TurnView | undefined): Ask[] =>
  (view?.interludes ?? []).flatMap((each) => (each.kind === "ask" ? [each.ask] : []));

/** A turn that runs, with time that passes only when the test says so. */
async function bench() {
  const clocks: { ms: number; end: () => void }[] = [];
  const house = await makeHouse({
    wait: (ms, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve());
        clocks.push({ ms, end: resolve });
      }),
  });
  const life = await house.live();
  await life.turns.submit(5, house.session.id, orderOf("do it"));
  const run = await life.run(0);
  const shown = (): Ask[] => asksOf(life.told.get(5)?.updates.at(-1));
  const state = (n = 1): string | undefined => shown().find((ask) => ask.n === n)?.state.kind;
  const waits = async (n = 1): Promise<void> => until(() => state(n) === "waiting");
  const decide = async (decision: Decision, n = 1): Promise<boolean> => {
    const found = await life.asks.find({ session: house.session.id.slice(0, 8), updateId: 5, n }, PLACE);
    const outcome = found ? life.asks.decide(found, decision) : { ok: false as const };
    if (outcome.ok) await outcome.done;
    return outcome.ok;
  };
  const file = house.paths.turn(house.session.folder, 5).asks;
  const saved = async (): Promise<unknown> => JSON.parse(await readFile(file, "utf8"));
  return { house, life, run, clocks, shown, state, waits, decide, saved };
}

describe("a permission", () => {
  it("waits, is decided once, and is on the disk before Claude has its answer", async () => {
    const { run, waits, decide, shown, saved } = await bench();
    run.say({ type: "text_block", text: "Let me." }, asked());
    await waits();
    expect(run.answers).toEqual([]);
    expect(shown()).toMatchObject([{ updateId: 5, n: 1, about: { doing: { command: "mkdir x" } } }]);
    expect(await saved()).toMatchObject({ asks: [{ n: 1, key: "r1", state: { kind: "waiting" } }] });

    const both = await Promise.all([
      decide({ verb: "deny" }),
      decide({ verb: "allow", isForSession: false }),
    ]);
    expect(both).toEqual([true, false]);
    expect(run.answers).toMatchObject([["r1", { behavior: "deny" }]]);
    expect(await saved()).toMatchObject({ asks: [{ state: { kind: "denied" } }] });
  });

  it("is answered whatever breaks on our side: nothing else would end its wait", async () => {
    const { run, life, house, state, saved } = await bench();
    // A disk that fails in another way than being full.
    await rm(house.paths.turn(house.session.folder, 5).root, { recursive: true });
    run.say(asked());
    await until(() => run.answers.length === 1);
    expect(run.answers).toMatchObject([["r1", { behavior: "deny" }]]);
    expect(state()).toBe("cancelled");
    await expect(saved()).rejects.toThrow("ENOENT");
    run.answer("done");
    await life.end(5);
  });

  it("goes back with the input as it was", async () => {
    const { run, waits, decide } = await bench();
    run.say(asked());
    await waits();
    await decide({ verb: "allow", isForSession: false });
    expect(run.answers).toEqual([
      ["r1", { behavior: "allow", updatedInput: { command: "mkdir x", description: "make it" } }],
    ]);
  });

  it("for the session that there is no room to keep holds once, and says so", async () => {
    const folder = await mkdtemp(join(tmpdir(), "desk-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const answers: unknown[] = [];
    const desk = openLiveDesk({
      sheet: newSheet(join(folder, "asks.json"), 7),
      ref: { session: "00000000", updateId: 5 },
      cwd: folder,
      timeoutMs: 1,
      wait: (_, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
      answer: (_, answer) => void answers.push(answer),
      isAllowed: () => false,
      remember: async () => false,
      setMode: async () => {},
      onBug: () => {},
    });
    desk.listen(asked(), { put: () => {} } as unknown as Stage);
    await until(() => desk.waiting().length === 1);
    const decision = desk.decide(1, { verb: "allow", isForSession: true });
    if (decision.ok) await decision.done;
    expect(answers).toMatchObject([{ behavior: "allow" }]);
    const state = { kind: "allowed", isForSession: false, isUnkept: true };
    expect(desk.find(1)).toMatchObject({ state });
    expect((await readSheet(join(folder, "asks.json"))).asks).toMatchObject([{ state }]);
  });

  it("for the session is kept, and the same is answered without a question from then on", async () => {
    const { run, waits, decide, life, house, shown } = await bench();
    run.say(asked());
    await waits();
    await decide({ verb: "allow", isForSession: true });
    const rules = [{ tool: "Bash", content: "mkdir x" }];
    expect(life.sessions.get(house.session.id)?.allowRules).toEqual(rules);
    run.say(asked({ requestId: "r2", toolUseId: "t2" }));
    await until(() => run.answers.length === 2);
    expect(run.answers[1]).toMatchObject(["r2", { behavior: "allow" }]);
    expect(shown()).toHaveLength(1);

    await life.sessions.update(house.session.id, { allowRules: [] });
    run.say(asked({ requestId: "r3", toolUseId: "t3" }));
    await until(() => shown().length === 2);
    run.answer("done");
    await life.end(5);
    await life.sessions.update(house.session.id, { allowRules: rules });
    await life.turns.submit(6, house.session.id, orderOf("more"));
    await life.run(1);
    expect(life.starts[1]?.arguments).toMatchObject({
      allowedTools: expect.arrayContaining(["Bash(mkdir x)"]),
    });
  });

  it("that nobody answers in time is a no, and given late holds in another turn, once", async () => {
    const { run, waits, clocks, decide, state, life, house, saved } = await bench();
    run.say(asked());
    await waits();
    expect(clocks.map(({ ms }) => ms)).toEqual([900_000]);
    clocks[0]?.end();
    await until(() => run.answers.length === 1);
    expect(state()).toBe("parked");
    expect(run.answers[0]?.[1]).toMatchObject({ message: expect.stringContaining("within 15 minutes") });
    expect(await decide({ verb: "allow", isForSession: false })).toBe(false);
    run.answer("done without");
    expect(asksOf(await life.end(5))).toMatchObject([{ state: { kind: "parked", why: "timeout" } }]);

    const ref = { session: house.session.id.slice(0, 8), updateId: 5, n: 1 };
    const found = await life.asks.find(ref, PLACE);
    expect(await life.asks.find(ref, { chatId: 8 })).toBeUndefined();
    if (found === undefined) throw new Error("not found");
    const given = await Promise.all([7, 8].map((byUpdateId) => life.asks.giveLate(found, { byUpdateId })));
    expect(given).toMatchObject([
      { ok: true, ask: { state: { kind: "again", byUpdateId: 7 } } },
      { ok: false, kind: "over" },
    ]);
    expect(await life.asks.giveLate(found, { byUpdateId: 7 })).toMatchObject({ ok: true });
    expect(await saved()).toMatchObject({ asks: [{ state: { kind: "again", byUpdateId: 7 } }] });

    await life.turns.submit(7, house.session.id, lateOrder(found.ask, { place: PLACE, userId: 7 }));
    const again = await life.run(1);
    expect(life.starts[1]?.message.content).toMatch(/I allow now.*mkdir x/s);
    again.say(asked({ requestId: "q1", input: { command: "mkdir x", description: "in other words" } }));
    await until(() => again.answers.length === 1);
    expect(again.answers).toMatchObject([["q1", { behavior: "allow" }]]);
    again.say(asked({ requestId: "q2" }));
    await until(() => asksOf(life.told.get(7)?.updates.at(-1)).some((ask) => ask.state.kind === "waiting"));
  });

  it("is given late only where that can be written down, and leaves nothing of a save that was cut off", async () => {
    const { run, waits, clocks, house, life } = await bench();
    run.say(asked());
    await waits();
    clocks[0]?.end();
    await until(() => run.answers.length === 1);
    run.answer("done without");
    await life.end(5);

    const { asks: path, root } = house.paths.turn(house.session.folder, 5);
    await writeFile(join(root, ".asks.json.0123456789ab.tmp"), "{");
    const sheet = await readSheet(path);
    expect(await readdir(root)).not.toContain(".asks.json.0123456789ab.tmp");
    let hasRoom = false;
    const save = async (): Promise<boolean> => hasRoom;
    const board = createBoard({ ...sheet, save }, { session: "00000000", updateId: 5 });
    const words = { remember: async () => true, setMode: async () => {} };
    const give = (byUpdateId: number) => giveLate(board, 1, { byUpdateId }, words);
    expect(await give(7)).toEqual({ ok: false, kind: "disk_full" });
    hasRoom = true;
    expect(await give(8)).toMatchObject({ ok: true, ask: { state: { kind: "again", byUpdateId: 8 } } });
  });

  it("that holds late is not sent into a turn that runs: that one would ask again", async () => {
    const { run, waits, clocks, life, house, shown } = await bench();
    run.say(asked());
    await waits();
    clocks[0]?.end();
    await until(() => run.answers.length === 1);
    const [ask] = shown();
    if (ask === undefined) throw new Error("not shown");
    await life.turns.submit(7, house.session.id, lateOrder(ask, { place: PLACE, userId: 7 }));
    run.answer("done");
    await life.run(1);
    expect(life.journal.get(7)?.state).toMatch(/starting|running/);
  });

  it.each<[string, (run: Awaited<ReturnType<typeof bench>>["run"]) => void]>([
    ["the CLI takes it back", (run) => run.say({ type: "permission_cancelled", requestId: "r1" })],
    ["its tool ends", (run) => run.say({ type: "tool_finished", id: "t1", isError: true, text: "" })],
    ["the turn is stopped", (run) => run.say(resultOf({ failure: { kind: "stopped" } }))],
    ["the process dies", (run) => run.exit({ kind: "exited", stderrTail: "" })],
  ])("waits no more when %s", async (_, end) => {
    const { run, waits, decide, life } = await bench();
    run.say(asked());
    await waits();
    end(run);
    const last = (): TurnView | undefined =>
      life.told.get(5)?.finished[0] ?? life.told.get(5)?.updates.at(-1);
    await until(() => asksOf(last())[0]?.state.kind === "cancelled");
    expect(await decide({ verb: "allow", isForSession: false })).toBe(false);
    expect(run.answers).toEqual([]);
  });
});

describe("a plan", () => {
  const started = (permissionMode: string): ClaudeEvent => ({
    type: "started",
    claudeSessionId: "00000000-0000-4000-8000-00000000000c",
    model: "m",
    permissionMode,
    cliVersion: "1",
    slashCommands: [],
  });
  const PLAN = asked({ toolName: "ExitPlanMode", input: { plan: "1. this" } });

  it.each<[string, Decision, string | undefined, object]>([
    ["plan", { verb: "go", withEdits: false }, "default", { behavior: "allow" }],
    ["default", { verb: "go", withEdits: false }, undefined, { behavior: "allow" }],
    [
      "default",
      { verb: "go", withEdits: true },
      "acceptEdits",
      { updatedPermissions: [{ type: "setMode", mode: "acceptEdits", destination: "session" }] },
    ],
    ["plan", { verb: "change", wish: "shorter" }, undefined, { message: expect.stringContaining("shorter") }],
    ["plan", { verb: "stop" }, undefined, { behavior: "deny", interrupt: true }],
  ])("in a session that is in the mode %s: %j", async (mode, decision, after, answer) => {
    const { run, waits, decide, life, house } = await bench();
    run.say(started(mode), PLAN);
    await waits();
    await decide(decision);
    expect(run.answers).toMatchObject([["r1", answer]]);
    expect(life.sessions.get(house.session.id)?.permissionMode).toBe(after);
  });

  it("leaves the mode alone that the person chose while it waited", async () => {
    const { run, waits, decide, life, house } = await bench();
    run.say(started("plan"), PLAN);
    await waits();
    await life.sessions.update(house.session.id, { permissionMode: "acceptEdits" });
    await decide({ verb: "go", withEdits: false });
    expect(run.answers).toHaveLength(1);
    expect(life.sessions.get(house.session.id)?.permissionMode).toBe("acceptEdits");
  });

  it("that nobody answered can be agreed to later, and the session plans no more", async () => {
    const { run, waits, clocks, life, house, shown } = await bench();
    run.say(started("plan"), PLAN);
    await waits();
    clocks[0]?.end();
    await until(() => run.answers.length === 1);
    expect(run.answers[0]?.[1]).toMatchObject({ message: expect.stringContaining("Carry nothing out") });
    const [ask] = shown();
    if (ask === undefined) throw new Error("not shown");
    await life.asks.giveLate({ ask, sessionId: house.session.id, createdBy: 7 }, { byUpdateId: 7 });
    expect(life.sessions.get(house.session.id)?.permissionMode).toBe("default");
    expect(lateOrder(ask, { place: PLACE, userId: 7 }).text).toMatch(/Carry it out/);
  });

  it.each([
    [
      "is shown from its call where the question leaves it out",
      [{ type: "text_block", text: "So:" }] as ClaudeEvent[],
      "1. this",
    ],
    [
      "is not shown again where it was said",
      [{ type: "text_block", text: "So:\n1. this" }] as ClaudeEvent[],
      undefined,
    ],
  ])("%s", async (_, before, markdown) => {
    const { run, waits, shown } = await bench();
    const call: ClaudeEvent = {
      type: "tool_started",
      id: "t1",
      name: "ExitPlanMode",
      input: PLAN.input,
      main: true,
    };
    run.say(...before, call, { ...PLAN, input: {} });
    await waits();
    expect(shown()[0]?.about).toEqual({ kind: "plan", ...(markdown === undefined ? {} : { markdown }) });
  });
});

describe("questions", () => {
  const QUESTIONS = asked({
    toolName: "AskUserQuestion",
    input: {
      questions: [
        { question: "A?", header: "A", options: [{ label: "x", description: "" }], multiSelect: false },
        { question: "B?", header: "B", options: [{ label: "y" }, { label: "z" }], multiSelect: true },
      ],
    },
  });

  it("are asked one after the other, and answered together", async () => {
    const { run, waits, decide, state, shown } = await bench();
    run.say(QUESTIONS);
    await waits(1);
    expect(shown().map((ask) => ask.state.kind)).toEqual(["waiting"]);
    await decide({ verb: "pick", option: 0 });
    await waits(2);
    expect(state(1)).toBe("answered");
    await decide({ verb: "pick", option: 1 }, 2);
    await decide({ verb: "pick", option: 0 }, 2);
    expect(run.answers).toEqual([]);
    await decide({ verb: "say", text: "and w" }, 2);
    expect(run.answers).toMatchObject([
      [
        "r1",
        {
          behavior: "allow",
          updatedInput: { ...QUESTIONS.input, answers: { "A?": "x", "B?": "y, z, and w" } },
        },
      ],
    ]);
  });

  it("that are answered in part by the time tell that part", async () => {
    const { run, waits, decide, clocks } = await bench();
    run.say(QUESTIONS);
    await waits(1);
    await decide({ verb: "pick", option: 0 });
    await waits(2);
    clocks.at(-1)?.end();
    await until(() => run.answers.length === 1);
    expect(run.answers[0]?.[1]).toMatchObject({
      behavior: "allow",
      updatedInput: { answers: { "A?": "x" } },
    });
  });
});

describe("the turn of an earlier life", () => {
  it("shows what became of each ask at its place, and parks what waited", async () => {
    const { house, life, run, waits, decide } = await bench();
    run.say({ type: "text_block", text: "One." }, asked());
    await waits(1);
    await decide({ verb: "allow", isForSession: false });
    run.say({ type: "text_block", text: "Two." }, asked({ requestId: "r2", toolUseId: "t2" }));
    await waits(2);
    life.turns.close();

    const next = await house.live();
    await house.leaveOutput(house.session, 5, "x");
    const entry = next.journal.get(5);
    if (entry) next.turns.takeUp(entry);
    const adopted = await next.run(0);
    adopted.say({ type: "text_block", text: "One." }, asked());
    adopted.say({ type: "text_block", text: "Two." }, asked({ requestId: "r2", toolUseId: "t2" }));
    adopted.say(asked({ requestId: "r3", toolUseId: "t3", input: { command: "unheard" } }));
    adopted.answer("Three.");
    const view = await next.end(5);
    expect(view.interludes).toMatchObject([
      { at: 4, ask: { n: 1, state: { kind: "allowed" } } },
      { at: 10, ask: { n: 2, state: { kind: "parked", why: "restart" } } },
      { at: 10, ask: { n: 3, state: { kind: "parked", why: "restart" } } },
    ]);
    expect(adopted.answers).toEqual([]);
  });
});

describe("a decision", () => {
  const plan: About = { kind: "plan" };
  const permission: About = {
    kind: "permission",
    toolName: "Bash",
    doing: { kind: "command", command: "x" },
    rules: [],
  };

  it.each<[About, Decision]>([
    [plan, { verb: "allow", isForSession: false }],
    [plan, { verb: "pick", option: 0 }],
    [permission, { verb: "go", withEdits: false }],
    [permission, { verb: "say", text: "x" }],
  ])("that does not fit changes nothing: %#", (about, decision) => {
    expect(decided({ about, state: { kind: "waiting" } }, decision)).toBeUndefined();
  });

  it("for the session where nothing can be remembered is for once", () => {
    expect(
      decided({ about: permission, state: { kind: "waiting" } }, { verb: "allow", isForSession: true }),
    ).toEqual({
      about: permission,
      state: { kind: "allowed", isForSession: false },
    });
  });
});

describe("what is remembered for a session", () => {
  const bash = (command: string, more: Partial<RuleRequest> = {}): RuleRequest => ({
    toolName: "Bash",
    input: { command },
    suggestions: [],
    ...more,
  });
  const write = (path: string, more: Partial<RuleRequest> = {}): RuleRequest => ({
    toolName: "Write",
    input: { file_path: path, content: "x" },
    suggestions: [ACCEPT_EDITS],
    ...more,
  });

  it.each<[string, RuleRequest, ReturnType<typeof rulesFor>]>([
    [
      "the CLI's own rule",
      bash("mkdir x", { suggestions: [suggest({ toolName: "Bash", ruleContent: "mkdir x" })] }),
      [{ tool: "Bash", content: "mkdir x" }],
    ],
    [
      "each of its rules",
      bash("npm i && git push", {
        suggestions: [
          suggest(
            { toolName: "Bash", ruleContent: "npm i *" },
            { toolName: "Bash", ruleContent: "git push *" },
          ),
        ],
      }),
      [
        { tool: "Bash", content: "npm i *" },
        { tool: "Bash", content: "git push *" },
      ],
    ],
    [
      "a star of the command as a star",
      bash("rm *", { suggestions: [suggest({ toolName: "Bash", ruleContent: "rm *" })] }),
      [{ tool: "Bash", content: "rm *", isOurs: true }],
    ],
    [
      "brackets by ourselves",
      bash("f(x)", { suggestions: [suggest({ toolName: "Bash", ruleContent: "f(x)" })] }),
      [{ tool: "Bash", content: "f(x)", isOurs: true }],
    ],
    [
      "the very command where nothing is suggested",
      bash("ls > out"),
      [{ tool: "Bash", content: "ls > out", isOurs: true }],
    ],
    [
      "nothing for a command outside its sandbox",
      { ...bash("ls"), input: { command: "ls", dangerouslyDisableSandbox: true } },
      [],
    ],
    [
      "a tool",
      { toolName: "mcp__a__b", input: {}, suggestions: [suggest({ toolName: "mcp__a__b" })] },
      [{ tool: "mcp__a__b" }],
    ],
    ["nothing where nothing is suggested", { toolName: "Other", input: {}, suggestions: [] }, []],
    [
      "nothing that denies",
      { toolName: "Other", input: {}, suggestions: [{ ...suggest({ toolName: "x" }), behavior: "deny" }] },
      [],
    ],
    ["changes where Claude works", write("/code/a/b.txt"), [{ tool: "Edit", content: "//code/**" }]],
    ["no change elsewhere", write("/etc/passwd"), []],
    ["no change by a path that leads out", write("/code/../etc/passwd"), []],
    [
      "no change that the CLI has another reason to ask about",
      write("/code/.git/hooks/x", { reason: "sensitive" }),
      [],
    ],
    [
      "never a plan",
      { toolName: "ExitPlanMode", input: {}, suggestions: [suggest({ toolName: "ExitPlanMode" })] },
      [],
    ],
  ])("is %s", (_, request, rules) => {
    expect(rulesFor(request, "/code")).toEqual(rules);
    expect(covers(rules, request, "/code")).toBe(rules.length > 0);
  });

  it("does not cover more than all that is needed", () => {
    const both = bash("npm i && git push", {
      suggestions: [
        suggest(
          { toolName: "Bash", ruleContent: "npm i *" },
          { toolName: "Bash", ruleContent: "git push *" },
        ),
      ],
    });
    expect(covers([{ tool: "Bash", content: "npm i *" }], both, "/code")).toBe(false);
    expect(
      covers(
        [{ tool: "Bash", content: "rm *" }],
        bash("rm *", { suggestions: [suggest({ toolName: "Bash", ruleContent: "rm *" })] }),
        "/work",
      ),
    ).toBe(false);
    expect(covers([{ tool: "Edit", content: "//code/**" }], write("/other/x"), "/code")).toBe(false);
  });

  it("is given to the CLI but for what it would read otherwise", () => {
    expect(
      handedRules([
        { tool: "mcp__a" },
        { tool: "Bash", content: "npm i *" },
        { tool: "Bash", content: "rm *", isOurs: true },
      ]),
    ).toEqual(["mcp__a", "Bash(npm i *)"]);
  });

  it("stands once", () => {
    const rule = { tool: "Bash", content: "x" };
    expect(withRules([rule], [rule, { tool: "y" }])).toEqual([rule, { tool: "y" }]);
  });
});

describe("a diff", () => {
  it.each([
    ["", "a\nb", "+a\n+b"],
    ["a", "a", ""],
    ["", "a\n", "+a"],
    ["a\n", "a\nb\n", " a\n+b"],
    ["a", "a\n", " a\n+"],
    ["a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nX\ne\nf\ng", "⋯\n b\n c\n-d\n+X\n e\n f\n⋯"],
    ["a\nb\nc", "a\nc", " a\n-b\n c"],
  ])("of %j and %j", (before, after, lines) => {
    expect(diffLines(before, after)).toBe(lines);
  });

  it("names every line that is taken out or put in", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "c", "⋯", "-x", "+y", ""))
      .map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after).split("\n");
        const count = (all: readonly string[], line: string): number =>
          all.filter((each) => each === line).length;
        const split = (whole: string): string[] => (whole === "" ? [] : whole.split("\n"));
        // The newline at the end of a new file is no line.
        const isNewFile = before === "" && after.endsWith("\n");
        for (const line of ["a", "b", "c", "⋯", "-x", "+y", ""])
          expect(count(lines, `+${line}`) - count(lines, `-${line}`)).toBe(
            count(split(after), line) - count(split(before), line) - (isNewFile && line === "" ? 1 : 0),
          );
      }),
    );
  });
});

describe("the file that would be replaced", () => {
  it("is read where it can be, and nobody waits for a pipe", async () => {
    const folder = await mkdtemp(join(tmpdir(), "parley-before-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const ask = (name: string) =>
      readBefore(asked({ toolName: "Write", input: { file_path: join(folder, name) } }));
    await writeFile(join(folder, "a"), "old");
    await writeFile(join(folder, "big"), "x".repeat(600_000));
    await execa("mkfifo", [join(folder, "pipe")]);
    expect(await ask("a")).toEqual({ isThere: true, text: "old" });
    expect(await ask("none")).toEqual({ isThere: false });
    expect(await ask("big")).toEqual({ isThere: true });
    expect(await ask("pipe")).toEqual({ isThere: true });
    expect(await ask(".")).toEqual({ isThere: true });
  });
});
