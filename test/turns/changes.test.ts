import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ClaudeEvent, Failure } from "../../bot/claude/events.ts";
import { createOne } from "../store/room.ts";
import { type HouseOptions, makeHouse, orderOf, PLACE, resultOf, type ScriptedRun, until } from "./kit.ts";

type Life = Awaited<ReturnType<Awaited<ReturnType<typeof makeHouse>>["live"]>>;

const STOPPED: Failure = { kind: "stopped" };
const REFUSED: Failure = { kind: "api_error", status: 400, message: "No." };

let tools = 0;

/** A tool from its start to its end. */
function used(name: string, detail?: unknown): ClaudeEvent[] {
  tools += 1;
  const id = `t${tools}`;
  return [
    { type: "tool_started", id, name, input: {}, main: true },
    { type: "tool_finished", id, isError: false, text: "", ...(detail === undefined ? {} : { detail }) },
  ];
}

/** A house in which a turn works in `cwd`, by default the session's own folder. */
async function house(options: HouseOptions & { cwd?: (root: string) => Promise<string> } = {}) {
  const made = await makeHouse({ snapshots: "auto", ...options });
  const cwd =
    options.cwd === undefined ? undefined : await options.cwd(join(made.paths.folders.sessions, ".."));
  const life = await made.live();
  const session = cwd === undefined ? made.session : await createOne(life.sessions, { place: PLACE, cwd });
  let runs = 0;

  /** One turn in which `work` is done under the eyes of the bot. */
  async function turn(updateId: number, work: (run: ScriptedRun) => Promise<void>) {
    const before = life.snapshotsTaken();
    await life.turns.submit(updateId, session.id, orderOf("do"));
    const run = await life.run(runs);
    runs += 1;
    if (options.snapshots !== "off" && options.holdSnapshots === undefined && cwd === undefined)
      await until(() => life.snapshotsTaken() > before);
    await work(run);
    run.answer("Done.");
    const view = await life.end(updateId);
    await until(() => life.turns.runningCount() === 0);
    await life.turns.exclusive(session.id, async () => {});
    return view;
  }
  const recorded = async (updateId: number) => {
    const found = await life.changes.find(PLACE, `${session.id.slice(0, 8)}:${updateId}`);
    if (found === undefined) throw new Error("not recorded");
    return found;
  };
  return { ...made, life, session, turn, recorded, at: (path: string) => join(session.cwd, path) };
}

