/**
 * What a turn changed: counted, shown, undone, done again.
 */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../fakes/bot-api/message.ts";
import type { Person } from "../fakes/bot-api/person.ts";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask, hear } from "./stories.ts";

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
