import { mkdir, readFile, rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ended, newProgress } from "../../bot/turns/progress.ts";
import { saveTurn, type TurnEnd } from "../../bot/turns/receipt.ts";
import type { Failure, Outcome, TurnView } from "../../bot/turns/view.ts";
import { createOne, startManager, tempPaths } from "../store/room.ts";

const CONVERSATION = "00000000-0000-4000-8000-00000000000c";

async function room() {
  const paths = await tempPaths();
  await mkdir(paths.folders.sessions);
  const { sessions } = await startManager(paths);
  const session = await createOne(sessions);
  const files = paths.turn(session.folder, 5);
  await mkdir(files.root, { recursive: true });
  const current = () => {
    const found = sessions.get(session.id);
    if (found === undefined) throw new Error("gone");
    return found;
  };
  const save = (end: TurnEnd) => saveTurn(sessions, current(), files, end);
  return { sessions, session, files, current, save };
}

const tool = { id: "1", name: "Bash", title: "make", startedAt: 100 };

function endOf(outcome: Outcome, given: Partial<TurnEnd> & { shown?: Partial<TurnView> } = {}): TurnEnd {
  const { shown, ...rest } = given;
  return {
    updateId: 5,
    view: {
      ...ended(newProgress(), outcome),
      usage: { costUsd: 0.5, inputTokens: 10, outputTokens: 2 },
      ...shown,
    },
    outcome,
    claudeSessionId: CONVERSATION,
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:00:05.000Z",
    durationMs: 5_000.4,
    moments: { taken: 0, result: 4_000 },
    isAdopted: false,
    ...rest,
  };
}

describe("a turn that is over", () => {
  it("leaves a receipt, and its sum in the session", async () => {
    const { files, session, current, save } = await room();
    const shown = {
      text: "Hi",
      tools: [
        { ...tool, endedAt: 350.6 },
        { ...tool, id: "2", isError: true, endedAt: 100 },
        { ...tool, id: "3" },
      ],
    };
    expect(await save(endOf({ kind: "answered" }, { shown }))).toBe(true);
    expect(JSON.parse(await readFile(files.receipt, "utf8"))).toMatchObject({
      version: 1,
      updateId: 5,
      sessionId: session.id,
      outcome: "answered",
      claudeSessionId: CONVERSATION,
      text: "Hi",
      tools: [
        { name: "Bash", title: "make", durationMs: 251, isError: false },
        { durationMs: 0, isError: true },
        { durationMs: 0, isError: false },
      ],
      usage: { costUsd: 0.5 },
      costUsd: 0.5,
      moments: { result: 4_000 },
    });
    expect(current()).toMatchObject({
      claudeSessionId: CONVERSATION,
      lastTurn: { updateId: 5, endedAt: "2026-01-01T00:00:05.000Z", outcome: "answered" },
      totals: { turns: 1, costUsd: 0.5, inputTokens: 10, outputTokens: 2, durationMs: 5_000 },
    });
  });

  it("counts once though it is saved twice, and the next one counts again", async () => {
    const { current, save } = await room();
    await save(endOf({ kind: "answered" }));
    await save(endOf({ kind: "answered" }));
    expect(current().totals).toMatchObject({ turns: 1, costUsd: 0.5 });
    await save(endOf({ kind: "stopped" }, { updateId: 6 }));
    expect(current()).toMatchObject({
      totals: { turns: 2, costUsd: 1 },
      lastTurn: { updateId: 6, outcome: "stopped" },
    });
  });

  it("says what was written into it, and where; adopted, only what is known, since an earlier life may have known more", async () => {
    const { files, save } = await room();
    const saved = async (): Promise<unknown> =>
      (JSON.parse(await readFile(files.receipt, "utf8")) as { steered?: unknown }).steered;
    const said = { text: "and this", files: 1 };
    const shown: Partial<TurnView> = {
      text: "one\n\ntwo",
      interludes: [
        { id: "u1", kind: "steered", at: 3, said },
        { id: "u2", kind: "heard", at: 3, text: "no" },
        // Not read: it is a turn of its own.
        { id: "u3", kind: "steered", at: 8 },
      ],
    };
    await save(endOf({ kind: "answered" }, { shown }));
    expect(await saved()).toEqual([{ at: 3, ...said }]);
    await save(endOf({ kind: "answered" }, { shown, isAdopted: true }));
    expect(await saved()).toEqual([{ at: 3, ...said }]);
    await save(endOf({ kind: "answered" }));
    expect(await saved()).toEqual([]);
    await save(endOf({ kind: "answered" }, { isAdopted: true }));
    expect(await saved()).toBeUndefined();
  });

  it("says why it failed", async () => {
    const { files, save } = await room();
    const failure: Failure = { kind: "exited", code: 3, stderrTail: "no" };
    await save(endOf({ kind: "failed", failure }));
    expect(JSON.parse(await readFile(files.receipt, "utf8"))).toMatchObject({ outcome: "failed", failure });
  });

  it("without usage adds only itself and its time", async () => {
    const { current, save } = await room();
    const end = endOf({ kind: "answered" });
    const { usage: _, ...view } = end.view;
    await save({ ...end, view });
    expect(current().totals).toEqual({
      turns: 1,
      costUsd: 0,
      inputTokens: 0,
      outputTokens: 0,
      durationMs: 5_000,
    });
  });

  it("is not saved in a session that was archived meanwhile", async () => {
    const { sessions, session, files } = await room();
    await sessions.forget(session.id);
    expect(await saveTurn(sessions, session, files, endOf({ kind: "answered" }))).toBe(false);
    expect(sessions.list(7)).toEqual([]);
  });

  it("throws where its folder is gone: that is no full disk", async () => {
    const { files, save } = await room();
    await rm(files.root, { recursive: true });
    await expect(save(endOf({ kind: "answered" }))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("what the model is to be told of a cut-off", () => {
  const shown = {
    text: "half",
    tools: [
      { ...tool, endedAt: 200 },
      { ...tool, id: "2", title: "sleep" },
    ],
  };
  const cutOff = { updateId: 5, said: "half", tools: ["Bash make"] };
  const exited: Failure = { kind: "exited", stderrTail: "" };
  const timedOut: Failure = { kind: "timed_out", watchdog: "silent", afterMs: 1 };

  it.each<[string, Outcome]>([
    ["interrupted", { kind: "interrupted" }],
    ["ended without an answer", { kind: "failed", failure: exited }],
    ["ended by a watchdog", { kind: "failed", failure: timedOut }],
  ])("is kept of a turn that was %s, with the tools that had ended", async (_, outcome) => {
    const { current, save } = await room();
    await save(endOf(outcome, { shown }));
    expect(current().cutOff).toEqual(cutOff);
  });

  it.each<[string, Outcome, boolean]>([
    ["answered", { kind: "answered" }, false],
    ["stopped", { kind: "stopped" }, false],
    ["refused by the API", { kind: "failed", failure: { kind: "api_error", message: "529" } }, true],
    ["never started", { kind: "failed", failure: { kind: "not_logged_in", message: "" } }, true],
  ])("after a turn that was %s: still to be told is %s", async (_, outcome, isKept) => {
    const { current, save } = await room();
    await save(endOf({ kind: "interrupted" }, { shown }));
    await save(endOf(outcome, { updateId: 6 }));
    expect(current().cutOff).toEqual(isKept ? cutOff : undefined);
  });
});
