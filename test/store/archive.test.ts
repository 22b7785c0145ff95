import {
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  chmodSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import * as tar from "tar";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startWorker } from "../../bot/store/archive/process.ts";
import {
  addOddFiles,
  addOddKinds,
  claudeFiles,
  FOLDER,
  type Home,
  leftovers,
  looseModes,
  makeHome,
  makeSession,
  noise,
  SESSION,
  snapshot,
  untar,
  write,
} from "./archive-kit.ts";

let home: Home;
beforeEach(() => {
  home = makeHome();
});
afterEach(() => {
  rmSync(home.root, { recursive: true, force: true });
});

const nothing = async (): Promise<void> => {};
const pack = (options?: Parameters<Home["archives"]>[0]) =>
  home.archives(options).pack(SESSION, claudeFiles(home));

describe("a session that is archived and restored", () => {
  it("comes back with the same bytes under every odd name", async () => {
    makeSession(home);
    addOddFiles(home);
    const before = snapshot(home.live);

    expect(await pack()).toMatchObject({ ok: true });
    expect(() => lstatSync(home.live)).toThrow("ENOENT");
    expect(await home.archives().restore(FOLDER, nothing)).toMatchObject({
      ok: true,
      session: { id: SESSION.id },
    });

    expect(snapshot(home.live)).toEqual(before);
    expect(looseModes(home.live)).toEqual([]);
    expect(statSync(join(home.live, "workspace/run.sh")).mode & 0o777).toBe(0o700);
    expect(leftovers(home)).toEqual([]);
  });

  it("keeps a large file and thousands of small ones", async () => {
    makeSession(home, { "workspace/large.bin": randomBytes(20 * 1024 * 1024) });
    for (let i = 0; i < 2000; i++) write(join(home.live, "workspace", `d${i % 50}`, `f${i}`), `file ${i}`);
    const before = snapshot(home.live);
    expect(await pack()).toMatchObject({ ok: true });
    expect(await home.archives().restore(FOLDER, nothing)).toMatchObject({ ok: true });
    expect(snapshot(home.live)).toEqual(before);
  });

  it("keeps the times of files, to the second", async () => {
    makeSession(home);
    const time = new Date("2020-02-02T02:02:02.000Z");
    utimesSync(join(home.live, "workspace/notes.txt"), time, time);
    await pack();
    await home.archives().restore(FOLDER, nothing);
    expect(statSync(join(home.live, "workspace/notes.txt")).mtime).toEqual(time);
  });

  it("leaves out links, pipes and sockets, and names each of them", async () => {
    makeSession(home);
    addOddKinds(home);
    const skipped = [
      { path: "workspace/dangling", kind: "symlink", target: "nowhere" },
      { path: "workspace/loop", kind: "symlink", target: ".." },
      { path: "workspace/pipe", kind: "fifo" },
      { path: "workspace/to-passwd", kind: "symlink", target: "/etc/passwd" },
    ];
    expect(await pack()).toMatchObject({ ok: true, skipped, archive: { skippedCount: 4 } });
    expect(await home.archives().restore(FOLDER, nothing)).toMatchObject({ ok: true, skipped });
  });

  it("gets the setuid bit off its files", async () => {
    makeSession(home, { "workspace/su": "x" });
    chmodSync(join(home.live, "workspace/su"), 0o4755);
    await pack();
    await home.archives().restore(FOLDER, nothing);
    expect(statSync(join(home.live, "workspace/su")).mode & 0o7777).toBe(0o700);
  });

  it("is given the CLI's files before it is visible, and not after", async () => {
    makeSession(home);
    await pack();
    let seen = "";
    await home.archives().restore(FOLDER, async (root) => {
      seen = readFileSync(join(root, "claude/projects/-x/conversation.jsonl"), "utf8");
      expect(() => lstatSync(home.live)).toThrow("ENOENT");
    });
    expect(seen).toBe('{"type":"user"}\n');
    expect(() => lstatSync(join(home.live, "claude"))).toThrow("ENOENT");
  });

  it("can be archived again, and the new archive takes the old one's place", async () => {
    makeSession(home);
    await pack();
    await home.archives().restore(FOLDER, nothing);
    expect(await home.archives().list()).toMatchObject([{ kind: "archive", isLive: true }]);
    write(join(home.live, "workspace/more.txt"), "more");
    const before = snapshot(home.live);
    expect(await pack()).toMatchObject({ ok: true });
    expect(await home.archives().list()).toMatchObject([{ kind: "archive", isLive: false }]);
    await home.archives().restore(FOLDER, nothing);
    expect(snapshot(home.live)).toEqual(before);
  });
});

