import { execFileSync } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ground } from "../../bot/store/snapshots/ground.ts";
import type { Step } from "../../bot/store/snapshots/put-back.ts";
import { createSnapshots } from "../../bot/store/snapshots/snapshots.ts";

let root: string;
let top: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "parley-snapshots-"));
  top = join(root, "work");
  await mkdir(top);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const snapshots = () =>
  createSnapshots({ path: process.env["PATH"] ?? "", home: join(root, "home"), closed: [], umask: 0o022 });
const MS = 20_000;

async function write(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(join(top, path)), { recursive: true });
  await writeFile(join(top, path), text);
}
const read = (path: string) => readFile(join(top, path), "utf8");

/** The person's git, as they would call it. */
function git(...args: string[]): string {
  const env = { ...process.env, HOME: join(root, "home"), GIT_CONFIG_NOSYSTEM: "1" };
  const who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.org"];
  return execFileSync("git", [...who, ...args], { cwd: top, env, encoding: "utf8" });
}

async function repository(): Promise<void> {
  git("init", "-q");
  await write("a.txt", "one\ntwo\n");
  await write("sub/b.txt", "b\n");
  git("add", "-A");
  git("commit", "-qm", "first");
}

async function ground(of = snapshots(), cwd = top): Promise<Ground> {
  const found = await of.groundOf({ store: join(root, "snapshots.git"), cwd, ceilings: [root] });
  if (found === undefined) throw new Error("no ground");
  return found;
}

/** What `change` does to the ground, as snapshots see it, and a way back and forth. */
async function around(change: () => Promise<void> | void, of = snapshots()) {
  const place = await ground(of);
  const before = await of.take(place, MS);
  if (!before.ok) throw new Error(`${before.kind} ${before.detail}`);
  await change();
  const after = await of.take(place, MS);
  if (!after.ok) throw new Error(`${after.kind} ${after.detail}`);
  const trees = { before: before.snapshot.tree, after: after.snapshot.tree };
  const found = await of.changes(place, trees);
  if (!found.ok) throw new Error(found.detail);
  const back: Step[] = found.changes.map((each) => ({ path: each.path, from: each.after, to: each.before }));
  const forth = back.map(({ path, from, to }) => ({ path, from: to, to: from }));
  const bring = async (steps: Step[], sinceMs = 0) => of.putBack(place, steps, sinceMs);
  return { of, place, trees, before, after, changes: found.changes, back, forth, bring };
}

const listed = (changes: readonly { path: string; lines?: { added: number; removed: number } }[]) =>
  changes.map(({ path, lines }) => `${path} ${lines ? `+${lines.added} -${lines.removed}` : "binary"}`);

/** All that git knows of the person's repository, but for times. */
async function innards(): Promise<string> {
  const names = await readdir(join(top, ".git"), { recursive: true });
  const files = names.filter((name) => !name.startsWith("objects/")).sort();
  const texts = await Promise.all(
    files.map((name) => readFile(join(top, ".git", name), "latin1").catch(() => "")),
  );
  return files.map((name, at) => `${name}\n${texts[at]}`).join("\n");
}

