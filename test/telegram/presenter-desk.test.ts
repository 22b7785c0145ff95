/**
 * What is said of sessions at a terminal, of forks and of what can be resumed:
 * the words of others in it are data, whatever they are.
 */
import { describe, expect, it } from "vitest";
import type { Session } from "../../bot/store/session.ts";
import { forked, notForked } from "../../bot/telegram/presenter/fork.ts";
import { conversationList, isSessionAlready, resumed } from "../../bot/telegram/presenter/resume.ts";
import {
  atTerminal,
  deskFacts,
  stillKept,
  stillOpen,
  terminalLine,
} from "../../bot/telegram/presenter/terminal.ts";
import type { ForkFailure } from "../../bot/turns/forking.ts";
import type { Conversation } from "../../bot/turns/resuming.ts";
import { checkParts, HOSTILE, pressButtons, textOf } from "./presenter-check.ts";

const session = (name: string): Session => ({
  version: 1,
  id: "0a1b2c3d-0000-4000-8000-000000000000",
  folder: "home-0a1b2c3d",
  name,
  persona: "default",
  cwd: "/work",
  chatId: 7,
  createdBy: 7,
  state: "active",
  claudeSessionId: "0a1b2c3d-1111-4111-8111-111111111111",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  totals: { turns: 1, costUsd: 0, inputTokens: 0, outputTokens: 0, durationMs: 0 },
});
const conversation = (words: string): Conversation => ({
  claudeSessionId: "0a1b2c3d-1111-4111-8111-111111111111",
  cwd: `/code/${words}`,
  title: words,
  lastWords: `${words} `,
  changedAt: new Date("2026-01-01T00:00:00.000Z"),
  bytes: 1,
  isTyped: true,
  exchanges: [
    { asked: words, answered: words },
    { asked: words, answered: "" },
  ],
});
const now = new Date("2026-01-02T00:00:00.000Z");
const holders = [{ pid: 123, startTime: "1" }];

describe.each(HOSTILE)("with words that are %s", (_, words) => {
  it("all of it is taken by Telegram as it is", () => {
    const of = session(words);
    const news = { prompts: 2, lastPrompt: words, lastAnswer: words };
    const all = [
      atTerminal(of, { holders: [], news }, 2),
      atTerminal(of, { holders, news: { prompts: 1 } }, 0),
      stillOpen(of, { holders }),
      stillKept(of, 1),
      terminalLine(of, `cd '${words.slice(0, 3_000)}' && claude`, false),
      forked(
        of,
        { ok: true, session: of, files: 3, isBeforeRunning: false },
        { isFromAnswer: true, released: 1 },
      ),
      forked(
        of,
        { ok: true, session: of, files: undefined, isBeforeRunning: false, isEarlier: true },
        { isFromAnswer: false, released: 0 },
      ),
      conversationList(
        Array.from({ length: 9 }, () => conversation(words)),
        { now },
      ),
      conversationList([], { now, words }),
      resumed(of, conversation(words), { existed: false, released: 0 }),
      isSessionAlready(of),
    ];
    for (const parts of all) checkParts(parts);
  });
});

describe("what stands between the chat and a conversation", () => {
  it("offers Wait only where something waits, and says what holds it", () => {
    const labels = (kept: number) =>
      pressButtons(atTerminal(session("Home"), { holders }, kept)).map(({ text }) => text);
    expect(labels(0)).toEqual(["Take over", "Fork"]);
    expect(labels(1)).toEqual(["Take over", "Fork", "Wait"]);
    expect(textOf(atTerminal(session("Home"), { holders }, 1))).toContain("process 123");
  });

  it("is in /status, with what may be done", () => {
    const labels = (of: Session, kept: number) =>
      deskFacts(of, kept)
        .buttons.flat()
        .map(({ text }) => text);
    const home = session("Home");
    expect(labels(home, 0)).toEqual([]);
    expect(labels({ ...home, terminal: { since: home.createdAt } }, 0)).toEqual(["Back to the phone"]);
    expect(labels(home, 2)).toEqual(["Take over", "Fork", "Drop"]);
    expect(deskFacts(home, 2).line.text).toMatch(/2 messages kept/);
  });

  it("names the danger before the second word", () => {
    expect(textOf(stillOpen(session("Home"), { holders }))).toMatch(/lost to it, without a word/);
  });

  it("has a sentence for each reason not to fork", () => {
    const kinds: {
      readonly [Kind in ForkFailure["kind"]]: Extract<ForkFailure, { kind: Kind }> | ForkFailure;
    } = {
      disk_full: { ok: false, kind: "disk_full", code: "ENOSPC" },
      no_history: { ok: false, kind: "no_history" },
      first_runs: { ok: false, kind: "first_runs" },
      answer_gone: { ok: false, kind: "answer_gone" },
      history_too_big: { ok: false, kind: "history_too_big" },
      files_too_big: { ok: false, kind: "files_too_big" },
      cli_cannot: { ok: false, kind: "cli_cannot" },
    };
    const said = Object.values(kinds).map((failure) => textOf(notForked(session("Home"), failure)));
    expect(new Set(said).size).toBe(said.length);
  });
});