describe("an archive", () => {
  it("is read by GNU tar, with the manifest, the CLI's file and a transcript to read", async () => {
    makeSession(home);
    addOddFiles(home);
    const before = snapshot(home.live);
    await pack();
    const { root, status } = untar(home.tarball);
    expect(status).toBe(0);
    const { "manifest.json": manifest, "transcript.md": transcript, ...rest } = snapshot(root);
    expect(manifest).toBeDefined();
    expect(transcript).toBeDefined();
    const own = Object.entries(rest).filter(([path]) => path !== "claude" && !path.startsWith("claude/"));
    expect(Object.fromEntries(own)).toEqual(before);
    expect(readFileSync(join(root, "claude/projects/-x/conversation.jsonl"), "utf8")).toBe(
      '{"type":"user"}\n',
    );
    const page = readFileSync(join(root, "transcript.md"), "utf8");
    expect(page).toContain("> hello\n> # not a heading");
    expect(page).toContain("Hi **there**");
    expect(page).toContain("*There was no turn.json.*");
    rmSync(root, { recursive: true });
  });

  it("is read by gunzip and node-tar, too, across the borders of its blocks", async () => {
    makeSession(home, { "workspace/large.bin": noise(5_000_000), "workspace/small.txt": "behind it" });
    await pack();
    expect(spawnSync("gunzip", ["-t", home.tarball])).toMatchObject({ status: 0 });
    const listed: string[] = [];
    const small: Buffer[] = [];
    await tar.list({
      file: home.tarball,
      strict: true,
      onReadEntry(entry) {
        listed.push(entry.path);
        if (entry.path.endsWith("small.txt")) entry.on("data", (chunk) => small.push(chunk));
        else entry.resume();
      },
    });
    const { stdout } = spawnSync("tar", ["-tzf", home.tarball], { encoding: "utf8" });
    expect(listed).toEqual(stdout.trim().split("\n"));
    expect(Buffer.concat(small).toString()).toBe("behind it");
  });

  it("can be read by its owner alone", async () => {
    makeSession(home);
    await pack();
    expect(statSync(home.tarball).mode & 0o777).toBe(0o600);
    expect(statSync(home.sidecar).mode & 0o777).toBe(0o600);
  });

  it("is listed with what a person needs to choose it", async () => {
    makeSession(home);
    await pack();
    expect(await home.archives().list()).toMatchObject([
      {
        kind: "archive",
        isLive: false,
        archive: {
          folder: FOLDER,
          turns: 2,
          archiveBytes: statSync(home.tarball).size,
          session: { name: "Demo", chatId: 7 },
        },
      },
    ]);
  });

  it("is never replaced by another session's", async () => {
    makeSession(home);
    await pack();
    const first = readFileSync(home.tarball);
    makeSession(home);
    const before = snapshot(home.live);
    const other = { ...SESSION, id: "0123abcd-1111-4000-8000-000000000000" };
    expect(await home.archives().pack(other, [])).toEqual({ ok: false, failure: { kind: "exists" } });
    expect(readFileSync(home.tarball)).toEqual(first);
    expect(snapshot(home.live)).toEqual(before);
  });
});

describe("a list", () => {
  it("tells a broken side file, a missing one and a missing tarball apart, and a start makes the first two anew", async () => {
    makeSession(home);
    await pack();
    const listed = await home.archives().list();
    const why = async () =>
      (await home.archives().list()).map((entry) => (entry.kind === "needs_look" ? entry.why : ""));
    writeFileSync(home.sidecar, "{");
    expect(await why()).toEqual(["broken_side_file"]);
    rmSync(home.sidecar);
    expect(await why()).toEqual(["no_side_file"]);
    await home.archives().finish();
    expect(await home.archives().list()).toEqual(listed);
    rmSync(home.tarball);
    expect(await why()).toEqual(["no_tarball"]);
  });

  it("knows a tarball that was put there by hand once it was read to its end; one that is not whole is not read again until it changes", async () => {
    makeSession(home);
    await pack();
    const listed = await home.archives().list();
    const whole = readFileSync(home.tarball);
    rmSync(home.sidecar);
    // Still being copied.
    writeFileSync(home.tarball, whole.subarray(0, whole.length - 50));
    let workers = 0;
    const archives = home.archives({
      startWorker: () => {
        workers += 1;
        return startWorker();
      },
    });
    expect([await archives.mend([FOLDER]), await archives.mend([FOLDER])]).toEqual([0, 0]);
    expect(await archives.list()).toMatchObject([{ kind: "needs_look", why: "no_side_file" }]);
    expect(workers).toBe(1);
    writeFileSync(home.tarball, whole);
    expect(await Promise.all([archives.mend([FOLDER]), archives.mend([FOLDER])])).toEqual([1, 0]);
    expect(await archives.list()).toEqual(listed);
    expect(workers).toBe(2);
  });

  it("never opens a tarball", async () => {
    makeSession(home);
    await pack();
    const listed = await home.archives().list();
    const { size } = statSync(home.tarball);
    writeFileSync(home.tarball, Buffer.alloc(size));
    const startWorker = (): never => {
      throw new Error("a process was started");
    };
    expect(await home.archives({ startWorker }).list()).toEqual(listed);
  });

  it("leaves a side file of a newer version as it is", async () => {
    const newer = JSON.stringify({ version: 2 });
    writeFileSync(home.sidecar, newer);
    writeFileSync(home.tarball, "?");
    await home.archives().finish();
    expect(await home.archives().list()).toEqual([{ kind: "needs_look", folder: FOLDER, why: "newer" }]);
    expect(await home.archives().restore(FOLDER, nothing)).toEqual({
      ok: false,
      failure: { kind: "newer", version: 2 },
    });
    expect(readFileSync(home.sidecar, "utf8")).toBe(newer);
  });
});

