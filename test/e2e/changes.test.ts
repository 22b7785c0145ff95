/**
 * What a turn changed: counted, shown, undone, done again.
 */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

describe("what a turn changed", () => {
  it("is under its answer: shown by Diff, fetched by Files, undone after a question, and Redo brings it back, over a restart", async () => {
    const { world, anna } = await annaAtHome({ env: { PERMISSION_MODE: "bypassPermissions" } });
    const folder = (await readdir(world.folders.sessions)).find((name) => name.startsWith("home-")) ?? "";
    const workspace = join(world.folders.sessions, folder, "workspace");
    await writeFile(join(workspace, "notes.txt"), "one\ntwo\n");
    const many = "for n in 1 2 3 4 5 6 7 8 9; do echo $n > part$n.py; done";
    const answer = await ask(anna, `RUN:echo three >> notes.txt; ${many}`, /After the tool/);
    expect(answer.text).toMatch(/⚙️ 10 files \+10 · 1 tool · 1 command · .*notes\.txt \+1\n.*part1\.py new \+1\n.*so what commands changed is in it/s);

    await anna.press("± Diff", answer);
    await anna.sees(/@@ -1,2 \+1,3 @@\n one\n two\n\+three/);
    await anna.press("📄 Files", answer);
    const list = await anna.sees(/Files of that turn/);
    await anna.press("📎 part9.py", list);
    await anna.sees((message) => message.document?.name === "part9.py");

    // The person goes on with one of them.
    await writeFile(join(workspace, "part1.py"), "mine\n");
    await world.restart();
    await anna.press("↩️ Undo", answer);
    const question = await anna.sees(/Undo what that turn changed\?.*notes\.txt goes back.*stays as it is:\n• part1\.py/s);
    await anna.press("Undo the other 9 files", question);
    const undone = await anna.sees(/Undone: 9 files are as before/);
    expect((await readdir(workspace)).sort()).toEqual(["notes.txt", "part1.py"]);
    expect(await readFile(join(workspace, "notes.txt"), "utf8")).toBe("one\ntwo\n");

    await ask(anna, "and now?", /has undone.*part9\.py.*and now\?/s);
    await anna.press("↪️ Redo", undone);
    await anna.sees(/Done again: 9 files/);
    expect(await readFile(join(workspace, "notes.txt"), "utf8")).toBe("one\ntwo\nthree\n");
    expect(await readFile(join(workspace, "part1.py"), "utf8")).toBe("mine\n");
    await expectSound(world);
  });

  it("in a folder of the person's is told by git where there is git, else by Claude's own edits until Keep snapshots here", async () => {
    const { world, anna } = await annaAtHome({
      env: { PERMISSION_MODE: "bypassPermissions" },
    });
    const root = world.folders.workspaces;
    await mkdir(join(root, "plain"));
    await mkdir(join(root, "repo"));
    await writeFile(join(root, "repo/a.txt"), "a\n");
    const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], { cwd: join(root, "repo"), encoding: "utf8" });
    git("init", "-q");
    git("add", "-A");
    git("commit", "-qm", "first");
    await ask(anna, `/new Repo --dir ${join(root, "repo")}`, /new session: Repo/);
  });
});