describe("snapshots of a git repository", () => {
  it("see what was changed, made and removed, tracked or not, and neither what is ignored nor what was so before", async () => {
    await repository();
    await write(".gitignore", "*.log\nbuild/\n");
    await write("loose.txt", "not tracked\n");
    const { changes } = await around(async () => {
      await write("a.txt", "one\nzwei\ndrei\n");
      await unlink(join(top, "sub/b.txt"));
      await write("new/c.bin", Buffer.from([0, 1, 2]));
      await write("x.log", "noise");
      await write("build/out", "noise");
    });
    expect(listed(changes)).toEqual(["a.txt +2 -1", "new/c.bin binary", "sub/b.txt +0 -1"]);
  });

  it("leave the person's repository as it is, to the byte: branch, index, stash, refs and settings", async () => {
    await repository();
    await write("a.txt", "staged\n");
    git("add", "a.txt");
    await write("a.txt", "and changed\n");
    const [was, status] = [await innards(), git("status", "--porcelain")];
    await innards();
    const index = await readFile(join(top, ".git/index"));
    const { bring, back, of, place, trees } = await around(() => write("a.txt", "by Claude\n"));
    expect(await of.keep(place, 5, trees)).toMatchObject({ ok: true });
    await bring(back);
    expect(await read("a.txt")).toBe("and changed\n");
    expect(git("status", "--porcelain")).toBe(status);
    expect(git("for-each-ref")).not.toContain("parley");
    expect((await readFile(join(top, ".git/index"))).equals(index)).toBe(true);
    expect(await innards()).toBe(was);
  });

  it("run nothing that a repository names: no hook, no monitor, no filter, no diff program", async () => {
    await repository();
    const trap = join(root, "trap.sh");
    await writeFile(trap, `#!/bin/sh\ntouch ${join(root, "sprung")}\ncat\n`);
    await chmod(trap, 0o755);
    for (const key of [
      "core.fsmonitor",
      "filter.x.clean",
      "filter.x.smudge",
      "diff.x.textconv",
      "diff.external",
      "diff.x.command",
      "core.pager",
    ])
      git("config", key, trap);
    await mkdir(join(top, ".git/hooks"), { recursive: true });
    for (const hook of ["pre-commit", "post-index-change", "reference-transaction", "post-checkout"])
      await symlink(trap, join(top, ".git/hooks", hook));
    await writeFile(join(top, ".gitattributes"), "* filter=x diff=x\n");
    const { bring, back, of, place, trees } = await around(() => write("a.txt", "new\n"));
    const diff = await of.diff(place, trees, 1_000_000);
    expect(diff.ok && diff.stdout.toString()).toContain("+new");
    await of.keep(place, 1, trees);
    await bring(back);
    expect(await read("a.txt")).toBe("one\ntwo\n");
    await expect(lstat(join(root, "sprung"))).rejects.toThrow("ENOENT");
  });

  it("run nothing that was put into our own repository, either", async () => {
    await write("a.txt", "a\n");
    const of = snapshots();
    const place = await ground(of);
    await of.take(place, MS);
    const trap = join(root, "trap.sh");
    await writeFile(trap, `#!/bin/sh\ntouch ${join(root, "sprung")}\ncat\n`);
    await chmod(trap, 0o755);
    const settings = `[filter "x"]\nclean = ${trap}\nsmudge = ${trap}\n[diff "x"]\ntextconv = ${trap}\n`;
    await writeFile(join(place.store, "config"), `[core]\nrepositoryformatversion = 0\n${settings}`);
    await writeFile(join(place.store, "info/attributes"), "* filter=x diff=x\n");
    const { trees } = await around(() => write("a.txt", "b\n"));
    expect((await snapshots().diff(place, trees, 10_000)).ok).toBe(true);
    await expect(lstat(join(root, "sprung"))).rejects.toThrow("ENOENT");
  });

  it("give back bytes, whatever line ends or filters git would make of them", async () => {
    await repository();
    await write(".gitattributes", "*.txt text eol=lf\n");
    await write("crlf.txt", "a\r\nb\r\n");
    // What it would warn of is what is tested.
    git("-c", "core.safecrlf=false", "add", "-A");
    git("commit", "-qm", "crlf");
    const { bring, back } = await around(() => write("crlf.txt", "changed"));
    await bring(back);
    expect(await read("crlf.txt")).toBe("a\r\nb\r\n");
  });

  it("work in the middle of a merge, in a further work tree, and below the top; a submodule is left alone", async () => {
    await repository();
    git("checkout", "-qb", "side");
    await write("a.txt", "side\n");
    git("commit", "-qam", "side");
    git("checkout", "-q", "-");
    await write("a.txt", "main\n");
    git("commit", "-qam", "main");
    expect(() => git("merge", "-q", "side")).toThrow("Command failed");
    const conflict = await read("a.txt");
    const merging = await around(() => write("a.txt", "resolved\n"));
    expect(listed(merging.changes)).toEqual(["a.txt +1 -5"]);
    await merging.bring(merging.back);
    expect(await read("a.txt")).toBe(conflict);
    expect(git("ls-files", "-u")).not.toBe("");
    git("merge", "--abort");

    git("worktree", "add", "-q", join(root, "second"), "side");
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", join(top, ".git"), "mod");
    const of = snapshots();
    const second = await of.groundOf({
      store: join(root, "s2.git"),
      cwd: join(root, "second/sub"),
      ceilings: [],
    });
    expect(second?.top).toBe(join(root, "second"));
    expect(await of.take(second as Ground, MS)).toMatchObject({ ok: true });
    const inside = await around(() => write("mod/a.txt", "in the submodule\n"));
    expect(inside.changes).toEqual([]);
  });

  it("need no more than a look when nothing changed, and read only what did", async () => {
    await repository();
    const many = Array.from({ length: 300 }, (_, at) =>
      write(`src/${at % 50}/${at}.ts`, `export const n = ${at};\n`),
    );
    await Promise.all(many);
    git("add", "-A");
    git("commit", "-qm", "many");
    const { of, place } = await around(() => {});
    // What the person's repository has is not kept a second time.
    const count = execFileSync("git", ["count-objects"], {
      env: { ...process.env, GIT_DIR: place.store },
      encoding: "utf8",
    });
    expect(Number.parseInt(count, 10)).toBeLessThan(5);
    expect(await of.take(place, MS)).toMatchObject({ ok: true });
  });
});