describe("a session that cannot be archived is put back whole", () => {
  const failing = async (
    failure: unknown,
    options: Parameters<Home["archives"]>[0] = {},
    files = claudeFiles(home),
  ): Promise<void> => {
    const before = snapshot(home.live);
    expect(await home.archives(options).pack(SESSION, files)).toEqual({ ok: false, failure });
    expect(snapshot(home.live)).toEqual(before);
    expect(leftovers(home)).toEqual([]);
    expect(await home.archives().list()).toEqual([]);
  };

  it("when it has too many files, bytes or folders in folders", async () => {
    makeSession(home, { "workspace/a/b/c/d/e": "1234567890" });
    await failing({ kind: "too_big", what: "entries" }, { limits: { entries: 5 } });
    await failing({ kind: "too_big", what: "bytes" }, { limits: { bytes: 400 } });
    await failing({ kind: "too_big", what: "depth", path: "workspace/a/b/c/d" }, { limits: { depth: 3 } });
    await failing({ kind: "too_big", what: "manifest" }, { limits: { manifestBytes: 100 } });
  });

  it("when the disk has too little room to begin with", async () => {
    makeSession(home);
    await failing({ kind: "disk_full" }, { limits: { freeBytes: Number.MAX_SAFE_INTEGER } });
  });

  it("when a file of the CLI is missing, a link, or would leave its folder", async () => {
    makeSession(home);
    await failing({ kind: "unreadable", path: "claude/x" }, {}, [{ from: join(home.root, "none"), as: "x" }]);
    symlinkSync(home.cliFile, join(home.root, "link"));
    await failing({ kind: "unreadable", path: "claude/x" }, {}, [{ from: join(home.root, "link"), as: "x" }]);
    await failing({ kind: "unreadable", path: "claude/../../x" }, {}, [
      { from: home.cliFile, as: "../../x" },
    ]);
  });

  it("when a name in it is not UTF-8", async () => {
    makeSession(home);
    const name = Buffer.concat([Buffer.from(`${home.live}/workspace/`), Buffer.from([0xff, 0x41])]);
    writeFileSync(name, "x");
    const result = await pack();
    expect(result).toMatchObject({ ok: false, failure: { kind: "unreadable" } });
    expect(readFileSync(name, "utf8")).toBe("x");
  });

  it("when it holds a name that archiving needs, which is left alone", async () => {
    makeSession(home, { "transcript.md": "mine" });
    await failing({ kind: "reserved", name: "transcript.md" });
  });

  it("when it is written to again and again", async () => {
    makeSession(home);
    let writes = 0;
    const log = join(home.paths.archiving(FOLDER).root, "workspace/log.txt");
    const result = await pack({
      checkpoint: (name) => {
        if (name === "archive:packed") writeFileSync(log, `${++writes}`);
      },
    });
    expect(result).toMatchObject({ ok: false, failure: { kind: "changed" } });
    expect(readFileSync(join(home.live, "workspace/log.txt"), "utf8")).toBe("3");
    expect(leftovers(home)).toEqual([]);
  });

  it("when a step takes too long", async () => {
    makeSession(home);
    const before = snapshot(home.live);
    expect(await pack({ limits: { stepMs: 1 } })).toMatchObject({
      ok: false,
      failure: { kind: "worker_failed" },
    });
    expect(snapshot(home.live)).toEqual(before);
  });
});

describe("a file that changes while the session is packed", () => {
  const during = async (at: string, change: (root: string) => void): Promise<Record<string, string>> => {
    makeSession(home, { "workspace/log.txt": "0123456789" });
    let done = false;
    const result = await pack({
      checkpoint: (name) => {
        if (name !== at || done) return;
        done = true;
        change(home.paths.archiving(FOLDER).root);
      },
    });
    expect(result).toMatchObject({ ok: true });
    await home.archives().restore(FOLDER, nothing);
    return snapshot(home.live);
  };

  it.each(["archive:gathered", "archive:packed"])("is in the archive as it was left, at %s", async (at) => {
    const log = "workspace/log.txt";
    const grown = await during(at, (root) => writeFileSync(join(root, log), "more", { flag: "a" }));
    expect(grown[log]).toMatch(/^- 14 /);
  });

  it("may shrink, vanish, become a folder, or be new", async () => {
    const after = await during("archive:packed", (root) => {
      writeFileSync(join(root, "workspace/log.txt"), "short");
      rmSync(join(root, "workspace/notes.txt"));
      mkdirSync(join(root, "workspace/notes.txt"));
      writeFileSync(join(root, "workspace/new.txt"), "new");
    });
    expect(after["workspace/log.txt"]).toMatch(/^- 5 /);
    expect(after["workspace/notes.txt"]).toBe("folder");
    expect(after["workspace/new.txt"]).toMatch(/^- 3 /);
  });
});
