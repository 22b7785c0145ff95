import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Part } from "../../bot/telegram/delivery.ts";
import { describeFailure } from "../../bot/telegram/presenter/failure.ts";
import { presentAnswer, presentLive } from "../../bot/telegram/presenter/turn.ts";
import type { Failure, Note, Outcome, Refusal, ToolUse, TurnView, Watchdog } from "../../bot/turns/view.ts";
import { PERSONA_FAULTS } from "./presenter-faults.ts";
import { checkParts, HOSTILE, textOf } from "./presenter-check.ts";

const VIEW: TurnView = {
  phase: "ended",
  text: "",
  interludes: [],
  tools: [],
  isCompacting: false,
  notes: [],
  background: [],
  isResting: false,
};
const LOOK = { nowMs: 1, stepMs: 10_000 };
const tool = (title: string, more: Partial<ToolUse> = {}): ToolUse => ({
  id: title,
  name: "Bash",
  title,
  startedAt: 1,
  ...more,
});

const answer = (view: Partial<TurnView>): Part[] =>
  presentAnswer({ ...VIEW, ...view }, { updateId: 531_000_001 });

/** Every kind of failure, with `word` wherever it holds a text of others. */
const failures = (word: string): Record<Failure["kind"], Failure> => ({
  api_error: { kind: "api_error", status: 529, message: `API Error: ${word}` },
  not_logged_in: { kind: "not_logged_in", message: word },
  conversation_missing: { kind: "conversation_missing" },
  session_in_use: { kind: "session_in_use" },
  cli_missing: { kind: "cli_missing", file: word, code: "ENOENT" },
  folder_missing: { kind: "folder_missing", path: word },
  not_started: { kind: "not_started", code: "EAGAIN", detail: word },
  cli_refused: { kind: "cli_refused", message: word },
  reported: { kind: "reported", subtype: word, message: word },
  exited: { kind: "exited", code: 1, stderrTail: `first line\n${word}` },
  unreadable: { kind: "unreadable", detail: word },
  timed_out: { kind: "timed_out", watchdog: "silent", afterMs: 300_000 },
  stopped: { kind: "stopped" },
});

/** Every kind of note. */
const notes = (word: string): Record<Note["kind"], Note> => ({
  memory_lost: { kind: "memory_lost" },
  one_failed: { kind: "one_failed", failure: { kind: "api_error", message: word } },
  denied: { kind: "denied", tools: [word, "Bash rm -rf"] },
  background_ended: { kind: "background_ended", tasks: [word] },
  back_from_terminal: { kind: "back_from_terminal" },
  left_behind: { kind: "left_behind", count: 2 },
  unreadable_lines: { kind: "unreadable_lines", count: 3 },
  from_transcript: { kind: "from_transcript" },
  broken_file: { kind: "broken_file", as: "image", name: word },
  budget: { kind: "budget", spentUsd: 4.1, limitUsd: 5, isUsedUp: false },
  compacted: { kind: "compacted", fromTokens: 150_000, toTokens: 12_000 },
});

const refusals: [Refusal, string][] = [
  [{ kind: "session_gone" }, "not there any more"],
  [{ kind: "disk_full" }, "disk of the machine is full"],
  [{ kind: "gave_up" }, "three times"],
  [
    { kind: "folder_closed", path: "/home/a_b/`x`" },
    "/home/a_b/`x`, which WORKSPACE_ROOTS does not name any more",
  ],
  [{ kind: "persona_unusable", slug: "planner", fault: { kind: "absent" } }, "planner cannot be used"],
  [{ kind: "file_not_fetched", why: "too_big", name: "big.zip" }, "big.zip is larger than the 20 MB"],
  [{ kind: "file_not_fetched", why: "gone" }, "does not have the file any more"],
  [{ kind: "file_not_fetched", why: "unreached" }, "could not be fetched"],
  [{ kind: "not_heard", why: "not_set_up" }, "TRANSCRIBE_CMD"],
  [{ kind: "not_heard", why: "not_started", detail: "ENOENT" }, "could not be started. It said: ENOENT"],
  [{ kind: "not_heard", why: "failed", detail: "no model" }, "failed. It said: no model"],
  [{ kind: "not_heard", why: "timed_out" }, "took too long"],
  [{ kind: "not_heard", why: "silence" }, "no words were heard"],
];