describe("snapshots of any other folder", () => {
  it("see all but dependencies, caches, what is ours, and repositories within, which are somebody's own", async () => {
    const of = createSnapshots({
      path: process.env["PATH"] ?? "",
      home: undefined,
      closed: [join(top, "se[s]sions")],
      umask: 0o022,
    });
    const { changes } = await around(async () => {
      for (const path of ["a.md", "node_modules/x/y.js", ".venv/z", "se[s]sions/s.json", "within/c.txt"])
        await write(path, "x\n");
      execFileSync("git", ["init", "-q"], { cwd: join(top, "within") });
      execFileSync("mkfifo", [join(top, "pipe")]);
      await write("ünï cödé\n.txt", "x\n");
    }, of);
    expect(changes.map(({ path }) => path)).toEqual(["a.md", "ünï cödé\n.txt"]);
  });

  it("leave out what is too big, and say so", async () => {
    const { changes, after } = await around(async () => {
      await write("big.bin", Buffer.alloc(17 * 1024 * 1024));
      await write("small.txt", "x");
    });
    expect(changes.map(({ path }) => path)).toEqual(["small.txt"]);
    expect(after.snapshot.leftOut).toMatchObject([{ path: "big.bin", bytes: 17 * 1024 * 1024 }]);
  });

  it("pass over what may not be read, and say when there is no git", async () => {
    await write("secret.txt", "x");
    await chmod(join(top, "secret.txt"), 0);
    const { changes } = await around(() => write("open.txt", "x"));
    expect(changes.map(({ path }) => path)).toContain("open.txt");
    const none = createSnapshots({ path: join(root, "nowhere"), home: undefined, closed: [], umask: 0o022 });
    const place = await none.groundOf({ store: join(root, "other.git"), cwd: top, ceilings: [] });
    expect(await none.take(place as Ground, MS)).toMatchObject({ ok: false, kind: "no_git" });
  });

  it("start nothing while nothing is in it; what comes, goes and comes again is seen all the same", async () => {
    const none = createSnapshots({ path: join(root, "nowhere"), home: undefined, closed: [], umask: 0o022 });
    const of = snapshots();
    const place = await ground(of);
    const empty = await none.take(place, MS);
    expect(empty).toEqual(await of.take(place, MS));
    const made = await around(() => write("a.txt", "one\n"), of);
    expect(listed(made.changes)).toEqual(["a.txt +1 -0"]);
    expect(await of.keep(place, 1, made.trees)).toMatchObject({ ok: true });
    // The same file with the same time: git's index has not seen that it was away.
    const { mtime } = await stat(join(top, "a.txt"));
    const away = await around(() => rename(join(top, "a.txt"), join(root, "a.txt")), of);
    expect(listed(away.changes)).toEqual(["a.txt +0 -1"]);
    expect(away.after).toEqual(empty);
    const again = await around(() => rename(join(root, "a.txt"), join(top, "a.txt")), of);
    expect((await stat(join(top, "a.txt"))).mtime).toEqual(mtime);
    expect(again.trees).toEqual({ before: made.trees.before, after: made.trees.after });
    expect(listed(again.changes)).toEqual(["a.txt +1 -0"]);
    expect(await of.keep(place, 2, again.trees)).toMatchObject({ ok: true });
    await again.bring(again.back);
    expect(await readdir(top)).toEqual([]);
  });
});