describe("what a turn changed", () => {
  it("is counted by snapshots, commands and all, and can be shown, undone and done again", async () => {
    const { turn, at, recorded, life, session } = await house();
    await writeFile(at("old.txt"), "one\ntwo\n");
    const view = await turn(5, async (run) => {
      run.say(...used("Bash"));
      await writeFile(at("old.txt"), "one\n2\n");
      await writeFile(at("new.py"), "print()\n");
    });
    expect(view.changes).toMatchObject({
      source: "snapshot",
      count: 2,
      added: 2,
      removed: 1,
      files: [
        { path: "new.py", kind: "made" },
        { path: "old.txt", kind: "changed" },
      ],
    });
    // All that was changed can be fetched, by one list.
    expect(view.made?.map(({ path, isOffered }) => [path, isOffered])).toEqual([
      ["old.txt", true],
      ["new.py", true],
    ]);
    const turnOf5 = await recorded(5);
    const diff = await life.changes.diff(turnOf5);
    expect(diff).toMatchObject({ ok: true, text: expect.stringContaining("-two\n+2\n") });
    expect(await life.changes.plan(turnOf5, "undo")).toMatchObject({
      ready: [
        { path: "new.py", becomes: "removed" },
        { path: "old.txt", becomes: "changed" },
      ],
    });
    expect(await life.changes.go(turnOf5, "undo")).toMatchObject({ ok: true, failed: [], changed: [] });
    expect(await readdir(session.cwd)).toEqual(["old.txt"]);
    expect(await readFile(at("old.txt"), "utf8")).toBe("one\ntwo\n");

    // Claude hears of it, once.
    await turn(6, async () => {});
    expect(JSON.stringify(life.starts.at(-1)?.message.content)).toMatch(/has undone .*new\.py.*old\.txt/);
    await turn(7, async () => {});
    expect(JSON.stringify(life.starts.at(-1)?.message.content)).not.toMatch(/undone/);

    expect(await life.changes.go(turnOf5, "redo")).toMatchObject({ ok: true });
    expect(await readFile(at("new.py"), "utf8")).toBe("print()\n");
  });

  it("is told, and the next turn runs, though the disk fails when it is to be kept", async () => {
    const { turn, at } = await house({ snapshotsFault: new Error("EIO") });
    for (const [updateId, name] of [
      [5, "a.txt"],
      [6, "b.txt"],
    ] as const) {
      const view = await turn(updateId, async (run) => {
        run.say(...used("Bash"));
        await writeFile(at(name), "one\n");
      });
      expect(view.changes).toMatchObject({ count: 1, files: [{ path: name }] });
    }
  });

  it("is nothing where no tool could, and leaves no file; nor where all is as it was", async () => {
    const { turn, at, paths, session } = await house();
    expect(
      (
        await turn(5, async (run) => {
          run.say(...used("Read"));
          // Not Claude's: nothing of it may change a file.
          await writeFile(at("theirs.txt"), "x");
        })
      ).changes,
    ).toBeUndefined();
    expect(existsSync(paths.turn(session.folder, 5).changes)).toBe(false);
    expect((await turn(6, async (run) => run.say(...used("Bash")))).changes).toBeUndefined();
  });

  it("of one session is not undone with another's that works in the same folder", async () => {
    const { life, turn, at, recorded, session } = await house();
    await writeFile(at("shared.txt"), "0\n");
    await turn(5, async (run) => {
      run.say(...used("Write"));
      await writeFile(at("shared.txt"), "by one\n");
      await writeFile(at("mine.txt"), "by one\n");
    });
    // Another session's turn, or the person.
    await writeFile(at("shared.txt"), "by another\n");
    expect(await life.changes.plan(await recorded(5), "undo")).toMatchObject({
      ready: [{ path: "mine.txt" }],
      changed: [{ path: "shared.txt" }],
    });
    await life.changes.go(await recorded(5), "undo");
    expect(await readdir(session.cwd)).toEqual(["shared.txt"]);
    expect(await readFile(at("shared.txt"), "utf8")).toBe("by another\n");
  });

  it("in a folder that is no git repository is what tools said, until the person wishes snapshots there", async () => {
    const { turn, at, recorded, life, session } = await house({
      async cwd(root) {
        await mkdir(join(root, "plain"));
        return join(root, "plain");
      },
    });
    const patch = [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 2, lines: ["-a", "+b", "+c"] }];
    const edit = async (run: ScriptedRun): Promise<void> => {
      await writeFile(at("a.txt"), "b\nc\n");
      run.say(...used("Edit", { filePath: at("a.txt"), structuredPatch: patch }), ...used("Bash"));
      await writeFile(at("by-a-command.txt"), "x\n");
    };
    const view = await turn(5, edit);
    expect(view.changes).toMatchObject({
      source: "tools",
      noWay: "no_repository",
      count: 1,
      added: 2,
      removed: 1,
    });
    const diff = await life.changes.diff(await recorded(5));
    expect(diff.ok && "path" in diff && (await readFile(diff.path, "utf8"))).toBe(
      "--- a/a.txt\n+++ b/a.txt\n@@ -1,1 +1,2 @@\n-a\n+b\n+c\n",
    );
    expect(await life.changes.plan(await recorded(5), "undo")).toEqual({ ok: false, kind: "expired" });
    expect(await life.changes.keepHere(session)).toBe(true);
    await rm(at("by-a-command.txt"));
    const next = await turn(6, async (run) => {
      await until(() => life.snapshotsTaken() > 0);
      await edit(run);
    });
    expect(next.changes).toMatchObject({ source: "snapshot", files: [{ path: "by-a-command.txt" }] });
  });

  it("in a repository within the folder, or in a file that is ignored, is what tools said: no snapshot has it", async () => {
    const { turn, at, recorded, life } = await house();
    await mkdir(at("clone"));
    execFileSync("git", ["init", "-q"], { cwd: at("clone") });
    await writeFile(at("clone/a.txt"), "a\n");
    await writeFile(at(".gitignore"), "secret\n");
    const patch = [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: ["-a", "+b"] }];
    const edit = async (run: ScriptedRun, path: string): Promise<void> => {
      await writeFile(at(path), "b\n");
      run.say(...used("Edit", { filePath: at(path), structuredPatch: patch }));
    };
    const view = await turn(5, (run) => edit(run, "clone/a.txt"));
    expect(view.changes).toMatchObject({
      source: "tools",
      noWay: "elsewhere",
      count: 1,
      files: [{ path: "clone/a.txt", lines: { added: 1, removed: 1 } }],
    });
    expect(await life.changes.diff(await recorded(5))).toMatchObject({ ok: true });
    const both = await turn(6, async (run) => {
      await edit(run, "secret");
      await edit(run, "kept.txt");
    });
    expect(both.changes).toMatchObject({
      source: "snapshot",
      files: [{ path: "kept.txt" }],
      beyond: ["secret"],
    });
  });

  it("in a git repository is named from where Claude works, and the repository is as it was", async () => {
    const git = (cwd: string, ...args: string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], {
        cwd,
        encoding: "utf8",
      });
    const { turn, at, life, session } = await house({
      async cwd(root) {
        await mkdir(join(root, "repo/sub"), { recursive: true });
        await writeFile(join(root, "repo/top.txt"), "top\n");
        git(join(root, "repo"), "init", "-q");
        git(join(root, "repo"), "add", "-A");
        git(join(root, "repo"), "commit", "-qm", "first");
        return join(root, "repo/sub");
      },
    });
    const view = await turn(5, async (run) => {
      await until(() => life.snapshotsTaken() > 0);
      run.say(...used("Bash"));
      await writeFile(at("../top.txt"), "changed\n");
      git(session.cwd, "commit", "-qam", "by Claude");
      await writeFile(at("in.txt"), "in\n");
    });
    expect(view.changes).toMatchObject({
      source: "repository",
      files: [{ path: "in.txt" }, { path: "../top.txt" }],
    });
    expect(git(session.cwd, "for-each-ref", "refs/parley")).toBe("");
  });

  it("has no way back where a tool was faster than the snapshot: what tools said is counted, and why is said", async () => {
    let release = (): void => {};
    const { turn, at } = await house({ holdSnapshots: new Promise((resolve) => (release = resolve)) });
    const view = await turn(5, async (run) => {
      run.say(
        ...used("Write", { filePath: at("a.txt"), type: "create", content: "a\nb\n", structuredPatch: [] }),
      );
      await writeFile(at("a.txt"), "a\nb\n");
      await new Promise((resolve) => setImmediate(resolve));
      release();
    });
    expect(view.changes).toMatchObject({
      source: "tools",
      noWay: "late",
      added: 2,
      files: [{ path: "a.txt", kind: "made" }],
    });
  });

  it("is known after a restart in mid-turn, by the snapshot of the life before", async () => {
    const made = await makeHouse({ snapshots: "auto" });
    const first = await made.live();
    const file = join(made.session.cwd, "a.txt");
    await writeFile(file, "before\n");
    await first.turns.submit(5, made.session.id, orderOf("do"));
    const run = await first.run(0);
    await until(() => first.snapshotsTaken() > 0);
    run.say(...used("Bash"));
    await until(() => existsSync(made.paths.turn(made.session.folder, 5).changes));
    await writeFile(file, "after\n");
    first.turns.close();

    const second = await made.live();
    await made.leaveOutput(made.session, 5, "something\n");
    const entry = second.journal.get(5);
    if (entry === undefined) throw new Error("lost");
    second.turns.takeUp(entry);
    const adopted = await second.run(0);
    adopted.say(...used("Bash"));
    adopted.answer("Done.");
    expect((await second.end(5)).changes).toMatchObject({ count: 1, added: 1, removed: 1 });
  });

  it("is known after a restart though no tool had begun in the life before, and Undo leaves no folder behind", async () => {
    const made = await makeHouse({ snapshots: "auto" });
    const first = await made.live();
    await first.turns.submit(5, made.session.id, orderOf("do"));
    await first.run(0);
    await until(() => existsSync(made.paths.turn(made.session.folder, 5).changes));
    first.turns.close();
    await mkdir(join(made.session.cwd, "deep"));
    await writeFile(join(made.session.cwd, "deep/a.txt"), "a\n");

    const second = await made.live();
    await made.leaveOutput(made.session, 5, "something\n");
    const entry = second.journal.get(5);
    if (entry === undefined) throw new Error("lost");
    second.turns.takeUp(entry);
    const dead = await second.run(0);
    dead.say(...used("Bash"));
    // It went with the life before.
    dead.exit({ kind: "exited", stderrTail: "" });
    const view = await second.end(5);
    expect(view).toMatchObject({ outcome: { kind: "interrupted" }, changes: { count: 1, added: 1 } });
    const recorded = await second.changes.find(PLACE, view.changes?.id ?? "");
    expect(recorded && (await second.changes.go(recorded, "undo"))).toMatchObject({ done: ["deep/a.txt"] });
    expect(await readdir(made.session.cwd)).toEqual([]);
  });

  it.each<[string, (life: Life, run: ScriptedRun) => void, Failure]>([
    [
      "was stopped",
      ({ turns }, run) => (turns.stopTurn(5), run.say(resultOf({ failure: STOPPED }))),
      STOPPED,
    ],
    ["was stopped and did not say so", ({ turns, passTime }) => (turns.stopTurn(5), passTime()), STOPPED],
    ["failed", (_, run) => run.say(resultOf({ failure: REFUSED })), REFUSED],
    ["was killed", () => {}, { kind: "exited", signal: "SIGKILL", stderrTail: "" }],
  ])("by a turn that %s is what it had changed when its process was gone", async (_, end, failure) => {
    const { life, session, at, recorded } = await house();
    await life.turns.submit(5, session.id, orderOf("do"));
    const run = await life.run(0);
    await until(() => life.snapshotsTaken() > 0);
    const [begun] = used("Bash");
    if (begun) run.say(begun);
    await writeFile(at("a.txt"), "a\n");
    await until(() => (life.told.get(5)?.updates.at(-1)?.tools.length ?? 0) > 0);
    end(life, run);
    await until(() => life.words.has(5) || failure.kind === "exited");
    // A command of it goes on until all of it is ended.
    await writeFile(at("b.txt"), "b\n");
    run.exit(failure);
    const view = await life.end(5);
    expect(view.outcome?.kind).toBe(failure.kind === "stopped" ? "stopped" : "failed");
    expect(view.changes).toMatchObject({ count: 2, files: [{ path: "a.txt" }, { path: "b.txt" }] });
    expect(await life.changes.go(await recorded(5), "undo")).toMatchObject({ ok: true, failed: [] });
    expect(await readdir(session.cwd)).toEqual([]);
  });

  it("is found by its own chat only, and by no other name", async () => {
    const { turn, at, life, session } = await house();
    await turn(5, async (run) => {
      run.say(...used("Bash"));
      await writeFile(at("a.txt"), "a");
    });
    const short = session.id.slice(0, 8);
    expect(await life.changes.find({ chatId: 8 }, `${short}:5`)).toBeUndefined();
    for (const key of [`${short}:6`, `${short}:5:0`, `${short}:../5`, "", "x:5"])
      expect(await life.changes.find(PLACE, key)).toBeUndefined();
  });
});