it("shows what was heard in a voice message above everything, in a message of its own", () => {
  const heard = { kind: "heard", id: "heard", at: 0, text: "buy milk" } as const;
  const view = { ...VIEW, text: "Done.", interludes: [heard] };
  const texts = (parts: readonly Part[]): string[] => parts.map((part) => textOf([part]));
  expect(texts(presentLive({ ...view, text: "" }, LOOK))).toEqual(["🎙 I heard: buy milk"]);
  expect(texts(presentAnswer(view, { updateId: 1 }))).toEqual(["🎙 I heard: buy milk", "Done."]);
});

it("begins a new message after what stands between two pieces of the text", () => {
  const cut = { ...VIEW, text: "one\n\ntwo", interludes: [{ kind: "steered", id: "a", at: 3 }] } as const;
  expect(presentAnswer(cut, { updateId: 1 }).map((part) => textOf([part]))).toEqual(["one", "two"]);
  const running = presentLive({ ...cut, phase: "working", tools: [tool("ls")] }, LOOK);
  expect(running.map((part) => textOf([part]))).toEqual(["one", "two\n\n⚙️ Bash ls"]);
  expect(presentLive({ ...cut, text: "one" }, LOOK).map((part) => textOf([part]))).toEqual(["one"]);
});

it("that broke off at a question of an earlier life says so; one that went on was stopped by the person", () => {
  const about = { kind: "plan", text: "1. Dig" } as const;
  const ask = {
    session: "0a1b2c3d",
    updateId: 1,
    n: 1,
    about,
    state: { kind: "parked", why: "restart" },
  } as const;
  const stopped = { ...VIEW, text: "one", outcome: { kind: "stopped" } } as const;
  const interludes = [{ kind: "ask", id: "ask-1", at: 3, ask }] as const;
  expect(textOf(presentAnswer({ ...stopped, interludes }, { updateId: 1 }))).toContain(
    "the bot was restarted while Claude waited",
  );
  const wentOn = { ...stopped, text: "one\n\ntwo", interludes };
  expect(textOf(presentAnswer(wentOn, { updateId: 1 }))).toMatch(/⏹ Stopped here\.$/);
});

describe("a file that Claude sent", () => {
  const sent = (name: string, caption = ""): TurnView["interludes"][number] => ({
    kind: "file",
    id: name,
    at: 3,
    file: { path: "/data/1", name, bytes: 5, isPhoto: false, caption },
  });
  const kinds = (parts: readonly Part[]): string[] =>
    parts.map((part) => (part.kind === "file" ? `${part.name} | ${part.caption.text}` : textOf([part])));

  it("stands between the words before and after it, its caption as it was meant", () => {
    const parts = answer({ text: "one\n\ntwo", interludes: [sent("a.pdf", "the **sums**"), sent("b.pdf")] });
    checkParts(parts);
    expect(kinds(parts)).toEqual(["one", "a.pdf | the sums", "b.pdf | ", "two"]);
  });

  it("is an answer by itself", () => {
    expect(kinds(answer({ interludes: [{ ...sent("a.pdf"), at: 0 }] }))).toEqual(["a.pdf | "]);
  });

  it("keeps as much of a long caption as fits, and the rest follows", () => {
    const parts = answer({ text: "one", interludes: [sent("a.pdf", "word ".repeat(700))] });
    checkParts(parts);
    const [, file, ...rest] = parts;
    expect(file?.kind === "file" && file.caption.text.length).toBeLessThanOrEqual(1_000);
    expect(kinds(parts).join(" ").match(/word/g)).toHaveLength(700);
    expect(rest.length).toBeGreaterThan(0);
  });

  it.each([
    ['a;b\r\n"c".pdf', "a b c.pdf"],
    ["\u202efdp.exe", "fdp.exe"],
    ["\u200b", "file"],
    [`${"x".repeat(300)}.tar.gz`, `${"x".repeat(79)}….gz`],
  ])("is named in one line that a form can carry: %j", (name, shown) => {
    expect(kinds(answer({ interludes: [sent(name)] }))[0]).toBe(`${shown} | `);
  });
});

