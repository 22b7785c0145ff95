/**
 * What a turn changed: counted, shown, undone, done again.
 */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { ChatMessage } from "../fakes/bot-api/message.ts";
import type { Person } from "../fakes/bot-api/person.ts";
import { expectSound } from "../harness/invariants.ts";
import { readJournal } from "../harness/journal-file.ts";
import { endProcessesOf } from "../harness/processes.ts";
import { allDone, annaAtHome, ask, hear } from "./stories.ts";

/** The fact that tells which process runs a turn. */
interface Running {
  readonly process: { readonly pid: number };
}

/** A turn that changes something; a command is allowed when it is asked for. Its answer, when that is whole. */
async function change(anna: Person, text: string): Promise<ChatMessage> {
  anna.send(text);
  if (text.startsWith("RUN:")) anna.press(await anna.seesButton("Allow once"), "Allow once");
  return anna.seesButton("± Diff");
}

describe("what a turn changed", () => {
  it("is under its answer: shown by Diff, fetched by Files, undone after a question, and Redo brings it back, over a restart", async () => {
    const { world, anna } = await annaAtHome();
    const folder = (await readdir(world.folders.sessions)).find((name) => name.startsWith("home-")) ?? "";
    const workspace = join(world.folders.sessions, folder, "workspace");
    await writeFile(join(workspace, "notes.txt"), "one\ntwo\n");
    const many = "for n in 1 2 3 4 5 6 7 8 9; do echo $n > part$n.py; done";
    const answer = await change(anna, `RUN:echo three >> notes.txt; ${many}`);
    expect(answer.text).toMatch(
      /⚙️ 10 files \+10 · 1 tool · 1 command · .*notes\.txt \+1\n.*part1\.py new \+1\n.*so what commands changed is in it/s,
    );

    anna.press(answer, "± Diff");
    await anna.sees(/@@ -1,2 \+1,3 @@\n one\n two\n\+three/);
    anna.press(answer, "📄 Files");
    const list = await anna.sees(/Files of that turn/);
    anna.press(list, "📎 part9.py");
    await anna.chat.waitFor(({ document }) => document?.name === "part9.py");

    // The person goes on with one of them.
    await writeFile(join(workspace, "part1.py"), "mine\n");
    await world.restart();
    anna.press(answer, "↩️ Undo");
    const question = await anna.sees(
      /Undo what that turn changed\?.*notes\.txt goes back.*stays as it is:\n• part1\.py/s,
    );
    anna.press(question, "Undo the other 9 files");
    const undone = await anna.sees(/Undone: 9 files are as before/);
    expect((await readdir(workspace)).sort()).toEqual(["notes.txt", "part1.py"]);
    expect(await readFile(join(workspace, "notes.txt"), "utf8")).toBe("one\ntwo\n");

    await hear(world, anna, "and now?", /has undone.*part9\.py.*and now\?/s);
    anna.press(undone, "↪️ Redo");
    await anna.sees(/Done again: 9 files/);
    expect(await readFile(join(workspace, "notes.txt"), "utf8")).toBe("one\ntwo\nthree\n");
    expect(await readFile(join(workspace, "part1.py"), "utf8")).toBe("mine\n");
    await expectSound(world);
  });

  it("is under a turn that was broken off, too: stopped, its process killed, or both that and the bot", async () => {
    const { world, anna } = await annaAtHome({
      env: { PERMISSION_MODE: "bypassPermissions", IS_SANDBOX: "1", CLAUDE_ENV: "IS_SANDBOX" },
    });
    const folder = (await readdir(world.folders.sessions)).find((name) => name.startsWith("home-")) ?? "";
    const workspace = join(world.folders.sessions, folder, "workspace");
    // Slow enough for the snapshot to be there before the tool.
    world.model.script(({ prompt, toolResults }) => {
      const name = /^MAKE (\w+)/m.exec(prompt)?.[1];
      if (name === undefined || toolResults.length > 0) return undefined;
      const input = { command: `echo ${name} > ${name}.txt; sleep 60`, description: "make it" };
      return { blocks: [{ text: "Let me make that." }, { tool: "Bash", input }], delayMs: 250 };
    });
    const made = async (name: string): Promise<void> => {
      anna.send(`MAKE ${name}`);
      await vi.waitFor(() => readFile(join(workspace, `${name}.txt`)), { timeout: 20_000 });
    };
    const undo = async (answer: ChatMessage): Promise<void> => {
      anna.press(answer, "↩️ Undo");
      anna.press(await anna.sees(/Undo what that turn changed\?/), "Undo 1 file");
      await anna.sees(/Undone: 1 file is as before/);
      expect(await readdir(workspace)).toEqual([]);
    };

    await made("one");
    anna.send("/stop");
    const stopped = await anna.seesButton("± Diff");
    expect(stopped.text).toMatch(/Stopped.*1 file \+1 .*one\.txt new \+1/s);
    await allDone(world);
    await undo(stopped);

    await made("two");
    // Itself alone: what it had started, the bot ends.
    const { lines } = await readJournal(world.folders.sessions);
    const running = lines.findLast(({ state }) => state === "running") as unknown as Running;
    process.kill(running.process.pid, "SIGKILL");
    const failed = await anna.seesButton("± Diff");
    expect(failed.text).toMatch(/killed by SIGKILL.*1 file \+1 .*two\.txt new \+1/s);
    await allDone(world);
    await undo(failed);

    await made("three");
    await world.bot.kill();
    await endProcessesOf(world.folders.home);
    await world.start();
    const cutOff = await anna.seesButton("± Diff");
    expect(cutOff.text).toMatch(
      /^✎ Changed in this turn: 1 file \+1\n.*three\.txt.*counted after the restart/s,
    );
    anna.press(await anna.chat.waitForText(/This turn was cut off/), "Discard");
    await anna.sees(/Left as it is/);
    await undo(cutOff);
    await expectSound(world, { repeatable: [/Undone: 1 file/, /Let me make that/] });
  });

  it("in a folder of the person's is told by git where there is git, else by Claude's own edits until Keep snapshots here", async () => {
    const { world, anna } = await annaAtHome();
    await world.bot.kill();
    const root = join(await realpath(world.folders.home), "projects");
    const [plain, repo] = [join(root, "plain"), join(root, "repo")];
    for (const folder of [plain, repo]) await mkdir(folder, { recursive: true });
    await writeFile(join(repo, "a.txt"), "a\n");
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], {
        cwd: repo,
        encoding: "utf8",
      });
    git("init", "-q");
    git("add", "-A");
    git("commit", "-qm", "first");
    await world.start({ env: { PERMISSION_MODE: "acceptEdits", WORKSPACE_ROOTS: root } });

    await ask(anna, "/new Repo --dir repo", /session: Repo/);
    await ask(anna, "/session Repo", /You are in Repo/);
    const told = await change(anna, "RUN:echo b >> a.txt; git add -A");
    expect(told.text).toMatch(/1 file \+1 · .*Counted by git/s);
    anna.press(told, "↩️ Undo");
    anna.press(await anna.sees(/a\.txt goes back/), "Undo 1 file");
    await anna.sees(/Undone: 1 file is as before/);
    expect(await readFile(join(repo, "a.txt"), "utf8")).toBe("a\n");
    // What Claude staged is the person's to look at: the index is not ours.
    expect(git("status", "--porcelain")).toBe("MM a.txt\n");
    expect(git("for-each-ref")).not.toContain("parley");

    await ask(anna, "/new Plain --dir plain", /session: Plain/);
    await ask(anna, "/session Plain", /You are in Plain/);
    const write = (name: string): string =>
      `TOOL:Write ${JSON.stringify({ file_path: join(plain, name), content: "x\ny\n" })}`;
    const without = await change(anna, write("one.py"));
    expect(without.text).toMatch(/1 file \+2 · .*no git repository, so there is no Undo/s);
    expect(without.buttons.map(({ text }) => text)).toEqual(["📎 one.py", "± Diff", "Keep snapshots here"]);
    anna.press(without, "± Diff");
    await anna.sees(/\+x\n\+y|^$/);
    expect((await anna.press(without, "Keep snapshots here").answered()).text).toMatch(/there is an Undo/);
    const kept = await change(anna, write("two.py"));
    expect(kept.buttons.map(({ text }) => text)).toEqual(["📎 two.py", "± Diff", "↩️ Undo"]);
    await expectSound(world, { repeatable: [/After the tool/] });
  });
});
