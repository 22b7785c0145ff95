import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Part } from "../../bot/telegram/delivery.ts";
import { askButtons, readAskButton } from "../../bot/telegram/presenter/asks/buttons.ts";
import { presentAsk, presentAskEnd } from "../../bot/telegram/presenter/asks/asks.ts";
import { ruleLabel, ruleWords } from "../../bot/telegram/presenter/rules.ts";
import { visible } from "../../bot/telegram/visible.ts";
import type { Ask, AskState, Permission, Plan, Question } from "../../bot/turns/view.ts";
import { checkParts, HOSTILE, pressButtons, textOf } from "./presenter-check.ts";

const permission = (given: Partial<Permission> = {}): Permission => ({
  kind: "permission",
  toolName: "Bash",
  doing: { kind: "command", command: "npm install left-pad" },
  rules: [],
  ...given,
});
const question = (given: Partial<Question> = {}): Question => ({
  kind: "question",
  question: "Which colour?",
  header: "Colour",
  options: [
    { label: "Teal", description: "a green-blue" },
    { label: "Crimson", description: "" },
  ],
  isMulti: false,
  chosen: [],
  number: 1,
  of: 1,
  ...given,
});

const askOf = (about: Ask["about"], state: AskState = { kind: "waiting" }): Ask => ({
  session: "3b241101",
  updateId: 999_999_999_999,
  n: 4_000,
  about,
  state,
});

/** Everything that can be asked, with `word` wherever it holds words of others. */
const abouts = (word: string): Ask["about"][] => {
  const rules = [
    { tool: "Bash", content: word },
    { tool: word },
    { tool: "WebFetch", content: `domain:${word}` },
  ];
  const rest = { description: word, reason: word, blockedPath: word, rules };
  const plan: Plan = { kind: "plan", markdown: word };
  return [
    permission({ doing: { kind: "command", command: word }, ...rest }),
    permission({ doing: { kind: "change", path: word, diff: word, of: "new" }, toolName: "Write" }),
    permission({
      doing: { kind: "change", path: word, diff: `-${word}\n+x`, of: "unread" },
      toolName: "Write",
    }),
    permission({ doing: { kind: "fetch", url: word, prompt: word }, toolName: "WebFetch" }),
    permission({ doing: { kind: "tool", server: word, tool: word, input: word }, toolName: word }),
    permission({ doing: { kind: "tool", tool: word, input: JSON.stringify({ word }, null, 2) } }),
    question({
      question: word,
      header: word,
      options: [
        { label: word, description: word },
        { label: "b", description: "" },
      ],
    }),
    question({ question: word, header: "", isMulti: true, chosen: [0], number: 2, of: 3 }),
    question({ options: [] }),
    plan,
    { kind: "plan" },
  ];
};

const states = (word: string): AskState[] => [
  { kind: "waiting" },
  { kind: "allowed", isForSession: false },
  { kind: "allowed", isForSession: true },
  { kind: "allowed", isForSession: false, isUnkept: true },
  { kind: "denied" },
  { kind: "denied", reason: word },
  { kind: "answered", answer: word },
  { kind: "skipped" },
  { kind: "approved", withEdits: true },
  { kind: "approved", withEdits: false },
  { kind: "change", wish: word },
  { kind: "stopped" },
  { kind: "parked", why: "timeout", afterMs: 900_000 },
  { kind: "parked", why: "restart" },
  { kind: "parked", why: "cut_off" },
  { kind: "again", byUpdateId: 5 },
  { kind: "cancelled" },
];

const shown = (ask: Ask): Part[] => presentAsk(ask);

describe("an ask", () => {
  it.each(HOSTILE)(
    "about something %s is taken by Telegram, however it ends, in as many messages",
    (_, word) => {
      for (const about of abouts(word)) {
        const waiting = shown(askOf(about));
        checkParts(waiting);
        for (const state of states(word)) {
          const parts = shown(askOf(about, state));
          checkParts(parts);
          expect(parts.map(({ kind }) => kind)).toEqual(waiting.map(({ kind }) => kind));
          expect(presentAskEnd(askOf(about, state))).toEqual(parts.slice(-1));
        }
      }
    },
  );

  it("of any words is taken by Telegram", () => {
    const anyWords = fc.string({ unit: "binary", maxLength: 6_000 });
    fc.assert(
      fc.property(anyWords, (word) => {
        for (const about of abouts(word)) checkParts(shown(askOf(about)));
      }),
      { numRuns: 60 },
    );
  });

  it("that is not asked yet is no message", () => {
    expect(shown(askOf(permission(), { kind: "upcoming" }))).toEqual([]);
  });

  it("has buttons that name it, and each says what was meant", () => {
    const all = [
      permission({ rules: [{ tool: "Bash", content: "x" }] }),
      question({ isMulti: true }),
      { kind: "plan" },
    ];
    const verbs = all.flatMap((about) =>
      askButtons(askOf(about as Ask["about"]))
        .flat()
        .map(({ data }) => {
          const read = readAskButton(data.slice("ask:".length));
          expect(read?.ref).toEqual({ session: "3b241101", updateId: 999_999_999_999, n: 4_000 });
          return read?.pressed;
        }),
    );
    expect(verbs).toMatchObject([
      { decision: { verb: "allow", isForSession: false } },
      { decision: { verb: "deny" } },
      { decision: { verb: "allow", isForSession: true } },
      { decision: { verb: "pick", option: 0 } },
      { decision: { verb: "pick", option: 1 } },
      { decision: { verb: "done" } },
      { kind: "hint", of: "other" },
      { decision: { verb: "skip" } },
      { decision: { verb: "go", withEdits: false } },
      { decision: { verb: "stop" } },
      { decision: { verb: "go", withEdits: true } },
      { kind: "hint", of: "change" },
    ]);
  });

  it.each([
    "",
    "x",
    "3b241101:5",
    "3b241101:5:1:rm",
    "3b241101:5:1:pick",
    "../..:5:1:once",
    "3B241101:5:1:once",
  ])("is not read out of %j", (text) => expect(readAskButton(text)).toBeUndefined());

  it("is offered for the session only where something can be remembered, and says what", () => {
    const texts = (about: Permission): string[] => pressButtons(shown(askOf(about))).map(({ text }) => text);
    expect(texts(permission())).toEqual(["Allow once", "Deny"]);
    const remembered = permission({ rules: [{ tool: "Bash", content: "npm install *" }] });
    expect(texts(remembered)).toContain("Allow for this session");
    expect(textOf(shown(askOf(remembered)))).toContain("every command that begins with npm install.");
  });

  it.each([
    [{ tool: "Bash", content: "mkdir x" }, "✅ Allowed for this session, exactly this command: mkdir x"],
    [
      { tool: "Bash", content: "mkdir *" },
      "✅ Allowed for this session (every command that begins with mkdir): mkdir x",
    ],
    [{ tool: "Bash" }, "✅ Allowed for this session (every use of Bash): mkdir x"],
  ])("says once what it allowed for the session: %j", (rule, words) => {
    const about = permission({ doing: { kind: "command", command: "mkdir x" }, rules: [rule] });
    expect(textOf(shown(askOf(about, { kind: "allowed", isForSession: true })))).toBe(words);
  });

  it("shows all of what would be done: in the message, or in a file that is named in it", () => {
    const command = `${"echo a line\n".repeat(1_000)}rm -rf ~`;
    const parts = shown(askOf(permission({ doing: { kind: "command", command } })));
    expect(parts.map(({ kind }) => kind)).toEqual(["text", "file", "text"]);
    expect(parts[1]).toMatchObject({ kind: "file", body: command });
    expect(textOf(parts)).toMatch(/9008 more characters. All of it is in the file below/);
  });
});