describe("files that a turn made", () => {
  const made = (...paths: string[]): NonNullable<TurnView["made"]> =>
    paths.map((path, n) => ({ id: `0a1b2c3d:5:${n}`, path, bytes: 1, changedAtMs: 1, isOffered: true }));
  const rows = (parts: readonly Part[]): string[][] => {
    const last = parts.at(-1);
    return last?.kind === "text" ? (last.buttons ?? []).map((row) => row.map(({ text }) => text)) : [];
  };

  it("are offered under the last words, two in a row where they are many", () => {
    const parts = answer({ text: "Done.", made: made("out/a.pdf", "b.csv") });
    checkParts(parts);
    expect(parts).toHaveLength(1);
    expect(rows(parts)).toEqual([["📎 a.pdf"], ["📎 b.csv"]]);
    expect(rows(answer({ text: "Done.", made: made("a.md", "b.md", "c.md", "d.md", "e.md") }))).toEqual([
      ["📎 a.md", "📎 b.md"],
      ["📎 c.md", "📎 d.md"],
      ["📎 e.md"],
    ]);
  });

  it("of one name are told apart by their folders", () => {
    expect(rows(answer({ text: "Done.", made: made("x/a.pdf", "y/a.pdf") }))).toEqual([
      ["📎 a.pdf in x"],
      ["📎 a.pdf in y"],
    ]);
  });

  it("are offered in a message of their own behind a file", () => {
    const file = { path: "/data/1", name: "sent.pdf", bytes: 1, isPhoto: false, caption: "" };
    const interludes = [{ kind: "file", id: "1", at: 5, file }] as const;
    const parts = answer({ text: "Done.", interludes, made: made("a.pdf") });
    checkParts(parts);
    expect(parts.map(({ kind }) => kind)).toEqual(["text", "file", "text"]);
    expect(rows(parts)).toEqual([["📎 a.pdf"]]);
  });
});

describe.each(HOSTILE)("with names that are %s", (_, word) => {
  it("a file that a turn made is offered", () => {
    const made = [{ id: "0a1b2c3d:5:0", path: `${word}/${word}`, bytes: 1, changedAtMs: 1, isOffered: true }];
    checkParts(answer({ text: "So far.", made }));
    checkParts(answer({ text: "So far.", made: [...made, ...made] }));
  });

  it("a file that Claude sent is one that Telegram takes", () => {
    const file = { path: "/data/1", name: word, bytes: 1, isPhoto: true, caption: word };
    checkParts(answer({ text: "So far.", interludes: [{ kind: "file", id: "1", at: 2, file }] }));
  });

  it("what was heard, and a file that could not be fetched, are told in words", () => {
    checkParts(
      presentLive({ ...VIEW, interludes: [{ kind: "heard", id: "heard", at: 0, text: word }] }, LOOK),
    );
    const unfetched = { kind: "file_not_fetched", why: "gone", name: word } as const;
    checkParts(answer({ outcome: { kind: "refused", refusal: unfetched } }));
    const unheard = { kind: "not_heard", why: "failed", detail: word } as const;
    checkParts(answer({ outcome: { kind: "refused", refusal: unheard } }));
  });

  it.each(Object.entries(failures(word)))("the failure %s is told in words", (_, failure) => {
    checkParts(answer({ text: "So far.", outcome: { kind: "failed", failure } }));
    checkParts(answer({ outcome: { kind: "failed", failure } }));
  });

  it.each(Object.entries(notes(word)))("the note %s is told in words", (_, note) => {
    checkParts(answer({ text: "All of it.", outcome: { kind: "answered" }, notes: [note] }));
    checkParts(answer({ outcome: { kind: "interrupted" }, notes: [note] }));
  });

  it("a running tool is one line", () => {
    checkParts(
      presentLive({ ...VIEW, phase: "working", text: "So far", tools: [tool(word.slice(0, 160))] }, LOOK),
    );
  });

  it("a cut-off turn tells its tools", () => {
    const tools = Array.from({ length: 9 }, (_, at) =>
      tool(word.slice(0, 160), { id: String(at), endedAt: 2 }),
    );
    checkParts(answer({ text: word, tools, outcome: { kind: "interrupted" } }));
  });

  it("a retry tells why", () => {
    checkParts(
      presentLive(
        { ...VIEW, retry: { attempt: 1, maxAttempts: 9, delayMs: 400, reason: word, at: 1 } },
        LOOK,
      ),
    );
  });
});

