import { describe, expect, it } from "vitest";
import {
  askWay,
  diffParts,
  fileList,
  wayDone,
  wayFailed,
  wayLeft,
} from "../../bot/telegram/presenter/changes.ts";
import { presentAnswer } from "../../bot/telegram/presenter/turn.ts";
import { presentUsage } from "../../bot/telegram/presenter/usage.ts";
import { waitingNote } from "../../bot/telegram/presenter/waiting.ts";
import { newProgress } from "../../bot/turns/progress.ts";
import type { Changes, NoWay } from "../../bot/turns/view.ts";
import { checkParts, HOSTILE, textOf } from "./presenter-check.ts";

const KEY = "0a1b2c3d:123456789012345";
const changesOf = (path: string, more: Partial<Changes> = {}): Changes => ({
  id: KEY,
  source: "snapshot",
  count: 30,
  added: 12,
  removed: 3,
  files: Array.from({ length: 30 }, () => ({ path, kind: "made", lines: { added: 1, removed: 0 } })),
  beyond: [path],
  ...more,
});

const answer = (changes: Changes, isRich = false) =>
  presentAnswer(
    {
      ...newProgress().view,
      phase: "ended",
      text: "Done.\n\n| a | b |\n|---|---|\n| 1 | 2 |",
      outcome: { kind: "answered" },
      tools: [{ id: "1", name: "Bash", title: "ls", startedAt: 0, endedAt: 1 }],
      durationMs: 1,
      changes,
    },
    { updateId: 5 },
    { footer: "auto", isRich },
  );

const SUM = { turns: 2, costUsd: 0.001, inputTokens: 3_400_000, outputTokens: 12_345 };

describe.each(HOSTILE)("with names that are %s", (_, word) => {
  it("what a turn changed, and the way back, are what Telegram takes", () => {
    for (const isRich of [false, true]) checkParts(answer(changesOf(word), isRich));
    const planned = [{ path: word, becomes: "changed" as const }];
    checkParts(askWay(KEY, { ready: planned, done: [], changed: planned }));
    checkParts(askWay(KEY, { ready: [], done: [], changed: planned }));
    const result = { done: [word], changed: [word], failed: [word] };
    for (const way of ["undo", "redo"] as const) checkParts(wayDone(KEY, way, result));
    checkParts(fileList([{ id: `${KEY}:99`, path: word }]));
    checkParts(diffParts({ ok: true, text: `--- a/${word}\n+${word}\n` }));
  });

  it("what turns cost is what Telegram takes", () => {
    const summary = {
      today: SUM,
      week: SUM,
      month: SUM,
      bySession: [{ ...SUM, id: "1", folder: "home-0a1b2c3d" }],
      byPersona: [{ ...SUM, persona: word }],
    };
    const facts = { summary, budget: undefined, isEstimate: true };
    const names = { nameOf: () => undefined, archivedName: () => undefined };
    for (const known of [names, { ...names, nameOf: () => word }, { ...names, archivedName: () => word }])
      checkParts(presentUsage({ ...facts, ...known }));
  });
});

describe("the receipt", () => {
  it("unfolds to the files, says who counted, and has Diff, Files and Undo", () => {
    const [part] = answer(
      changesOf("src/a.ts", {
        count: 1,
        files: [{ path: "src/a.ts", kind: "removed", lines: { added: 0, removed: 3 } }],
        beyond: [],
      }),
    );
    expect(textOf(part ? [part] : [])).toMatch(
      /⚙️ 1 file \+12 −3 · 1 tool · 1 command · 0\.0 s\n.*\n✎ src\/a\.ts gone −3\nCounted by snapshots/,
    );
    expect(part?.kind === "text" && part.buttons?.flat().map(({ text }) => text)).toEqual([
      "± Diff",
      "↩️ Undo",
    ]);
  });

  it.each<[NoWay, RegExp, string[]]>([
    ["off", /SNAPSHOTS is off/, ["± Diff"]],
    ["no_repository", /no git repository/, ["± Diff", "Keep snapshots here"]],
    ["no_git", /git is not installed/, ["± Diff"]],
    ["late", /not ready when/, ["± Diff"]],
    ["too_many", /too big/, ["± Diff"]],
    ["failed", /log on the machine/, ["± Diff"]],
  ])("says why there is no Undo: %s", (noWay, words, buttons) => {
    const parts = answer(changesOf("a", { source: "tools", noWay }));
    checkParts(parts);
    expect(textOf(parts)).toMatch(words);
    const [part] = parts;
    expect(part?.kind === "text" && part.buttons?.flat().map(({ text }) => text)).toEqual(buttons);
  });

  it("of a turn that was cut off stands apart from its question, and says that nobody saw its end", () => {
    const cutOff = (changes: Changes) =>
      presentAnswer(
        { ...newProgress().view, phase: "ended", outcome: { kind: "interrupted" }, changes },
        { updateId: 5 },
      );
    const [question, receipt, ...rest] = cutOff(changesOf("a.ts", { count: 1, beyond: [] }));
    expect(rest).toEqual([]);
    expect(question?.kind === "text" && question.buttons?.flat().map(({ text }) => text)).toEqual([
      "Continue",
      "Discard",
    ]);
    expect(receipt?.kind === "text" && receipt.buttons?.flat().map(({ text }) => text)).toEqual([
      "± Diff",
      "↩️ Undo",
    ]);
    expect(textOf(receipt ? [receipt] : [])).toMatch(
      /^✎ Changed in this turn: 1 file \+12 −3\n✎ a\.ts new \+1\n.*\nCounted by snapshots.*\nIt was counted after the restart/s,
    );
    const bare = cutOff(changesOf("big.bin", { count: 0, added: 0, removed: 0, files: [] }));
    expect(textOf(bare.slice(1))).toMatch(/1 file\n.*no snapshot has it.*big\.bin/s);
    for (const [, word] of HOSTILE) checkParts(cutOff(changesOf(word)));
  });

  it("says in plain words what is left to do", () => {
    for (const parts of [
      wayLeft(),
      wayFailed("expired"),
      wayFailed("failed"),
      fileList([]),
      diffParts({ ok: true, text: "\n" }),
    ]) {
      checkParts(parts);
      expect(textOf(parts)).not.toBe("");
    }
    const over = askWay(KEY, { ready: [], done: [{ path: "a", becomes: "changed" }], changed: [] });
    expect(textOf(over)).toMatch(/undone already/);
    checkParts(over);
  });
});

describe("the question of the budget", () => {
  it("says what is used of what", () => {
    const parts = waitingNote(5, "budget", {
      isChanged: false,
      isAsking: false,
      budget: { spentUsd: 5.12, limitUsd: 5 },
    });
    checkParts(parts);
    expect(textOf(parts)).toBe(
      "💰 Today's budget of $5.00 is used up ($5.12): this waits until the day ends. Run it anyway?",
    );
  });
});
