import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClaudeEvent } from "../../bot/claude/events.ts";
import { createPaths } from "../../bot/store/paths.ts";
import type { AskState, KeptAsk, Question } from "../../bot/turns/asks/ask.ts";
import { boundsOf } from "../../bot/turns/chat-tools/bounds.ts";
import { chatTools } from "../../bot/turns/chat-tools/chat-tools.ts";
import { openSentFiles } from "../../bot/turns/chat-tools/sent-files.ts";
import type { Stage } from "../../bot/turns/follow.ts";
import type { Beside } from "../../bot/turns/view.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "parley-tools-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A session's folder and one life of its turn; `stage` takes nothing once it is `over`. */
async function life() {
  const paths = createPaths({ sessions: root, archive: join(root, "archive"), personas: root });
  const session = { folder: "home-0a1b2c3d", cwd: paths.session("home-0a1b2c3d").workspace };
  const turn = paths.turn(session.folder, 5);
  for (const folder of [turn.root, session.cwd]) await mkdir(folder, { recursive: true });
  await writeFile(join(session.cwd, "a.txt"), "a");

  const stood: { id: string; beside: Beside; at: number | undefined }[] = [];
  const posed: { key: string; questions: readonly Question[]; end: (asks: readonly KeptAsk[]) => void }[] =
    [];
  const state = { isOver: false, text: 0 };
  const stage: Stage = {
    get textEnd() {
      return state.text;
    },
    put(id, beside, at) {
      if (!state.isOver) stood.push({ id, beside, at });
      return !state.isOver;
    },
  };
  const answers = new Map<string, (answer: unknown) => void>();
  const bugs: unknown[] = [];
  const listen = chatTools({
    run: { answerMcp: (requestId, answer) => answers.get(requestId)?.(answer) },
    cwd: session.cwd,
    bounds: boundsOf(paths, session),
    sent: await openSentFiles(turn),
    desk: { pose: (key, questions, end) => void posed.push({ key, questions, end }) },
    onBug: (error) => bugs.push(error),
  });
  let last = 0;
  /** What the CLI says; gives what it is answered. */
  const say = (
    method: string,
    params: unknown,
    more: { server?: string; isPast?: true; id?: string } = {},
  ) => {
    const { server = "parley", id: requestId = `r${(last += 1)}`, ...rest } = more;
    const event: ClaudeEvent = {
      type: "mcp_message",
      requestId,
      server,
      message: { jsonrpc: "2.0", ...(method.startsWith("notifications/") ? {} : { id: 1 }), method, params },
      ...rest,
    };
    const answered = new Promise((resolve) => answers.set(requestId, resolve));
    listen(event, stage);
    return answered;
  };
  const call = (name: string, input: unknown, more: Parameters<typeof say>[2] = {}) =>
    say("tools/call", { name, arguments: input }, more);
  return { session, stood, posed, state, say, call, bugs };
}

const texts = (text: RegExp, isError: boolean) => ({
  result: { content: [{ type: "text", text: expect.stringMatching(text) }], isError },
});

describe("the tools of the chat", () => {
  it("are three, each with what the model must know", async () => {
    const { say } = await life();
    const { result } = (await say("tools/list", {})) as {
      result: { tools: { name: string; inputSchema: unknown }[] };
    };
    expect(result.tools.map(({ name }) => name)).toEqual(["send_file", "send_photo", "ask_buttons"]);
    expect(result.tools[0]?.inputSchema).toMatchObject({ type: "object", required: ["path"] });
    expect(result.tools[2]?.inputSchema).toMatchObject({ required: ["question", "options"] });
  });

  it("put a file where the text ended when it was asked for, and there again in the next life", async () => {
    const first = await life();
    first.state.text = 7;
    const answered = first.call("send_file", { path: "a.txt", caption: "see" }, { id: "first" });
    first.state.text = 20;
    expect(await answered).toMatchObject(texts(/appears in the chat/, false));
    expect(first.stood).toMatchObject([
      { at: 7, beside: { kind: "file", file: { name: "a.txt", caption: "see" } } },
    ]);

    const next = await life();
    next.state.text = 7;
    void next.call("send_file", { path: "a.txt", caption: "see" }, { id: "first", isPast: true });
    void next.call("send_file", { path: "a.txt" }, { id: "never done", isPast: true });
    expect(next.stood).toEqual(first.stood);
  });

  it("put nothing into an answer that is over", async () => {
    const { state, call } = await life();
    state.isOver = true;
    expect(await call("send_file", { path: "a.txt" })).toMatchObject(texts(/answer is over/, true));
  });

  it.each([[{}], [{ path: 7 }], [{ path: "" }], [null], [{ path: "a.txt", caption: "x".repeat(5_000) }]])(
    "say what is wrong with %j",
    async (input) => {
      expect(await (await life()).call("send_file", input)).toMatchObject(texts(/must be/, true));
    },
  );

  it("are nobody else's: a server of another name has none", async () => {
    const { say, call, stood } = await life();
    expect(await say("tools/list", {}, { server: "other" })).toMatchObject({ result: { tools: [] } });
    expect(await call("send_file", { path: "a.txt" }, { server: "other" })).toHaveProperty("error");
    expect(stood).toEqual([]);
  });

  it.each<[AskState, RegExp, boolean]>([
    [{ kind: "answered", answer: "Blue, but dark" }, /answered: Blue, but dark/, false],
    [{ kind: "skipped" }, /left the question unanswered/, false],
    [{ kind: "parked", why: "timeout", afterMs: 5 }, /did not answer in time/, true],
  ])("ask, and hand on how the question ended: %j", async (ended, words, isError) => {
    const { call, posed } = await life();
    const answered = call(
      "ask_buttons",
      { question: "Which?", options: ["Red", "Blue"], multiple: true },
      { id: "q" },
    );
    const [{ key, questions, end } = { key: "", questions: [], end: () => {} }] = posed;
    expect(key).toBe("q");
    expect(questions).toMatchObject([
      { question: "Which?", isMulti: true, options: [{ label: "Red" }, { label: "Blue" }] },
    ]);
    end(questions.map((about) => ({ n: 1, key, about, state: ended })));
    expect(await answered).toMatchObject(texts(words, isError));
  });

  it("ask nothing that has no two answers, and nothing twice for an earlier life", async () => {
    const { call, posed } = await life();
    expect(await call("ask_buttons", { question: "Which?", options: ["Red"] })).toMatchObject(
      texts(/2 to 8/, true),
    );
    expect(posed).toEqual([]);
    void call("ask_buttons", { question: "Which?", options: ["Red", "Blue"] }, { id: "q", isPast: true });
    expect(posed).toMatchObject([{ key: "q", questions: [] }]);
  });

  it("wait for the person no longer than Claude does", async () => {
    const { call, say } = await life();
    const answered = call("ask_buttons", { question: "Which?", options: ["Red", "Blue"] });
    void say("notifications/cancelled", { requestId: 1 });
    expect(await answered).toMatchObject(texts(/no longer asked/, true));
  });
});