describe("putting back", () => {
  it("undoes and redoes kinds of change of every sort: contents, rights, links, folders for files", async () => {
    for (const path of ["edit.txt", "gone/deep/er.txt", "run.sh", "to-folder", "to-link", "folder/to-file"])
      await write(path, `${path}\n`);
    await symlink("edit.txt", join(top, "link"));
    const { back, forth, bring, changes } = await around(async () => {
      await write("edit.txt", "edited\n");
      await rm(join(top, "gone"), { recursive: true });
      await chmod(join(top, "run.sh"), 0o755);
      for (const path of ["to-folder", "to-link", "link"]) await unlink(join(top, path));
      await write("to-folder/in.txt", "x\n");
      await symlink("/etc/hostname", join(top, "to-link"));
      await symlink("run.sh", join(top, "link"));
      await rm(join(top, "folder"), { recursive: true });
      await write("folder", "now a file\n");
      await write("made/new.txt", "made\n");
    });
    expect(changes).toHaveLength(10);
    expect(await bring(back)).toMatchObject({ changed: [], failed: [] });
    expect(await read("edit.txt")).toBe("edit.txt\n");
    expect(await read("gone/deep/er.txt")).toBe("gone/deep/er.txt\n");
    expect((await lstat(join(top, "run.sh"))).mode & 0o111).toBe(0);
    expect(await read("to-folder")).toBe("to-folder\n");
    expect((await lstat(join(top, "to-link"))).isFile()).toBe(true);
    expect(await readlink(join(top, "link"))).toBe("edit.txt");
    expect(await read("folder/to-file")).toBe("folder/to-file\n");
    // The folder that was made for it goes with it.
    await expect(lstat(join(top, "made"))).rejects.toThrow("ENOENT");
    expect(await bring(back)).toMatchObject({ changed: [], failed: [] });

    expect(await bring(forth)).toMatchObject({ changed: [], failed: [] });
    expect(await read("edit.txt")).toBe("edited\n");
    expect((await lstat(join(top, "run.sh"))).mode & 0o111).toBe(0o111);
    expect(await readlink(join(top, "to-link"))).toBe("/etc/hostname");
    expect(await read("folder")).toBe("now a file\n");
    expect(await read("made/new.txt")).toBe("made\n");
  });

  it("leaves alone what was changed since, names it, and does the rest", async () => {
    await write("a.txt", "a\n");
    await write("b.txt", "b\n");
    const { back, bring, of, place } = await around(async () => {
      await write("a.txt", "by Claude\n");
      await write("b.txt", "by Claude\n");
      await write("c.txt", "by Claude\n");
    });
    await write("a.txt", "by Anna, later\n");
    expect((await of.look(place, back)).map(({ step, state }) => `${step.path} ${state}`)).toEqual([
      "a.txt changed",
      "b.txt ready",
      "c.txt ready",
    ]);
    expect(await bring(back)).toEqual({ done: ["c.txt", "b.txt"], changed: ["a.txt"], failed: [] });
    expect(await read("a.txt")).toBe("by Anna, later\n");
    expect(await read("b.txt")).toBe("b\n");
  });

  it("writes through no link, wherever a folder went since", async () => {
    await write("in/a.txt", "a\n");
    const outside = join(root, "outside");
    await mkdir(outside);
    const { back, bring } = await around(() => unlink(join(top, "in/a.txt")));
    await rm(join(top, "in"), { recursive: true });
    await symlink(outside, join(top, "in"));
    expect(await bring(back)).toMatchObject({ done: [], failed: ["in/a.txt"] });
    expect(await readdir(outside)).toEqual([]);
  });

  it("keeps a folder that was there before, though it is empty again", async () => {
    await mkdir(join(top, "old"));
    const sinceMs = (await stat(join(top, "old"))).birthtimeMs + 1;
    const { back, bring } = await around(() => write("old/x.txt", "x"));
    await bring(back, sinceMs);
    expect(await readdir(top)).toEqual(["old"]);
  });
});