describe("an ending", () => {
  it.each<[string, Outcome, string]>([
    ["answered with nothing", { kind: "answered" }, "✅ Done."],
    ["stopped before a word", { kind: "stopped" }, "Stopped before anything"],
    ...refusals.map(([refusal, words]): [string, Outcome, string] => [
      `refused: ${refusal.kind}`,
      { kind: "refused", refusal },
      words,
    ]),
  ])("%s says so", (_, outcome, words) => {
    const parts = answer({ outcome });
    checkParts(parts);
    expect(textOf(parts)).toContain(words);
  });

  it("answered is what Claude said, and nothing else", () => {
    expect(textOf(answer({ text: "Hi **there**", outcome: { kind: "answered" } }))).toBe("Hi there");
  });

  it("stopped keeps what was said", () => {
    expect(textOf(answer({ text: "So far", outcome: { kind: "stopped" } }))).toMatch(/^So far\n\n⏹/);
  });

  it.each<Watchdog>(["no_init", "silent", "tool_too_long", "no_exit", "hard_limit"])(
    "by the watchdog %s has a sentence of its own, and the time",
    (watchdog) => {
      const { text } = describeFailure({ kind: "timed_out", watchdog, afterMs: 900_000 }, false);
      expect(text).toContain("15 min");
      expect(describeFailure({ kind: "timed_out", watchdog, afterMs: 90_000 }, true).text).toContain("90 s");
    },
  );

  it.each(Object.entries(failures("x")))("by %s speaks of words above only where some are", (_, failure) => {
    expect(describeFailure(failure, false).text).not.toMatch(/stands above/);
    // Nothing is kept that the person would not have to send again.
    expect(describeFailure(failure, false).text).not.toMatch(/is kept/);
  });

  it.each<Failure>([
    { kind: "timed_out", watchdog: "silent", afterMs: 900_000 },
    { kind: "exited", stderrTail: "", code: 3 },
  ])("by $kind leaves what was said, and says so", (failure) => {
    expect(describeFailure(failure, true).text).toMatch(/what it had said stands above/i);
  });

  it.each<Failure>([
    { kind: "timed_out", watchdog: "tool_too_long", afterMs: 900_000 },
    { kind: "reported", subtype: "error_max_turns", message: "Too many turns" },
    { kind: "unreadable", detail: "cut" },
  ])("by $kind says what to do", (failure) => {
    expect(describeFailure(failure, false).text).toMatch(/[Ss]end your message again/);
  });

  it("by a fault of ours speaks of words above only where some are", () => {
    expect(textOf(answer({ outcome: { kind: "broken" } }))).not.toMatch(/above/);
    expect(textOf(answer({ text: "Hi", outcome: { kind: "broken" } }))).toMatch(/^Hi\n\n.*stands above/s);
  });

  it.each<[Partial<Extract<Failure, { kind: "exited" }>>, string]>([
    [{ code: 3 }, "exit code 3"],
    [{ signal: "SIGKILL" }, "killed by SIGKILL"],
    [{}, "nothing is known"],
    [{ stderrTail: "a\n  out of memory \n\n" }, "It said: out of memory. What it had said"],
    [
      {
        stderrTail:
          "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons",
      },
      "/mode chooses another",
    ],
  ])("by an exit tells what is known of it: %j", (given, words) => {
    const { text } = describeFailure({ kind: "exited", stderrTail: "", ...given }, true);
    expect(text).toContain(words);
    expect(text).not.toContain("undefined");
  });

  it("by a model that is not there names the command of the chat, not a flag of the CLI", () => {
    const message =
      "There's an issue with the selected model (x). It may not exist. Run --model to pick a different model.";
    const { text } = describeFailure({ kind: "api_error", message }, false);
    expect(text).toContain("It may not exist. /model chooses another. Your message");
  });

  it.each(PERSONA_FAULTS)("with a persona that cannot be used says why: $kind", (fault) => {
    checkParts(
      answer({ outcome: { kind: "refused", refusal: { kind: "persona_unusable", slug: "planner", fault } } }),
    );
  });
});