describe("what is agreed to", () => {
  it.each([
    ["a direction that turns", "echo \u202egnp.exe", "echo ⟨U+202E⟩gnp.exe"],
    ["nothing wide", "rm\u200b -rf\u2060 x", "rm⟨U+200B⟩ -rf⟨U+2060⟩ x"],
    ["a blank that is none", "a\u00a0b\u3000c", "a⟨U+00A0⟩b⟨U+3000⟩c"],
    ["control signs", "a\rb\u001b[1mc\u0000", "a⟨U+000D⟩b⟨U+001B⟩[1mc⟨U+0000⟩"],
    ["tags", "a\u{e0041}b", "a⟨U+E0041⟩b"],
    ["marks that Telegram deletes", "a\u0333b", "a⟨U+0333⟩b"],
    ["plain lines", "if x; then\n\ty é ü 漢 🎉\nfi", "if x; then\n\ty é ü 漢 🎉\nfi"],
  ])("shows %s", (_, text, seen) => {
    expect(visible(text)).toBe(seen);
  });
});

describe("a rule in words", () => {
  it.each([
    [{ tool: "Bash", content: "npm install *" }, "every command that begins with npm install"],
    [{ tool: "Bash", content: "npm install:*" }, "every command that begins with npm install"],
    [{ tool: "Bash", content: "mkdir x" }, "exactly this command: mkdir x"],
    [{ tool: "Bash", content: "rm *", isOurs: true }, "exactly this command: rm *"],
    [{ tool: "Bash", content: "git * push" }, "every command that looks like git * push"],
    [{ tool: "Bash" }, "every use of Bash"],
    [{ tool: "Edit", content: "//code/a/**" }, "every change of files in /code/a"],
    [{ tool: "Read", content: "//etc/**" }, "reading everything in /etc"],
    [{ tool: "WebFetch", content: "domain:example.com" }, "reading every page of example.com"],
    [{ tool: "mcp__tg__send" }, "every use of the tool send of tg"],
    [{ tool: "mcp__tg" }, "every tool of tg"],
    [{ tool: "Skill", content: "x" }, "what fits Skill(x)"],
  ])("%j", (rule, words) => {
    expect(ruleWords(rule).text).toBe(words);
  });

  it.each([
    [{ tool: "Bash", content: "npm install:*" }, "npm install:*"],
    [{ tool: "mcp__github" }, "mcp__github"],
    [{ tool: "Edit", content: "//home/anna/code/**" }, "/home/anna/code"],
    [
      { tool: "Edit", content: `//home/anna/${"deep/".repeat(10)}workspace/**` },
      "…deep/deep/deep/deep/deep/deep/deep/workspace",
    ],
    [{ tool: "Bash", content: `echo ${"x".repeat(60)}` }, `echo ${"x".repeat(39)}…`],
  ] as const)("is called on its button by what tells it from others: %j", (rule, label) => {
    expect(ruleLabel(rule)).toBe(label);
    expect(label.length).toBeLessThanOrEqual(45);
  });
});

describe("a question that nobody answered", () => {
  it("in time is gone on without; before a restart it only got no answer: the turn may be over", () => {
    const about = {
      kind: "question" as const,
      question: "Which?",
      header: "",
      options: [],
      isMulti: false,
      chosen: [],
      number: 1,
      of: 1,
    };
    const said = (why: "timeout" | "restart"): string =>
      JSON.stringify(shown(askOf(about, { kind: "parked", why })));
    expect(said("timeout")).toContain("Claude went on without an answer");
    expect(said("restart")).toMatch(/restarted while this waited; Claude got no answer\./);
  });
});