describe("what is kept after a quiet week", () => {
  it("are the last turns by the clock: Telegram's numbers go on from anywhere", async () => {
    const of = snapshots();
    const place = await ground(of);
    await write("a.txt", "a\n");
    const taken = await of.take(place, MS);
    const tree = taken.ok ? taken.snapshot.tree : "";
    const env = { ...process.env, GIT_DIR: place.store };
    const old = {
      ...env,
      GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
      GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
    };
    const who = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
    const commit = execFileSync("git", [...who, "commit-tree", tree, "-m", "x"], { env: old })
      .toString()
      .trim();
    const input = Array.from({ length: 20 }, (_, at) => `update refs/parley/${1_000 + at}/after ${commit}\n`);
    execFileSync("git", ["update-ref", "--stdin"], { env, input: input.join("") });
    await of.keep(place, 7, { before: tree, after: tree });
    const refs = execFileSync("git", ["for-each-ref", "--format=%(refname)"], { env, encoding: "utf8" });
    expect(refs).toContain("refs/parley/7/after");
    expect(refs).not.toContain("refs/parley/1000/");
  });
});

describe("a repository made by somebody else", () => {
  it("has no say about files above it, nor about git's own", async () => {
    await write("a.txt", "a\n");
    const of = snapshots();
    const place = await ground(of);
    const before = await of.take(place, MS);
    const env = { ...process.env, GIT_DIR: place.store };
    const ours = (args: string[], input: string) =>
      execFileSync("git", args, { env, input, encoding: "utf8" }).trim();
    const blob = ours(["hash-object", "-w", "--stdin"], "theirs");
    const folder = ours(["mktree"], `100644 blob ${blob}\tprofile\n`);
    const names = ["..", ".git", "fine"].map((name) => `040000 tree ${folder}\t${name}\n`);
    const after = ours(["mktree"], names.join(""));
    const trees = { before: before.ok ? before.snapshot.tree : "", after };
    const found = await of.changes(place, trees);
    expect(found.ok && found.changes.map(({ path }) => path)).toEqual(["a.txt", "fine/profile"]);
  });

  it("is read where a file may have changed in the second in which its index was written", async () => {
    const second = new Date("2026-01-01T00:00:00Z");
    const touch = (path: string) => utimes(join(top, path), second, second);
    git("init", "-q");
    git("config", "core.trustctime", "false");
    await write("a.txt", "one\n");
    await touch("a.txt");
    git("add", "-A");
    await touch(".git/index");
    await write("a.txt", "two\n");
    await touch("a.txt");
    const { back, bring } = await around(() => write("a.txt", "by Claude\n"));
    await bring(back);
    expect(await read("a.txt")).toBe("two\n");
  });
});

describe("what is kept", () => {
  it("are the last turns: an older one is let go of", async () => {
    const of = snapshots();
    const place = await ground(of);
    for (let turn = 1; turn <= 23; turn += 1) {
      await write("a.txt", `${turn}\n`);
      const taken = await of.take(place, MS);
      const tree = taken.ok ? taken.snapshot.tree : "";
      expect(await of.keep(place, turn, { before: tree, after: tree })).toMatchObject({ ok: true });
    }
    const env = { ...process.env, GIT_DIR: place.store };
    const refs = execFileSync("git", ["for-each-ref", "--format=%(refname)"], { env, encoding: "utf8" });
    const turns = refs
      .split("\n")
      .filter((ref) => ref.endsWith("/after"))
      .map((ref) => Number(ref.split("/")[2]));
    expect(turns.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 4));
  });
});