describe("a turn that was cut off", () => {
  it("asks in a message of its own, with Continue and Discard", () => {
    const parts = answer({
      text: "Half",
      tools: [tool("make", { endedAt: 2 })],
      outcome: { kind: "interrupted" },
    });
    expect(parts).toHaveLength(2);
    expect(parts[0]).not.toHaveProperty("buttons");
    expect(parts[1]).toMatchObject({
      buttons: [
        [
          { text: "Continue", data: "continue:531000001" },
          { text: "Discard", data: "discard:531000001" },
        ],
      ],
    });
    expect(textOf(parts)).toContain("make");
  });

  it("names what is done, not what was cut off", () => {
    const parts = answer({
      tools: [tool("make", { endedAt: 2 }), tool("broke", { endedAt: 3, isError: true }), tool("sleep")],
      outcome: { kind: "interrupted" },
    });
    expect(textOf(parts)).toMatch(/make/);
    expect(textOf(parts)).toMatch(/broke \(failed\)/);
    expect(textOf(parts)).not.toMatch(/sleep/);
  });

  it("has its buttons under the last message, however much there is to tell", () => {
    const tasks = Array.from({ length: 60 }, (_, at) => `job ${at} ${"x".repeat(150)}`);
    const parts = answer({ outcome: { kind: "interrupted" }, notes: [{ kind: "background_ended", tasks }] });
    checkParts(parts);
    expect(parts.map((part) => part.kind === "text" && part.buttons !== undefined)).toEqual([
      ...parts.slice(1).map(() => false),
      true,
    ]);
  });
});

describe("a long answer", () => {
  const paragraph = `${"word ".repeat(100)}\n\n`;

  it.each([
    [5, 1],
    [20, 3],
  ])("of %i paragraphs is %i messages", (times, messages) => {
    expect(answer({ text: paragraph.repeat(times), outcome: { kind: "answered" } })).toHaveLength(messages);
  });

  it("of more than three messages comes as a file, too, as it was written", () => {
    const text = `# Title\n\n${paragraph.repeat(40)}`;
    const parts = answer({ text, outcome: { kind: "answered" } });
    checkParts(parts);
    expect(parts.filter(({ kind }) => kind === "text").length).toBeGreaterThan(3);
    expect(parts.at(-1)).toMatchObject({ kind: "file", name: "answer.md", body: text });
  });

  it("of the bot's own words alone is no file: it would be empty", () => {
    const tools = Array.from({ length: 200 }, (_, at) => `Bash ${at} ${"x".repeat(150)}`);
    const parts = answer({ outcome: { kind: "answered" }, notes: [{ kind: "denied", tools }] });
    expect(parts.length).toBeGreaterThan(3);
    checkParts(parts);
    expect(parts.filter(({ kind }) => kind === "file")).toEqual([]);
  });
});

describe("a turn that goes on", () => {
  it("shows nothing where there is nothing to show", () => {
    expect(presentLive({ ...VIEW, phase: "starting" }, LOOK)).toEqual([]);
  });

  it.each<[string, Partial<TurnView>, RegExp]>([
    [
      "the tool that runs, and how many others",
      { tools: [tool("a"), tool("b"), tool("c", { endedAt: 1 })] },
      /Bash b \(\+1\)$/,
    ],
    ["a tool without a title", { tools: [tool("")] }, /⚙️ Bash$/],
    [
      "a retry",
      { retry: { attempt: 2, maxAttempts: 9, delayMs: 100, reason: "overloaded", at: 1 } },
      /overloaded.*2 of 9 in 1 s/,
    ],
    ["a compaction", { isCompacting: true }, /Compacting/],
  ])("shows %s below what was said", (_, view, words) => {
    const text = textOf(presentLive({ ...VIEW, phase: "working", text: "Said", ...view }, LOOK));
    expect(text).toMatch(/^Said\n\n/);
    expect(text).toMatch(words);
  });
});

it("whatever Claude says, is refused and leaves behind, Telegram takes it", () => {
  const word = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HOSTILE.map(([, each]) => each)));
  fc.assert(
    fc.property(word, word, fc.nat(), (text, other, at) => {
      const allFailures = Object.values(failures(other));
      const failure = allFailures[at % allFailures.length];
      if (failure === undefined) throw new Error("there is none");
      checkParts(answer({ text, notes: Object.values(notes(other)), outcome: { kind: "failed", failure } }));
      const shown = presentLive({ ...VIEW, text, tools: [tool(other)] }, LOOK);
      checkParts(shown);
    }),
    { numRuns: 100 },
  );
});
